"""Somebody is being cheated, or was: what is said next never meets a menu."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
LI = "+8613800000000"
WARNED = ["fraud_warning"]


async def warned(talk: Begin, msisdn: str | None = LI, channel: str = "web") -> Any:
    person = talk(msisdn, channel)
    heard = await person.say("check_message", "10086打电话让我说6位数验证码 是不是骗子")
    assert heard.responses == ["caller_is_fraud"]
    return person


@pytest.mark.parametrize("msisdn", [LI, None])
@pytest.mark.parametrize(
    "text",
    [
        "钱被转走了咋办",
        "银行卡里钱没了",
        "我的存款被人转走了",
        "支付宝里的钱被盗刷了",
        "all my money was stolen from my bank account",
    ],
)
async def test_money_that_is_gone_from_a_bank_goes_to_a_person_at_once(
    talk: Begin, text: str, msisdn: str | None
) -> None:
    for intent in ("nlu_fallback", "inform", "query_balance"):
        heard = await talk(msisdn).say(intent, text)
        assert heard.responses == WARNED and heard.effect("handoff")["reason"] == "fraud", intent


@pytest.mark.parametrize("text", ["里面有支付宝 钱会不会被转走啊", "话费钱没了", "刚充的钱没了", "银行卡里的钱没少吧"])
async def test_what_is_only_feared_or_was_paid_to_us_is_no_fraud(talk: Begin, text: str) -> None:
    assert (await talk().say("nlu_fallback", text)).effect("handoff") is None


@pytest.mark.parametrize(
    "text",
    [
        "有个叫我转账的 说我涉嫌洗钱",
        "刷单返钱是不是骗人",
        "说让我把钱转到安全账户",
        "they say I am accused of money laundering and must transfer money",
    ],
)
async def test_a_known_trick_is_named_as_one(talk: Begin, text: str) -> None:
    for msisdn, intent in ((LI, "nlu_fallback"), (None, "out_of_scope"), (LI, "report_spam")):
        heard = await talk(msisdn).say(intent, text)
        assert heard.responses == ["trick_is_fraud"] and "转账" in heard.texts[0]
        assert heard.choices[0]["intent"] == "report_fraud"


async def test_who_fell_for_the_trick_goes_to_a_person(talk: Begin) -> None:
    heard = await talk().say("nlu_fallback", "刷单返钱 我已经转了三千了")
    assert heard.responses == WARNED and heard.effect("handoff")


@pytest.mark.parametrize("text", ["说我涉嫌诈骗给我停机了", "诈骗？我没有诈骗啊"])
async def test_a_line_that_was_stopped_for_fraud_is_no_trick(talk: Begin, text: str) -> None:
    assert (await talk().say("query_suspension", text)).responses[0] != "trick_is_fraud"


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
@pytest.mark.parametrize(
    "text", ["刚发了个⟦code:00112233aabbccdd⟧给他", "已经给了 咋办", "我给他了", "我说了", "I already gave it to him"]
)
async def test_who_then_says_that_the_code_was_given_is_protected(talk: Begin, text: str, channel: str) -> None:
    person = await warned(talk, channel=channel)
    heard = await person.say("nlu_fallback", text)
    assert heard.responses == ["fraud_warning", "fraud_protected"]
    assert heard.effect("handoff")["reason"] == "fraud" and LI in person.locks.locked


@pytest.mark.parametrize("text", ["我没给他", "还没给", "没告诉他", "I did not give it to him"])
async def test_who_gave_nothing_is_told_what_to_do_and_nothing_is_locked(talk: Begin, text: str) -> None:
    person = await warned(talk)
    heard = await person.say("nlu_fallback", text)
    assert heard.responses == ["fraud_next"] and not person.locks.locked


@pytest.mark.parametrize("text", ["转了五千", "贷款了5千", "钱没了", "he took my money"])
async def test_who_then_says_that_money_went_goes_to_a_person(talk: Begin, text: str) -> None:
    person = await warned(talk)
    heard = await person.say("inform", text)
    assert heard.responses == WARNED and heard.effect("handoff")["reason"] == "fraud"


@pytest.mark.parametrize("after", ["check_message", "report_fraud"])
@pytest.mark.parametrize(
    ("intent", "text", "says"),
    [
        ("nlu_fallback", "我要报警吗", "110"),
        ("nlu_fallback", "报警打哪个", "110"),
        ("reset_password", "要不要改密码", "改密码"),
        ("dispute_charge", "你查一下有没有被扣钱", "银行"),
        ("nlu_fallback", "咋办", "110"),
        ("nlu_fallback", "should I call the police", "110"),
    ],
)
async def test_what_is_asked_after_it_is_answered(talk: Begin, after: str, intent: str, text: str, says: str) -> None:
    person = await warned(talk)
    if after == "report_fraud":
        await person.say("report_fraud", "我被骗了")
    heard = await person.say(intent, text)
    assert heard.responses == ["fraud_next"] and says in heard.texts[0]


@pytest.mark.parametrize("text", ["帮我锁住", "先冻结了", "lock my number"])
async def test_who_asks_to_be_locked_then_is(talk: Begin, text: str) -> None:
    person = await warned(talk)
    await person.say("report_fraud", "我被骗了")
    heard = await person.say("nlu_fallback", text)
    assert "fraud_protected" in heard.responses and LI in person.locks.locked


async def test_the_police_is_named_without_anything_before(talk: Begin) -> None:
    heard = await talk(None).say("nlu_fallback", "报警打哪个")
    assert heard.responses == ["fraud_next"] and "110" in heard.texts[0]


async def test_in_the_middle_of_an_order_money_that_is_gone_comes_first(talk: Begin) -> None:
    person = talk()
    await person.say("order_data_pack")
    heard = await person.say("nlu_fallback", "我银行卡里的钱被转走了")
    assert heard.responses == WARNED and heard.effect("handoff")


@pytest.mark.parametrize("text", ["改密码", "change my password"])
async def test_who_then_wants_the_password_changed_gets_it_changed(talk: Begin, text: str) -> None:
    person = await warned(talk)
    heard = await person.say("reset_password", text)
    assert heard.responses and "fraud_next" not in heard.responses


# a code that was given away
@pytest.mark.parametrize(
    ("intent", "text", "open_form"),
    [
        ("nlu_fallback", "I told someone my verification code", ""),
        ("nlu_fallback", "I told someone my verification code", "order_data_pack"),
        ("out_of_scope", "I read the code out to somebody on the phone", "recharge"),
        ("out_of_scope", "a man called and I told him my password", "complain"),
        ("nlu_fallback", "我刚才把验证码报给他了", ""),
    ],
)
async def test_who_gave_a_code_away_is_protected_whatever_was_understood_and_asked(
    talk: Begin, intent: str, text: str, open_form: str
) -> None:
    person = talk(channel="sms")
    if open_form:
        await person.say(open_form)
    heard = await person.say(intent, text)
    assert heard.responses == ["fraud_warning", "fraud_protected"] and heard.effect("handoff")["reason"] == "fraud"
    assert not person.crm.all_tickets


@pytest.mark.parametrize("text", ["someone sent a code to me", "I never gave the code to anyone", "有人给我发验证码"])
async def test_who_gave_nothing_away_is_locked_out_of_nothing(talk: Begin, text: str) -> None:
    person = talk()
    heard = await person.say("nlu_fallback", text)
    assert "fraud_warning" not in heard.responses and person.locks.locked == {}
