"""Questions: answered at once, told apart, and never lost when the CRM is away."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]

READS = {
    "query_balance": "balance",
    "query_data_usage": "data_left",
    "query_voice_allowance": "voice_left",
    "query_bill": "bill",
    "query_my_plan": "my_plan",
    "query_subscribed_services": "subscribed",
    "query_orders": "orders",
    "query_ticket": "tickets",
    "consult_plans": "plans",
    "compare_plans": "plans_compared",
}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
async def test_every_question_is_answered_on_every_channel(talk: Begin, channel: str, language: str) -> None:
    person = talk("+8613800000000", channel)
    person.language = language
    for intent, response in READS.items():
        heard = await person.say(intent)
        assert heard.responses == [response]
        assert heard.outcomes == [(intent, "answered")]
        assert any(label in ("转人工", "Talk to a person") for label in heard.labels), intent


async def test_the_balance_is_told_to_the_fen(talk: Begin) -> None:
    assert (await talk().say("query_balance")).texts == ["您的话费余额为23.50元。"]


async def test_arrears_are_told_as_such(talk: Begin) -> None:
    assert (await talk("+8613800000001").say("query_balance")).texts == ["您已欠费56.00元。"]


async def test_four_kinds_of_money_are_told_apart(talk: Begin) -> None:
    heard = await talk("+8613800000013").say("query_balance")
    assert all(word in heard.texts[0] for word in ("99.00", "赠款20.00", "专款100.00", "冻结600.00"))


async def test_two_questions_in_one_line_are_answered_in_order(talk: Begin) -> None:
    heard = await talk().say("several_questions", parts=["query_data_usage", "query_balance"])
    assert heard.responses == ["data_left", "balance"]


async def test_questions_first_then_what_is_to_be_done(talk: Begin) -> None:
    heard = await talk().say("several_questions", parts=["order_data_pack", "query_balance"], offering="pack-1g")
    assert heard.responses == ["balance", "quote_order_data_pack"]


async def test_a_month_that_is_not_kept_offers_those_that_are(talk: Begin) -> None:
    heard = await talk().say("query_bill", month="2019-01")
    assert heard.responses == ["bill_not_kept"]
    assert len(heard.labels) == 4


async def test_why_was_i_charged_names_the_day_of_each_item(talk: Begin) -> None:
    heard = await talk("+8613800000009").say("query_bill", topic="dispute_charge")
    assert heard.responses == ["bill_why"]
    assert {"退订星河视频会员", "退订书海阅读会员", "投诉"} <= set(heard.labels)


async def test_still_cut_off_though_paid_is_told_as_it_is(talk: Begin) -> None:
    heard = await talk("+8613800000012").say("query_balance", topic="suspended")
    assert "没有欠费，但号码还在停机" in heard.texts[0]
    heard = await talk("+8613800000000").say("query_balance", topic="suspended")
    assert "没有停机" in heard.texts[0]


async def test_a_contract_says_when_it_ends(talk: Begin) -> None:
    heard = await talk("+8613800000005").say("query_my_plan", topic="expiry")
    assert heard.responses == ["plan_ends"]
    assert "合约到" in heard.texts[0]


async def test_data_for_abroad_is_shown_apart(talk: Begin) -> None:
    heard = await talk().say("consult_plans", topic="roaming")
    assert heard.responses == ["roaming_packs"]
    assert len(heard.labels) == 3


async def test_a_crm_that_is_away_is_said_and_the_wish_is_kept(talk: Begin) -> None:
    person = talk()
    person.crm.down = True
    heard = await person.say("query_balance")
    assert heard.responses == ["crm_unavailable"]
    assert "再试一次" in heard.labels
    person.crm.down = False
    assert (await person.say("repeat")).responses == ["balance"]


async def test_another_owner_of_the_number_is_shown_nothing(talk: Begin) -> None:
    person = talk()
    person.binding["subscriber_id"] = "S-former"
    heard = await person.say("query_balance")
    assert heard.responses == ["refused_other_subscriber"]
    assert person.bindings.ended == [(person.conversation, "other_subscriber")]
