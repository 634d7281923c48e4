"""Is this message yours: by what was really sent to the number."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
LI, WANG = "+8613800000000", "+8613800000001"
DATA = "您本月的流量已用去八成，还剩3.2GB。"
FORGED = (
    "evil.support/pay", "renji.website", "evil。com", "移动.中国", "renji.cn", "renji.cn/bill", "app.renji.cn.cc/bill",
    "ａｐｐ.renji.co/bill",
)  # fmt: skip
CODE = "验证码****，用于办理5GB流量包（10.00元），2分钟内有效，请勿告诉他人。"


BILL = "您11月的账单还有58.30元未付，请在11月30日前交费，详见app.renji.cn/bill。"


def got(person: Any, text: str, response: str, hours: float = 1.0, msisdn: str = LI, tail: str = "") -> None:
    at = person.now - timedelta(hours=hours)
    whole = f"【云通】{text}{tail}"
    person.sent.messages.append({"msisdn": msisdn, "at": at, "text": text, "whole": whole, "response": response})


async def asked(talk: Any, text: str, channel: str = "web") -> Any:
    person = talk(LI, channel)
    got(person, DATA, "notice_data_80", tail="回复1办流量包，2不再提醒，3转人工。")
    got(person, CODE, "code_order", 3)
    got(person, "您的话费余额为23.50元。", "balance", 4)
    return await person.say("check_message", text)


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
@pytest.mark.parametrize(
    "text",
    [
        f"{DATA}这是你们发的吗",
        "【云通】您本月的流量已用去八成，还剩3.2GB。回复1办流量包，2不再提醒，3转人工。是真的吗",
        "说流量用去八成的那条是你们发的吗",
        "10690000发来的流量短信是你们的吗",
        "did you send me a text about my data",
    ],
)
async def test_what_was_sent_is_ours_with_its_moment_and_its_words(talk: Any, text: str, channel: str) -> None:
    heard = await asked(talk, text, channel)
    assert (heard.responses, heard.outcomes) == (["message_ours"], [("check_message", "answered")])
    assert "11月20日11:00" in heard.texts[0] and DATA in heard.texts[0]


async def test_a_code_that_we_sent_is_for_nobody_else(talk: Any) -> None:
    heard = await asked(talk, "刚收到的验证码⟦code:00112233aabbccdd⟧是你们发的吗")
    assert heard.responses == ["message_ours"] and "谁要都别给" in heard.texts[0]


@pytest.mark.parametrize(
    "text",
    [
        "您的积分即将清零，请登录领取大奖，逾期作废不再补发，退订回T",
        f"{DATA}请点 http://yidong-vip.cc/a 续费 是你们发的吗",
        f"{DATA}请拨打4008001234 是你们发的吗",
        "10086发来的流量短信是你们的吗",
        "说我账单逾期的短信是你们发的吗",
        "I got a text that my bill is overdue, was that you",
        "看看 yun-tong.top 是你们的吗",
    ],
)
async def test_what_was_never_sent_is_not_ours_and_leads_to_a_person_for_fraud(talk: Any, text: str) -> None:
    heard = await asked(talk, text)
    assert heard.responses == ["message_not_ours"]
    assert heard.choices[0]["entities"] == {"option": "fraud"}


@pytest.mark.parametrize(
    "forged",
    [
        *(BILL.replace("app.renji.cn/bill", other) for other in FORGED),
        *(
            f"{BILL}{more}"
            for more in ("139-1234-5678", "139 1234 5678", "400-820-1234", "微信renji888", "有疑问加小王")
        ),
        BILL.replace("58.30", "583.0"),
        BILL.replace("58.30", "5830"),
        f"{BILL}回复1交费，2转账",
        f"10086：{BILL}",
    ],
)
async def test_one_word_that_ours_has_not_makes_a_message_not_ours(talk: Any, forged: str) -> None:
    for text in (forged, f"刚收到的短信：{forged} 是你们发的吗"):
        person = talk(LI)
        got(person, BILL, "notice_bill_due")
        assert (await person.say("check_message", text)).responses == ["message_not_ours"], text


@pytest.mark.parametrize(
    "named", [*FORGED, "139-1234-5678", "400 820 1234", "微信renji888", "⟦bankcard:00112233aabbccdd⟧"]
)
async def test_a_question_that_names_what_ours_has_not_is_not_told_that_it_is_ours(talk: Any, named: str) -> None:
    person = talk(LI)
    got(person, BILL, "notice_bill_due")
    assert (await person.say("check_message", f"账单短信里{named}是你们的吗")).responses == ["message_not_ours"]


@pytest.mark.parametrize(
    "text",
    [
        BILL,
        f"刚收到一条短信，10690000发来的：【云通】{BILL}回复1交费，2转人工。请问是真的吗？",
        "“您11月的账单还有５８.３０元未付，请在11月30日前交费”这是你们发的吗",
        f"is this real? {BILL}",
    ],
)
async def test_a_question_around_it_leaves_a_message_ours(talk: Any, text: str) -> None:
    person = talk(LI)
    got(person, BILL, "notice_bill_due", tail="回复1交费，2转人工。")
    heard = await person.say("check_message", text)
    assert heard.responses == ["message_ours"] and "您11月的账单还有58.30元未付" in heard.texts[0]


@pytest.mark.parametrize(
    "text", ["您的PUK码是⟦password:8899aabbccddeeff⟧。{}", "刚收到的验证码⟦code:8899aabbccddeeff⟧{}"]
)
async def test_what_a_message_held_for_one_reading_is_not_said_again(talk: Any, text: str) -> None:
    more = {True: "输错10次SIM卡会永久锁死，请勿乱试、勿告诉他人。", False: "，2分钟内有效，请勿告诉他人。"}[
        "PUK" in text
    ]
    person = talk(LI)
    got(person, "您的PUK码是⟦shown:00112233aabbccdd⟧。输错10次SIM卡会永久锁死，请勿乱试、勿告诉他人。", "puk")
    got(person, "验证码⟦code:00112233aabbccdd⟧，2分钟内有效，请勿告诉他人。", "code_login")
    heard = await person.say("check_message", f"{text.format(more)}是你们发的吗")
    assert heard.responses == ["message_ours"]
    assert "····" in heard.texts[0] and "⟦" not in heard.texts[0]


async def test_a_person_for_fraud_comes_before_others(talk: Any) -> None:
    heard = await talk(LI).say("transfer_to_agent", option="fraud")
    assert heard.effect("handoff") == {"reason": "fraud", "skill": "general", "priority": 8}


async def test_who_names_nothing_hears_what_was_sent_unasked(talk: Any) -> None:
    heard = await asked(talk, "这条短信是你们发的吗")
    assert heard.responses == ["message_which"]
    assert "11月20日11:00流量提醒；11月20日09:00验证码。" in heard.texts[0] and "余额" not in heard.texts[0]


async def test_where_nothing_was_sent_that_is_said(talk: Any) -> None:
    heard = await talk(LI).say("check_message", "这条短信是你们发的吗")
    assert heard.responses == ["message_which"] and "没有主动给您的号码发过短信" in heard.texts[0]


async def test_what_is_older_than_a_week_or_went_to_another_number_was_not_sent(talk: Any) -> None:
    person = talk(LI)
    got(person, DATA, "notice_data_80", 24 * 8)
    got(person, DATA, "notice_data_80", 1, WANG)
    assert (await person.say("check_message", f"{DATA}是你们发的吗")).responses == ["message_not_ours"]


async def test_a_stranger_is_warned_at_once_and_asked_for_no_number_first(talk: Any) -> None:
    heard = await talk(None).say("check_message", "这条短信是你们发的吗")
    assert heard.responses == ["guide_check_message"]
    assert heard.labels[:2] == ["验证号码", "转人工核实"] and "别点链接" in heard.texts[0]


async def test_where_nobody_can_look_that_is_said_and_nothing_is_denied(talk: Any) -> None:
    person = talk(LI)
    person.sent.away = True
    heard = await person.say("check_message", f"{DATA}是你们发的吗")
    assert heard.responses == ["guide_check_message"] and "查不到发送记录" in heard.texts[0]


async def test_where_something_may_be_missing_nothing_is_denied(talk: Any) -> None:
    person = talk(LI)
    person.sent.more = True
    heard = await person.say("check_message", f"{BILL}这是你们发的吗")
    assert heard.responses == ["guide_check_message"]
    got(person, BILL, "notice_bill")
    assert (await person.say("check_message", f"{BILL}这是你们发的吗")).responses == ["message_ours"]
