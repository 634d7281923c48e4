"""People of 65 and over, and whoever gave a code away."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from bot.nlg import SALES

pytestmark = pytest.mark.rasa
OLD, YOUNG = "+8613800000008", "+8613800000000"


def queued(heard: Any) -> tuple[str, int]:
    handoff = heard.effect("handoff") or {}
    return handoff.get("reason", ""), handoff.get("priority", 0)


async def test_an_old_person_gets_a_person_at_the_first_ask_and_ahead_of_others(talk: Any) -> None:
    assert queued(await talk(OLD).say("transfer_to_agent")) == ("asked", 5)
    assert queued(await talk(YOUNG).say("transfer_to_agent")) == ("asked", 0)


async def test_an_old_person_gets_a_person_at_the_first_miss(talk: Any) -> None:
    assert queued(await talk(OLD).say("nlu_fallback", "那个啥")) == ("not_understood", 5)
    assert queued(await talk(YOUNG).say("nlu_fallback", "那个啥")) == ("", 0)


async def test_who_asks_for_the_mode_is_served_so_from_then_on(talk: Any) -> None:
    person = talk(YOUNG)
    assert queued(await person.say("older_mode", "长辈版")) == ("senior", 5)
    await person.say("event_handoff_ended")
    assert queued(await person.say("nlu_fallback", "那个啥")) == ("not_understood", 5)


@pytest.mark.parametrize("wish", ["query_balance", "query_data_usage", "query_my_plan", "query_points", "query_bill"])
@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_nothing_is_sold_to_an_old_person(talk: Any, wish: str, channel: str) -> None:
    heard = await talk(OLD, channel).say(wish)
    assert heard.outcomes == [(wish, "answered")]
    assert {choice["intent"] for choice in heard.choices} & SALES == set()
    assert [choice["number"] for choice in heard.choices] == list(range(1, len(heard.choices) + 1))


async def test_what_an_old_person_asks_to_buy_is_sold(talk: Any) -> None:
    assert (await talk(OLD).say("order_data_pack")).responses == ["ask_order_data_pack"]


@pytest.mark.parametrize(
    "words", ["我把验证码告诉别人了", "骗子要了我的验证码我一糊涂就说了", "I told someone my code"]
)
async def test_a_code_that_was_given_away_locks_transactions_for_a_day(talk: Any, words: str) -> None:
    person = talk(YOUNG, "sms")
    heard = await person.say("report_fraud", words)
    assert (heard.responses, queued(heard)) == (["fraud_warning", "fraud_protected"], ("fraud", 8))
    assert (await person.say("order_data_pack", offering="pack-5g")).responses == ["refused_protected"]
    assert (await person.say("query_balance")).outcomes == [("query_balance", "answered")]
    assert (await person.say("suspend_number")).responses == ["quote_suspend_number"]
    person.now += timedelta(hours=24, seconds=1)
    assert (await person.say("order_data_pack", offering="pack-5g")).responses == ["quote_order_data_pack"]


async def test_a_yes_to_what_was_offered_before_the_code_was_given_away_orders_nothing(talk: Any) -> None:
    person = talk(YOUNG, "sms")
    assert (await person.say("order_data_pack", offering="pack-5g")).responses == ["quote_order_data_pack"]
    await person.locks.lock(YOUNG, person.now + timedelta(hours=24))
    assert (await person.say("affirm", "确认")).responses == ["refused_protected"]
    assert "pack-5g" not in person.packs()


@pytest.mark.parametrize("words", ["我被骗了", "充话费充到骗子那里去了", "I was scammed"])
async def test_fraud_without_a_code_locks_nothing(talk: Any, words: str) -> None:
    person = talk(YOUNG)
    assert (await person.say("report_fraud", words)).responses == ["fraud_warning"]
    assert person.locks.locked == {}


async def test_a_stranger_who_gave_a_code_away_gets_a_person_first(talk: Any) -> None:
    heard = await talk(None).say("report_fraud", "我把验证码告诉别人了")
    assert (heard.responses, queued(heard)) == (["fraud_warning"], ("fraud", 8))


async def test_a_crm_that_is_away_holds_up_no_warning(talk: Any) -> None:
    person = talk(YOUNG)
    person.crm.down = True
    heard = await person.say("report_fraud", "我把验证码告诉别人了")
    assert (heard.responses, queued(heard)) == (["fraud_warning"], ("fraud", 8))
