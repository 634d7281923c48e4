"""What is asked about money that was taken: how much comes back and when, and of what was cancelled before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
ZHENG, HE, LI = "+8613800000009", "+8613800000013", "+8613800000000"
"""Two memberships, one of them without a record; a contract without one; nothing besides the plan."""


async def cancelled(talk: Begin, offering: str = "svc-reading") -> Any:
    """Somebody who has just cancelled a service by the usual way."""
    person = talk(ZHENG, "sms")
    await person.say("cancel_service", offering=offering)
    await person.say("affirm")
    return person


@pytest.mark.parametrize(("text", "intent"), [("能退多少", "out_of_scope"), ("how much do I get back", "go_back")])
async def test_how_much_comes_back_is_told_by_what_was_charged_and_the_rule(
    talk: Begin, text: str, intent: str
) -> None:
    person = talk(ZHENG)
    await person.say("never_ordered", "我没订过")
    heard = await person.say(intent, text)
    assert (
        heard.responses == ["refund_rules"]
        and "书海阅读会员在能查到的账单里共扣72.00元，没有办理记录" in heard.texts[0]
    )
    assert "不是我办的：书海阅读会员" in heard.labels and "马上到账" in heard.texts[0]


@pytest.mark.parametrize("text", ["以前扣的钱退给我", "把之前扣的钱都退了", "refund what I paid before"])
async def test_who_wants_the_money_of_before_is_asked_which_to_begin_with(talk: Begin, text: str) -> None:
    person = talk(ZHENG)
    await person.say("never_ordered", "我没订过")
    heard = await person.say("never_ordered", text)
    assert heard.responses == ["never_ordered_which"] and person.crm.buckets[ZHENG][0].amount_fen == 6740


@pytest.mark.parametrize(
    ("text", "intent"),
    [("什么时候到账", "query_recharge_record"), ("能退多少", "out_of_scope"), ("when will the refund arrive", "faq")],
)
async def test_what_was_given_back_is_told_once_more(talk: Begin, text: str, intent: str) -> None:
    person = talk(ZHENG, "sms")
    await person.say("never_ordered")
    await person.say("cancel_data_pack", offering="svc-reading", option="disputed")
    assert "dispute_settled" in (await person.say("affirm")).responses
    for _ in range(2):
        heard = await person.say(intent, text)
        assert heard.responses == ["refund_settled"] and "72.00元已经退到话费余额" in heard.texts[0]
    (ticket,) = person.crm.all_tickets.values()
    assert ticket.id in heard.texts[0]


@pytest.mark.parametrize("yes", ["affirm", "tap"])
async def test_what_is_cancelled_already_is_given_back_after_a_yes(talk: Begin, yes: str) -> None:
    person = await cancelled(talk)
    before = person.crm.buckets[ZHENG][0].amount_fen
    heard = await person.say("never_ordered", "以前扣的钱退给我")
    assert heard.responses == ["refund_cancelled"] and "书海阅读会员已退订" in heard.texts[0]
    assert person.crm.buckets[ZHENG][0].amount_fen == before
    tapped = heard.choices[0]
    heard = await (
        person.say("affirm", "好") if yes == "affirm" else person.say(tapped["intent"], **tapped["entities"])
    )
    assert heard.responses == ["dispute_settled"] and person.crm.buckets[ZHENG][0].amount_fen == before + 7200
    (ticket,) = person.crm.all_tickets.values()
    assert ticket.id in heard.texts[0]
    again = await person.say(tapped["intent"], **tapped["entities"])
    assert "dispute_settled" not in again.responses and person.crm.buckets[ZHENG][0].amount_fen == before + 7200


async def test_without_a_yes_nothing_of_what_is_cancelled_is_given_back(talk: Begin) -> None:
    person = await cancelled(talk)
    before = person.crm.buckets[ZHENG][0].amount_fen
    await person.say("never_ordered", "以前扣的钱退给我")
    await person.say("deny", "不用了")
    await person.say("affirm", "好的")
    assert person.crm.buckets[ZHENG][0].amount_fen == before and not person.crm.all_tickets


async def test_a_line_that_tells_of_the_cancellation_cancels_nothing_more(talk: Begin) -> None:
    person = await cancelled(talk)
    person.later(3600)
    text, parts = "已经退订了 以前扣的钱退给我", ["never_ordered", "cancel_service"]
    heard = await person.say("several_questions", text, parts=parts)
    assert heard.responses == ["refund_cancelled"]


async def test_nobody_elses_and_nothing_that_is_not_cancelled_is_given_back_so(talk: Begin) -> None:
    person = talk(ZHENG)
    before = person.crm.buckets[ZHENG][0].amount_fen
    heard = await person.say("never_ordered", option="refund:svc-reading")
    assert heard.responses == ["refused_not_active"] and person.crm.buckets[ZHENG][0].amount_fen == before


async def test_where_nothing_can_be_given_back_it_is_said(talk: Begin) -> None:
    heard = await talk(LI).say("query_recharge_record", "退的钱什么时候到账")
    assert heard.responses == ["refund_rules"] and "投诉" in heard.labels
    assert (await talk(LI).say("query_recharge_record", "什么时候到账")).responses == ["payments"]


# what may not be left yet
async def test_a_contract_without_a_record_is_told_in_one_message(talk: Begin) -> None:
    heard = await talk(HE).say(
        "cancel_service", "退订碎屏险", offering="svc-screen-cover", spans={"offering": "碎屏险"}
    )
    assert heard.responses == ["locked_not_on_record"] and "请先别确认" not in heard.texts[0]
    assert "投诉" in heard.labels and "没有查到您订购" in heard.texts[0]


@pytest.mark.parametrize(
    ("text", "intent"), [("还能退吗", "out_of_scope"), ("我退订了 之前多扣的怎么退", "several_questions")]
)
async def test_other_words_for_it_are_understood_too(talk: Begin, text: str, intent: str) -> None:
    person = await cancelled(talk)
    heard = await person.say(intent, text, parts=["dispute_charge", "cancel_service"] if "several" in intent else [])
    assert heard.responses in (["refund_rules"], ["refund_cancelled"])


async def test_a_line_about_one_charge_is_answered_once(talk: Begin) -> None:
    text, parts = "我没订过书海阅读 凭什么扣我钱", ["never_ordered", "dispute_charge"]
    person = talk(ZHENG)
    assert (await person.say("several_questions", text, parts=parts)).responses == ["never_ordered"]
    assert (await person.say("dispute_charge", "退钱")).responses == ["never_ordered_which"]


@pytest.mark.parametrize("text", ["没办过", "我没订过", "I never ordered it"])
async def test_a_bare_never_is_a_dispute_and_no_refusal(talk: Begin, text: str) -> None:
    person = talk(ZHENG)
    heard = await person.say("cancel_service", "退订阅读会员", offering="svc-reading", spans={"offering": "阅读会员"})
    assert heard.responses == ["not_on_record", "quote_cancel_data_pack"]
    heard = await person.say("deny", text)
    assert heard.responses == ["quote_cancel_data_pack"] and "按规则退费" in heard.texts[0]
    person = talk(HE)
    await person.say("cancel_service", "退订碎屏险", offering="svc-screen-cover", spans={"offering": "碎屏险"})
    assert (await person.say("deny", text)).responses == ["locked_not_on_record"]


async def test_what_comes_back_may_be_asked_after_a_complaint_too(talk: Begin) -> None:
    person = talk(ZHENG)
    await person.say("dispute_charge", "为什么扣费")
    assert (await person.say("out_of_scope", "能退多少")).responses == ["refund_rules"]
