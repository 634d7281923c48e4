"""Points chosen by their number, and payments that did not help."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from crm.operations.gate import Gate

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
ORDINARY, PAID = "+8613800000000", "+8613800000012"


@pytest.mark.parametrize("intent", ["inform", "nlu_fallback", "query_points"])
async def test_a_number_of_points_chooses_a_reward_also_after_the_offer(talk: Begin, intent: str) -> None:
    person = talk(ORDINARY, "sms")
    await person.say("redeem_points")
    heard = await person.say(intent, "300分", number=300, spans={"number": "300"})
    assert heard.responses == ["quote_redeem_points"] and "用300积分" in heard.texts[0]
    heard = await person.say(intent, "1000积分的", number=1000, spans={"number": "1000"})
    assert heard.responses == ["quote_redeem_points"] and "用1000积分" in heard.texts[0]
    heard = await person.say(intent, "换500分的", number=500, spans={"number": "500"})
    assert "用500积分" in heard.texts[0]
    assert (await person.say("affirm")).responses == ["points_redeemed"]
    assert sum(lot.left for lot in person.crm.lots[ORDINARY]) == 1900


def closed_for(closed: str) -> Gate:
    """Everything is on but this one operation."""

    async def gate(kind: str, *names: str) -> Mapping[str, str] | None:
        return {"until": ""} if kind == "operation" and closed in names else None

    return gate


async def test_nobody_is_said_to_be_asked_before_the_ticket_is_there(talk: Begin) -> None:
    person = talk(PAID)
    person.crm.subscribers[PAID] = replace(person.crm.subscribers[PAID], suspended_for=None)
    person.gate = closed_for("request_callback")
    heard = await person.say("paid_but_cut_off")
    assert "还在停机" in heard.texts[0] and "已请专人" not in heard.texts[0]
    assert person.crm.all_tickets == {}


async def test_restoring_a_line_can_be_switched_off(talk: Begin) -> None:
    person = talk(PAID)
    person.gate = closed_for("restore_paid_line")
    heard = await person.say("paid_but_cut_off")
    assert heard.responses == ["paid_but_cut_off", "ticket_callback"] and "我已请专人核实开机" in heard.texts[0]
    assert person.crm.subscribers[PAID].status == "suspended"


async def test_a_payment_that_came_is_told_before_a_newer_one_that_did_not(talk: Begin) -> None:
    person = talk()
    await person.card("800000000000000001")
    person.later(60)
    await person.say("recharge", amount_fen=3000)
    assert "50.00元已到账" in (await person.say("paid_but_cut_off")).texts[0]
