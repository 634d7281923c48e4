"""Talks with people are kept once and can be read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from crm.errors import NotFound
from crm.model import Interaction
from crm.port import Crm, within
from tests.contracts.crm.serving import NOW, Clock

LI = "+8613800000000"
TALK = Interaction(
    "", LI, "sms", "inbound", "asked", "solved: 已解释账单", "completed", NOW - timedelta(minutes=20), NOW, NOW
)


async def test_a_talk_is_kept_once_and_read_again(crm: Crm, clock: Clock) -> None:
    kept = await crm.keep_interaction(TALK, idempotency_key="t", deadline=within(5))
    clock.forward(minutes=5)
    again = await crm.keep_interaction(replace(TALK, created_at=clock.now), idempotency_key="t", deadline=within(5))
    assert (again, (kept,)) == (kept, await crm.interactions(LI, deadline=within(5)))
    assert kept.id and TALK == replace(kept, id="", created_at=NOW)


async def test_the_newest_is_read_first(crm: Crm) -> None:
    later = replace(TALK, began_at=NOW, ended_at=None, state="open")
    for key, talk in (("a", later), ("b", TALK)):
        await crm.keep_interaction(talk, idempotency_key=key, deadline=within(5))
    assert [NOW, TALK.began_at] == [one.began_at for one in await crm.interactions(LI, deadline=within(5))]


async def test_nobody_talks_with_a_number_that_nobody_has(crm: Crm) -> None:
    with pytest.raises(NotFound):
        nobody = replace(TALK, msisdn="+8613999999999")
        await crm.keep_interaction(nobody, idempotency_key="t", deadline=within(5))
