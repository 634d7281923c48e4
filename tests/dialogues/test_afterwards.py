"""Few words after an answer: the money back, it has turned up, cancel it; and what was asked beside the first wish."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
ARREARS, MEMBERSHIPS, INSURED = (f"+86138000000{n:02d}" for n in (1, 9, 13))


async def test_the_second_of_two_wishes_is_offered_when_the_first_has_ended(talk: Begin) -> None:
    person, both = talk(MEMBERSHIPS), ["report_slow_data", "cancel_service"]
    heard = await person.say("several_questions", "网速慢死了 顺便问下怎么退订", parts=both)
    assert heard.responses == ["ask_fault_slow"]
    heard = await person.say("nlu_fallback", "文三路，昨晚开始")
    assert heard.responses == ["ticket_fault", "still_asked"] and heard.labels == ["退订业务", "转人工"]
    assert "“退订业务”" in heard.texts[1]
    assert (await person.say("affirm", "好")).responses == ["ask_cancel_data_pack"]
    assert (await person.say("stop", "算了")).responses == ["stopped"]


async def test_what_is_left_of_a_line_is_offered_also_when_the_first_was_declined_and_only_once(talk: Begin) -> None:
    person = talk(MEMBERSHIPS)
    await person.say("several_questions", "换套餐 顺便退订", parts=["change_plan", "cancel_service"])
    assert (await person.say("stop", "取消")).responses == ["stopped", "still_asked"]
    assert (await person.say("query_balance", "查话费")).responses == ["balance"]
    await person.say("change_plan", "换套餐")
    assert (await person.say("stop", "取消")).responses == ["stopped"]


async def test_a_question_beside_something_to_do_is_answered_and_then_that_is_begun(talk: Begin) -> None:
    heard = await talk().say("several_questions", "换便宜套餐 顺便查合约", parts=["change_plan", "query_pack_expiry"])
    assert len(heard.responses) == 2 and heard.responses[1] == "ask_change_plan"


async def test_what_is_left_of_a_line_waits_behind_the_login_too(talk: Begin) -> None:
    person = talk(None)
    heard = await person.say("several_questions", "换套餐 顺便退订", parts=["change_plan", "cancel_service"])
    assert heard.responses == ["login_ask_number"]
    await person.say("inform", "13800000009", msisdn=MEMBERSHIPS, spans={"msisdn": "13800000009"})
    assert (await person.code(person.sent_code())).responses == ["login_done", "ask_change_plan"]
    assert (await person.say("stop", "取消")).responses == ["stopped", "still_asked"]


async def test_who_does_not_log_in_for_the_first_is_not_asked_about_the_rest(talk: Begin) -> None:
    person = talk(None)
    await person.say("several_questions", "换套餐 顺便退订", parts=["change_plan", "cancel_service"])
    assert (await person.say("deny", "算了")).responses == ["stopped"]


async def test_nobody_is_asked_about_the_rest_on_the_way_to_a_person(talk: Begin) -> None:
    person = talk()
    await person.say("several_questions", "报障 顺便退订", parts=["report_fault", "cancel_service"])
    heard = await person.say("transfer_to_agent", "转人工")
    assert "still_asked" not in heard.responses and heard.effect("handoff")


@pytest.mark.parametrize("intent", ["deny", "stop", "query_balance", "thanks", "cancel_data_pack"])
async def test_an_offer_that_something_else_followed_is_no_more(talk: Begin, intent: str) -> None:
    person = talk(MEMBERSHIPS)
    await person.say("several_questions", "换套餐 顺便退订", parts=["change_plan", "cancel_service"])
    assert (await person.say("stop", "取消")).responses == ["stopped", "still_asked"]
    heard = await person.say(intent)
    if intent == "cancel_data_pack":
        assert heard.responses == ["ask_cancel_data_pack"]
        await person.say("stop", "取消")
    assert (await person.say("affirm", "好的")).responses == ["nothing_to_confirm"]


async def test_a_yes_long_after_the_offer_begins_nothing(talk: Begin) -> None:
    person = talk(MEMBERSHIPS)
    await person.say("several_questions", "换套餐 顺便退订", parts=["change_plan", "cancel_service"])
    await person.say("stop", "取消")
    person.later(11 * 60)
    assert (await person.say("affirm", "好")).responses == ["nothing_to_confirm"]


async def test_who_logs_in_for_nothing_yet_is_told_what_can_be_had(talk: Begin) -> None:
    person = talk(None)
    await person.say("login", "登录")
    await person.say("inform", "13800000000", msisdn="+8613800000000", spans={"msisdn": "13800000000"})
    heard = await person.code(person.sent_code())
    assert heard.responses == ["login_done", "login_what_now"] and "查话费" in heard.labels


async def test_again_for_a_code_before_its_time_is_answered_in_one_message(talk: Begin) -> None:
    person = talk(None)
    await person.say("login", "登录")
    await person.say("inform", "13800000000", msisdn="+8613800000000", spans={"msisdn": "13800000000"})
    for _ in range(3):
        assert (await person.say("repeat", "重发")).responses == ["refused_code_too_soon"]
    assert (await person.code(person.sent_code())).responses[0] == "login_done"


async def test_at_the_limit_of_codes_the_last_one_can_still_be_typed(talk: Begin) -> None:
    person = talk(None)
    await person.say("login", "登录")
    await person.say("inform", "13800000000", msisdn="+8613800000000", spans={"msisdn": "13800000000"})
    for _ in range(4):
        person.later(61)
        assert (await person.say("repeat", "重发")).responses == ["login_code_sent"]
    person.later(61)
    assert (await person.say("repeat", "重发")).responses == ["refused_code_too_many"]
    assert (await person.code(person.sent_code())).responses[0] == "login_done"


@pytest.mark.parametrize("text", ["全退了", "退钱", "都退了", "把钱退我", "refund me", "cancel it"])
async def test_after_what_was_never_ordered_the_money_back_begins_with_one_of_them(talk: Begin, text: str) -> None:
    person = talk(MEMBERSHIPS)
    await person.say("never_ordered", "我没订过这些业务")
    heard = await person.say("dispute_charge", text)
    assert heard.responses == ["never_ordered_which"] and len(heard.labels) == 3
    picked = heard.choices[0]
    quoted = await person.say(picked["intent"], **picked["entities"])
    assert quoted.responses == ["quote_cancel_data_pack"] and "按规则退费" in quoted.texts[0]


async def test_the_only_one_is_offered_to_be_cancelled_at_once(talk: Begin) -> None:
    person = talk(MEMBERSHIPS)
    await person.say("never_ordered", "我没订过视频会员", offering="svc-video-vip", spans={"offering": "视频会员"})
    assert (await talk(MEMBERSHIPS).say("dispute_charge", "退钱")).responses != ["never_ordered_which"]
    await person.say("cancel_data_pack", offering="svc-reading")
    await person.say("affirm")
    await person.code(person.sent_code())
    await person.say("never_ordered", "我没订过这些业务")
    assert (await person.say("out_of_scope", "退钱")).responses == ["quote_cancel_data_pack"]


async def test_cancel_it_after_the_services_asks_which(talk: Begin) -> None:
    person = talk(MEMBERSHIPS)
    await person.say("query_subscribed_services")
    assert (await person.say("nlu_fallback", "cancel it")).responses == ["ask_cancel_data_pack"]


async def test_cancel_it_is_no_to_an_open_offer_and_a_plan_is_only_changed(talk: Begin) -> None:
    person = talk()
    await person.say("order_data_pack", offering="pack-5g")
    assert (await person.say("nlu_fallback", "cancel it")).responses == ["stopped"]
    await person.say("query_my_plan", "my plan")
    heard = await person.say("nlu_fallback", "cancel it")
    assert heard.responses == ["plan_not_cancelled"] and "换套餐" in heard.labels


@pytest.mark.parametrize("text", ["找到了", "手机找到了", "found it"])
async def test_a_phone_that_turned_up_is_not_stopped_or_can_come_back(talk: Begin, text: str) -> None:
    for person in (talk(), talk(None)):
        await person.say("report_lost_sim", "手机丢了")
        assert (await person.say("out_of_scope", text)).responses == ["stopped"]
    person = talk()
    await person.say("report_lost_sim", "手机丢了")
    await person.say("affirm")
    heard = await person.say("out_of_scope", text)
    assert heard.responses == ["phone_found"] and heard.labels == ["恢复号码", "营业厅"]
    assert (await talk().say("out_of_scope", text)).responses == ["fallback_first"]


async def test_a_phone_that_was_not_found_is_still_lost(talk: Begin) -> None:
    person = talk()
    await person.say("report_lost_sim", "手机丢了")
    assert (await person.say("out_of_scope", "还没找到")).responses[-1] == "quote_report_lost_sim"


async def test_who_says_to_have_paid_hears_of_the_payment_before_and_what_to_bring(talk: Begin) -> None:
    person = talk()
    await person.card("800000000000000001")
    person.now += timedelta(days=9)
    (text,) = (await person.say("paid_but_cut_off", "都交了钱了")).texts
    assert "上一笔是11月20日的50.00元" in text and "凭证" in text
    (text,) = (await talk(ARREARS).say("paid_but_cut_off", "都交了钱了")).texts
    assert text.startswith("抱歉")


@pytest.mark.parametrize(("text", "region"), [("天河区有没有5g", "gd"), ("is there 5g in tianhe", "gd")])
async def test_coverage_at_a_place_says_where_it_can_be_seen(talk: Begin, text: str, region: str) -> None:
    word = "天河区" if "天河" in text else "tianhe"
    heard = await talk(None).say("consult_coverage", text, region=region, spans={"region": word})
    assert word in heard.texts[0] and "网络覆盖" in heard.texts[0] and "附近营业厅" in heard.labels


async def test_too_soon_for_a_first_code_ends_nothing(talk: Begin) -> None:
    person = talk()
    await person.say("order_data_pack", offering="pack-5g")
    await person.say("affirm")
    await person.say("stop", "取消")
    await person.say("order_data_pack", offering="pack-1g")
    heard = await person.say("affirm")
    assert heard.responses == ["refused_code_too_soon", "quote_order_data_pack"] and "请60秒后再试" in heard.texts[0]
    person.later(61)
    assert (await person.say("affirm")).responses == ["code_sent"]


BOTH = {"offering": ["svc-reading", "svc-video-vip"], "spans": {"offering": ("书海阅读会员", "星河视频会员")}}


@pytest.mark.parametrize("intent", ["cancel_service", "cancel_data_pack", "order_data_pack"])
async def test_two_memberships_of_one_line_are_cancelled_one_after_the_other(talk: Begin, intent: str) -> None:
    person = talk(MEMBERSHIPS)
    heard = await person.say(intent, "书海阅读会员和星河视频会员都退掉", **BOTH)
    assert heard.responses[-1] == "quote_cancel_data_pack" and "书海阅读" in heard.texts[-1]
    await person.say("affirm")
    assert (await person.code(person.sent_code())).responses[-1] == "still_asked"
    heard = await person.say("affirm", "好")
    assert heard.responses[-1] == "quote_cancel_data_pack" and "星河视频" in heard.texts[-1]


@pytest.mark.parametrize("text", ["把那两个都给我退了", "全部退订", "cancel both"])
async def test_all_that_is_paid_is_meant_where_nothing_is_named(talk: Begin, text: str) -> None:
    heard = await talk(MEMBERSHIPS).say("cancel_service", text)
    assert heard.responses[-1] == "quote_cancel_data_pack" and "来电显示" not in heard.texts[-1]


async def test_what_costs_nothing_is_never_the_first_to_be_cancelled(talk: Begin) -> None:
    heard = await talk(MEMBERSHIPS).say("cancel_service", "退订")
    assert heard.responses == ["ask_cancel_data_pack"] and "来电显示" not in heard.labels[0]


async def test_who_cancels_what_was_never_on_record_hears_of_the_refund_first(talk: Begin) -> None:
    person = talk(MEMBERSHIPS)
    heard = await person.say("cancel_service", "退订阅读会员", offering="svc-reading", spans={"offering": "阅读会员"})
    assert heard.responses == ["not_on_record", "quote_cancel_data_pack"]
    heard = await person.say("never_ordered", "没订过")
    assert heard.responses == ["quote_cancel_data_pack"] and "按规则退费" in heard.texts[0]
    await person.say("affirm")
    assert "dispute_settled" in (await person.code(person.sent_code())).responses
