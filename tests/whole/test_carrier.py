"""The whole product on a CRM that does not speak TM Forum: RENJI_CRM=carrier.

FOREIGN=1 (`make test-full`) starts an installation for it.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.people import World, open_world
from tests.stack import Stack, outside, whole
from tests.transcripts.player import player

pytestmark = [
    pytest.mark.rasa,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not os.environ.get("FOREIGN"), reason="FOREIGN=1 starts a whole installation for it"),
]
TRANSCRIPTS = Path(__file__).resolve().parents[1] / "transcripts"
PLAYED = (
    "sms_balance_then_bill", "sms_buys_a_pack", "plan_change", "recharge_card", "points", "invoice", "stores",
    "complaint", "why_charged", "never_ordered", "lost_without_sim", "crm_away",
)  # fmt: skip
"""Reads, orders, money, tickets, proofs, places, and a CRM that is killed."""


@pytest.fixture(scope="module")
def carried(outside_port: int) -> Iterator[Stack]:
    with whole("carrier", {**outside(outside_port), "RENJI_CRM": "carrier"}) as stack:
        yield stack


@pytest.fixture
async def people(carried: Stack, outside_port: int) -> AsyncIterator[World]:
    async with open_world(carried.environment(), carried.url, outside_port) as known:
        yield known


@pytest.mark.parametrize("name", PLAYED)
async def test_a_conversation_goes_the_same_way_on_a_carriers_own_crm(carried: Stack, people: World, name: str) -> None:
    async with player(carried, people) as one:
        await one.play(TRANSCRIPTS / f"{name}.txt")
    assert "/carrier/api" in carried.log("crm", lines=5000)
