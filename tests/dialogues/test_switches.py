"""A skill or an operation that is switched off: the bot says so, offers a human, and goes on with the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from bot.actions import skills
from crm.operations.gate import Gate

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


def without(of: str, *off: str) -> Gate:
    async def gate(kind: str, *names: str) -> Mapping[str, str] | None:
        return {"until": ""} if kind == of and set(names) & set(off) else None

    return gate


async def test_a_skill_that_is_off_is_refused_with_a_human_as_a_choice_and_others_answer(talk: Begin) -> None:
    person = talk()
    person.gate = without("skill", "query_balance")
    heard = await person.say("query_balance")
    assert (heard.responses, heard.outcomes) == (["refused_switched_off"], [("query_balance", "refused")])
    assert "transfer_to_agent" in str(heard.choices)
    assert (await person.say("query_bill")).responses == ["bill"]


async def test_one_topic_of_the_questions_can_be_off(talk: Begin) -> None:
    person = talk()
    person.gate = without("skill", "faq.volte")
    assert (await person.say("faq", topic="volte")).responses == ["refused_switched_off"]
    assert (await person.say("faq", topic="mms")).responses == ["faq_mms"]


async def test_an_open_form_of_a_skill_that_goes_off_ends(talk: Begin) -> None:
    person = talk()
    await person.say("order_data_pack")
    person.gate = without("skill", "order_data_pack")
    assert (await person.say("inform", offering="pack-5g")).responses == ["refused_switched_off"]
    person.gate = without("skill")
    assert (await person.say("query_balance")).responses == ["balance"]


async def test_an_operation_that_goes_off_before_the_yes_orders_nothing(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    before = person.packs()
    person.gate = without("operation", "order_data_pack")
    assert (await person.say("affirm")).responses == ["refused_switched_off"]
    assert person.packs() == before


def test_the_ways_to_a_human_cannot_be_switched_off() -> None:
    assert not {"transfer_to_agent", "distress", "report_fraud", "login"} & set(skills.switchable())
    assert {"query_balance", "recharge", "faq.volte"} <= set(skills.switchable())
