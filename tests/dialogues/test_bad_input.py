"""What nobody should say, said: nothing breaks, nothing is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]

TEXTS = [
    "{{7*7}}",
    "{slot}",
    "=HYPERLINK()",
    "<img onerror=x>",
    "'; DROP TABLE orders;--",
    "😀" * 500,
    "\u202eabc",
    "／restart",
]


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("first", ["order_data_pack", "recharge", "report_fault", "complain", "login", "change_plan"])
async def test_a_form_survives_odd_text(talk: Begin, first: str, text: str) -> None:
    person = talk(None if first == "login" else "+8613800000000", "web")
    await person.say(first)
    heard = await person.say("nlu_fallback", text)
    assert heard.responses
    assert person.packs() == []


@pytest.mark.parametrize("month", ["2026-13", "2026-02-30", "", "上月", "0000-00"])
async def test_a_month_that_is_none_shows_the_last_bill(talk: Begin, month: str) -> None:
    assert (await talk().say("query_bill", month=month)).responses == ["bill"]


@pytest.mark.parametrize("offering", ["pack-free", "plan-4g-38", "", "../../etc/passwd", "pack-5g' OR 1=1"])
async def test_an_offering_that_is_not_sold_is_not_ordered(talk: Begin, offering: str) -> None:
    person = talk(channel="sms")
    heard = await person.say("order_data_pack", offering=offering)
    assert heard.responses[-1] == "ask_order_data_pack"
    assert (await person.say("affirm")).responses[0] == "form_unclear"
    assert person.packs() == []


async def test_a_kept_wish_shows_no_full_number(talk: Begin) -> None:
    person = talk(None)
    await person.say("login", msisdn="+8613800000000")
    tracker = await person.agent.tracker_store.retrieve(person.conversation)
    shown = {name: slot.value for name, slot in tracker.slots.items() if not name.startswith("secret")}
    assert "13800000000" not in str(shown)


async def test_somebody_elses_number_opens_no_account(talk: Begin) -> None:
    person = talk("+8613800000000")
    heard = await person.say(
        "query_balance", "查13800000003的话费", msisdn="+8613800000003", spans={"msisdn": "13800000003"}
    )
    assert heard.responses == ["not_your_number"]
