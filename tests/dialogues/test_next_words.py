"""A few words after an answer, and what is no longer waited for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
LI, FRAUD, POINTS = "+8613800000000", "+8613800000019", "+8613800000000"


@pytest.mark.parametrize(
    ("text", "wish"),
    [("修好没", "tickets"), ("催下", "urge"), ("单子号多少来着", "tickets"), ("is it fixed yet", "tickets")],
)
async def test_a_report_is_asked_after_in_two_words(talk: Begin, text: str, wish: str) -> None:
    person = talk(LI)
    await person.say("report_fault", "没信号")
    await person.say("inform", "西湖区文三路 昨天开始的")
    assert (await person.say("nlu_fallback", text)).responses == [wish]


@pytest.mark.parametrize(
    ("intent", "text"), [("nlu_fallback", "付好了"), ("affirm", "支付完了"), ("inform", "I have paid")]
)
async def test_who_says_that_it_is_paid_hears_whether_it_came(talk: Begin, intent: str, text: str) -> None:
    person = talk(LI)
    await person.say("recharge", "充50", amount_fen=5000)
    assert (await person.say(intent, text)).responses == ["payments"]


async def bought(talk: Begin) -> Any:
    person = talk(LI, "sms")
    await person.say("order_data_pack", offering="pack-5g")
    heard = await person.say("affirm", "是")
    assert heard.responses == ["order_done"]
    return person


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("流量到了没", "data_left"),
        ("再来一个", "quote_order_data_pack"),
        ("给我再来一个", "quote_order_data_pack"),
        ("one more", "quote_order_data_pack"),
    ],
)
async def test_after_a_pack_its_data_is_told_and_one_more_is_offered(talk: Begin, text: str, response: str) -> None:
    assert (await (await bought(talk)).say("nlu_fallback", text)).responses == [response]


@pytest.mark.parametrize(("text", "response"), [("流量呢", "data_left"), ("那话费呢", "balance"), ("积分呢", "points")])
async def test_one_word_with_a_single_meaning_is_answered(talk: Begin, text: str, response: str) -> None:
    assert (await talk(LI).say("nlu_fallback", text)).responses == [response]


@pytest.mark.parametrize("text", ["能换啥", "换流量", "最多那个"])
async def test_after_points_what_they_are_good_for_is_listed(talk: Begin, text: str) -> None:
    person = talk(LI)
    await person.say("query_points")
    heard = await person.say("nlu_fallback", text)
    assert heard.responses[-1] in (
        "ask_redeem_points",
        "quote_redeem_points",
        "nothing_to_redeem_points",
        "refused_points",
    )


@pytest.mark.parametrize(
    ("intent", "text"),
    [("affirm", "行"), ("nlu_fallback", "就它吧"), ("nlu_fallback", "换成它"), ("affirm", "好的换吧")],
)
async def test_a_plan_that_was_told_of_by_itself_is_taken_by_a_word_and_asked(
    talk: Begin, intent: str, text: str
) -> None:
    person = talk(LI)
    await person.say("consult_plans", offering="plan-5g-99")
    assert (await person.say(intent, text)).responses == ["quote_change_plan"]
    assert person.packs() == []


async def test_a_yes_after_anything_else_takes_nothing(talk: Begin) -> None:
    person = talk(LI)
    await person.say("consult_plans", offering="plan-5g-99")
    await person.say("query_balance")
    assert (await person.say("affirm", "行")).responses == ["nothing_to_confirm"]


@pytest.mark.parametrize("intent", ["nlu_fallback", "consult_plans", "recommend_plan"])
async def test_the_cheapest_after_data_is_a_pack_and_no_plan(talk: Begin, intent: str) -> None:
    person = talk(LI)
    await person.say("query_data_usage", "我流量没了咋办啊")
    heard = await person.say(intent, "最便宜的是啥")
    assert heard.responses == ["offering_details"] and "套餐" not in heard.texts[0].split("：")[0]


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("deny", "诈骗？我没有诈骗啊"),
        ("nlu_fallback", "去哪儿解"),
        ("nlu_fallback", "要带啥"),
        ("nlu_fallback", "我人在外地咋办"),
        ("recharge", "我又没欠费"),
        ("open_service", "先开通能接电话行不"),
    ],
)
async def test_who_was_stopped_for_fraud_hears_the_way_back(talk: Begin, intent: str, text: str) -> None:
    person = talk(FRAUD)
    await person.say("query_suspension", "我号咋停了")
    assert (await person.say(intent, text)).responses == ["cut_off_fraud"]


@pytest.mark.parametrize(
    ("intent", "text"),
    [("query_bill", "上月比前月多扣了多少"), ("nlu_fallback", "how much more than the month before was last month")],
)
async def test_the_difference_of_two_bills_is_told_and_not_their_sum(talk: Begin, intent: str, text: str) -> None:
    person = talk("+8613800000030")
    words = ("上月", "前月") if "上月" in text else ("last month", "month before")
    heard = await person.say(intent, text, month=("2026-10", "2026-09"), spans={"month": words})
    assert heard.responses == ["bill_why"]


async def test_a_code_that_is_long_past_holds_nobody_up(talk: Begin) -> None:
    person = talk(LI)
    await person.say("order_data_pack", offering="pack-5g")
    assert (await person.say("affirm", "是")).responses == ["code_sent"]
    old = person.sent_code()
    person.later(11 * 60)
    heard = await person.say("nlu_fallback", "分期还剩几期")
    assert "form_unclear" not in heard.responses and "code_ask" not in heard.responses
    assert "code_ask" not in (await person.say("query_balance", "话费")).responses
    await person.code(old)
    assert person.packs() == []


@pytest.mark.parametrize("text", ["TD", "td", "回复TD"])
@pytest.mark.parametrize("form", [True, False])
async def test_td_always_ends_our_advertising(talk: Begin, text: str, form: bool) -> None:
    person = talk(LI, "sms")
    await person.say("cancel_service" if form else "query_balance")
    heard = await person.say("cancel_service", text)
    assert ("opt_out_marketing", "done") in heard.outcomes


@pytest.mark.parametrize("text", ["我在上海徐汇", "我住上海徐汇"])
async def test_where_somebody_is_finds_a_shop_after_shops(talk: Begin, text: str) -> None:
    person = talk(LI)
    await person.say("find_store", "离我最近的营业厅在哪")
    heard = await person.say("nlu_fallback", text, region="sh", spans={"region": "上海"})
    assert ("find_store", "answered") in heard.outcomes


@pytest.mark.parametrize("text", ["会不会上征信", "欠费影响征信吗", "will it hurt my credit record"])
async def test_whether_arrears_are_told_to_anybody_is_answered(talk: Begin, text: str) -> None:
    for intent in ("nlu_fallback", "query_suspension"):
        assert (await talk(LI).say(intent, text)).responses == ["arrears_credit"]


@pytest.mark.parametrize("text", ["怎么投诉到工信部 12300", "工信部投诉电话多少", "how do I complain to the regulator"])
async def test_the_way_to_the_ministry_is_told_to_whoever_asks_for_it(talk: Begin, text: str) -> None:
    heard = await talk(LI).say("complain", text)
    assert heard.responses == ["complain_to_ministry"] and "12300" in heard.texts[0]
    assert (await talk(LI).say("complain", "我要投诉到工信部")).responses == ["ask_complaint"]


@pytest.mark.parametrize("intent", ["consult_handset", "nlu_fallback", "faq"])
async def test_what_leaving_costs_is_told_after_a_plan_too(talk: Begin, intent: str) -> None:
    person = talk("+8613800000005")
    await person.say("consult_plans", offering="plan-4g-28")
    heard = await person.say(intent, "违约金多少钱")
    assert ("query_pack_expiry", "answered") in heard.outcomes
