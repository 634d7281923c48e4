"""What some words mean, whatever they were read as."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
LI, HOLDER, ABROAD = "+8613800000000", "+8613800000007", "+8613800000004"


# buying
@pytest.mark.parametrize("intent", ["roaming_off", "cancel_data_pack", "cancel_service", "nlu_fallback"])
async def test_who_buys_is_never_offered_a_cancellation(talk: Begin, intent: str) -> None:
    person = talk(ABROAD)
    await person.say("consult_roaming")
    heard = await person.say(intent, "buy the world roaming 3-day pack", number=3, spans={"number": "3"})
    assert heard.responses == ["quote_order_data_pack"] and "国际漫游1GB三天包" in heard.texts[0]


async def test_a_roaming_pack_that_is_not_named_is_chosen_from_the_roaming_packs(talk: Begin) -> None:
    heard = await talk(ABROAD).say("roaming_off", "buy roaming data")
    assert heard.responses == ["ask_order_data_pack"]
    assert [label for label in heard.labels if "漫游" in label] == heard.labels[:2]


@pytest.mark.parametrize("text", ["cancel the pack I bought", "买错了帮我退掉流量包", "get rid of the data pack"])
async def test_what_was_bought_can_still_be_cancelled(talk: Begin, text: str) -> None:
    assert (await talk(ABROAD).say("cancel_data_pack", text)).responses[0] != "quote_order_data_pack"


# taking back
async def ordered(talk: Begin) -> Any:
    person = talk(LI)
    await person.say("change_plan", offering="plan-5g-129")
    await person.say("affirm")
    heard = await person.code(person.sent_code())
    assert heard.responses == ["order_accepted"]
    return person


@pytest.mark.parametrize(
    ("intent", "text"), [("close_account", "撤销"), ("stop", "我不想改了 取消"), ("nlu_fallback", "帮我撤销刚才的")]
)
async def test_a_change_of_plan_that_waits_is_offered_to_be_taken_back(talk: Begin, intent: str, text: str) -> None:
    assert (await (await ordered(talk)).say(intent, text)).responses == ["quote_undo_plan_change"]


async def test_a_stop_without_a_change_that_waits_is_a_stop(talk: Begin) -> None:
    person = talk(LI)
    await person.say("query_my_plan")
    assert (await person.say("stop", "不想改了 取消")).responses == ["nothing_open"]
    assert (await (await ordered(talk)).say("stop", "算了")).responses == ["nothing_open"]


# a holder who died
@pytest.mark.parametrize("intent", ["distress", "query_other_number", "nlu_fallback", "close_account"])
@pytest.mark.parametrize(
    "text", ["我爸去世了他的号怎么办", "我老伴走了 她的号还在扣钱咋办", "我奶奶过世了她手机还在扣费"]
)
async def test_who_asks_for_the_number_of_somebody_who_died_hears_how_it_is_ended(
    talk: Begin, intent: str, text: str
) -> None:
    heard = await talk(LI).say(intent, text)
    assert heard.responses[0] == "guide_holder_died" and heard.effect("handoff") is None
    assert heard.texts[0].startswith("请节哀。") and "死亡证明" in heard.texts[0] and "过户" in heard.texts[0]


@pytest.mark.parametrize("text", ["我妈去世了", "我爸走了 号也不要了 我不想活了"])
async def test_a_loss_that_asks_for_nothing_and_one_in_danger_get_a_person(talk: Begin, text: str) -> None:
    heard = await talk(LI).say("distress", text)
    assert heard.responses == ["distress"] and heard.effect("handoff")


# another number in full
@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("query_balance", "13800000003余额多少"),
        ("query_balance", "13800000003欠费多少"),
        ("nlu_fallback", "13800000003还剩多少流量"),
        ("query_points", "13800000003有多少积分"),
        ("query_my_plan", "13800000003是什么套餐"),
        ("query_orders", "13800000003办过哪些业务"),
    ],
)
async def test_the_own_answer_is_never_given_for_a_number_that_is_not_the_own(
    talk: Begin, intent: str, text: str
) -> None:
    heard = await talk(LI).say(intent, text, msisdn="+8613800000003", spans={"msisdn": "13800000003"})
    assert heard.responses == ["not_your_number"] and "尾号0003" in heard.texts[0]


async def test_the_own_number_and_those_of_the_account_may_be_typed_in_full(talk: Begin) -> None:
    said = {"msisdn": "+8613800000014", "spans": {"msisdn": "13800000014"}}
    assert (await talk(HOLDER).say("query_balance", "13800000014余额多少", **said)).responses == [
        "for_number",
        "balance",
    ]
    own = {"msisdn": LI, "spans": {"msisdn": "13800000000"}}
    assert (await talk(LI).say("query_balance", "13800000000余额多少", **own)).responses == ["balance"]


async def test_a_number_that_was_paid_for_is_not_what_is_asked_about(talk: Begin) -> None:
    said = {"msisdn": "+8613800000003", "spans": {"msisdn": "13800000003"}}
    heard = await talk(LI).say("query_recharge_record", "我给13800000003充的钱到账没", **said)
    assert heard.responses == ["payments"]


# a caller
async def test_who_asks_about_a_caller_hears_of_fraud_before_anything_else(talk: Begin) -> None:
    person = talk(LI)
    code = {"msisdn": LI, "at": person.now - timedelta(hours=1), "text": "验证码****", "whole": "【云通】验证码****"}
    person.sent.messages.append({**code, "response": "code_order"})
    heard = await person.say("check_message", "有人冒充你们打电话让我报验证码是不是骗子")
    assert heard.responses == ["caller_is_fraud"] and "挂断" in heard.texts[0]


async def test_who_gave_a_caller_the_code_goes_to_a_person(talk: Begin) -> None:
    heard = await talk(LI).say("check_message", "有人打电话要验证码，我已经告诉了他验证码，是骗子吗")
    assert "fraud_warning" in heard.responses and heard.effect("handoff")["reason"] == "fraud"


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_a_protected_number_is_stopped_at_once_and_for_nothing(talk: Begin, channel: str) -> None:
    person = talk(LI, channel)
    await person.locks.lock(LI, person.now + timedelta(hours=24))
    heard = await person.say("suspend_number", "我要停机")
    assert heard.responses == ["quote_report_lost_sim"] and "不收费" in heard.texts[0]
    assert (await person.say("affirm", "马上停机")).responses == ["lost_line_stopped"]


# a mind that changes
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("那给我来个十块钱的流量包 不对 来个20的吧", ("十块钱", "20")),
        ("来个十块钱的流量包 不对要二十的", ("十块钱", "二十")),
        ("十块的流量包，说错了，二十的", ("十块", "二十")),
    ],
)
async def test_the_last_word_counts(talk: Begin, text: str, words: tuple[str, str]) -> None:
    heard = await talk(LI).say("order_data_pack", text, amount_fen=(1000, 2000), spans={"amount_fen": words})
    assert heard.responses == ["quote_order_data_pack"] and "20.00元" in heard.texts[0]


async def test_what_was_given_up_in_the_same_line_is_not_begun(talk: Begin) -> None:
    text = "我要改套餐 改成129的 算了还是先不改了 查下我还有多少话费"
    parts = ["query_balance", "change_plan"]
    heard = await talk(LI).say("several_questions", text, parts=parts, number=129, spans={"number": "129"})
    assert heard.responses == ["balance"]


# call-backs
async def test_a_question_about_a_call_back_registers_none_before_a_yes(talk: Begin) -> None:
    person = talk(LI)
    assert (await person.say("request_callback", "is someone gonna call me?")).responses == ["callback_ask"]
    assert not person.crm.all_tickets
    assert (await person.say("affirm", "好的")).responses == ["ticket_callback"]
    for text in ("回电什么时候打", "给我打个电话"):
        assert (await person.say("request_callback", text)).responses == ["callback_waits"]
    assert len(person.crm.all_tickets) == 1


async def test_the_time_that_was_asked_for_is_told_and_kept(talk: Begin) -> None:
    person = talk(LI)
    said = {"date": "2026-11-21", "spans": {"date": "明天上午"}}
    heard = await person.say("request_callback", "那就明天上午打给我吧", **said)
    assert heard.responses == ["ticket_callback"] and "明天上午" in heard.texts[0]
    assert [t.text for t in person.crm.all_tickets.values()] == ["那就明天上午打给我吧"]


# persons and services by name
async def test_a_person_who_speaks_a_dialect_is_a_person(talk: Begin) -> None:
    heard = await talk(LI).say("switch_language", "给我转个会说粤语的")
    assert heard.effect("handoff") and heard.effect("language") is None


async def test_a_service_that_is_given_up_is_no_goodbye(talk: Begin) -> None:
    heard = await talk(LI).say("goodbye", "我想把5g极速退了不用了")
    assert "goodbye" not in heard.responses


# what needs no CRM
@pytest.mark.parametrize(("intent", "told"), [("query_real_name", "先缴清话费"), ("consult_coverage", "网络覆盖")])
async def test_what_needs_no_crm_is_told_while_it_is_away(talk: Begin, intent: str, told: str) -> None:
    person = talk(LI)
    person.crm.down = True
    heard = await person.say(intent)
    assert heard.responses == [f"guide_{intent}"] and told in heard.texts[0] and "验证号码" not in heard.texts[0]


# leaving
@pytest.mark.parametrize("text", ["退出登录", "log me out please", "解绑手机号"])
async def test_who_logs_out_is_unbound_at_once(talk: Begin, text: str) -> None:
    person = talk(LI)
    assert (await person.say("login", text)).responses == ["logged_out"]
    assert person.bindings.ended == [(person.conversation, "logged_out")]
    person.binding = None
    assert (await person.say("login", text)).responses == ["logged_out"]
