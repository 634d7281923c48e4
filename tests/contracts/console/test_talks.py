"""A talk with a person at the desk is in the CRM soon after it ended, once, and of nobody else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, cast

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from console.entries import day_of
from console.talks import MOST_FAILED, Talks
from crm.errors import Unavailable
from crm.fake import FakeCrm
from crm.model import Interaction
from crm.port import within
from switchboard.model import Binding
from switchboard.ports import Bound, Conversations

NOW = datetime(2026, 11, 20, 16, 10, tzinfo=timezone.utc)
"""Ten past midnight in China."""
LI = "+8613800000000"


class Known:
    """Whose the conversations are."""

    def __init__(self) -> None:
        self.since = NOW - timedelta(days=30)

    async def bound(self, conversation: str) -> Bound | None:
        if conversation == "web:nobody":
            return Bound(1, None)
        return Bound(1, Binding(LI, "C1", self.since, "link"))


@pytest.fixture
def crm() -> FakeCrm:
    return FakeCrm.demo(lambda: NOW, 30)


async def stay(engine: AsyncEngine, name: str, **other: Any) -> None:
    began = NOW - timedelta(minutes=40)
    row: Mapping[str, Any] = {
        "id": name, "conversation": "sms:a", "reason": "asked", "skill": "", "priority": 0, "queued_at": began,
        "accepted_at": began, "agent": "lin", "ended_at": NOW - timedelta(minutes=5), "how": "closed",
        "code": "solved", "note": "解释了账单", "context": {}, "day": day_of(began), "channel": "sms",
    } | other  # fmt: skip
    async with engine.begin() as connection:
        known = tables.conversations.select().where(tables.conversations.c.id == row["conversation"])
        if (await connection.execute(known)).first() is None:
            await connection.execute(tables.conversations.insert().values(id=row["conversation"], last_at=NOW))
        await connection.execute(tables.handoffs.insert().values(row))


def talks(engine: AsyncEngine, crm: FakeCrm, known: Known | None = None) -> Talks:
    return Talks(engine, cast(Conversations, known or Known()), crm, lambda: NOW)


async def test_a_talk_that_ended_is_kept_with_why_and_how_it_ended(engine: AsyncEngine, crm: FakeCrm) -> None:
    await stay(engine, "H1")
    assert 1 == await talks(engine, crm).tell()
    (kept,) = await crm.interactions(LI, deadline=within(5))
    assert ("sms", "inbound", "asked", "solved: 解释了账单", "completed") == (
        kept.channel, kept.direction, kept.reason, kept.description, kept.state,
    )  # fmt: skip
    assert (NOW - timedelta(minutes=40), NOW - timedelta(minutes=5)) == (kept.began_at, kept.ended_at)


async def test_it_is_kept_once_however_often_and_by_whomever_it_is_told(engine: AsyncEngine, crm: FakeCrm) -> None:
    await stay(engine, "H1")
    mine, another = talks(engine, crm), talks(engine, crm)
    for one in (mine, mine, another):
        await one.tell()
    assert 1 == len(await crm.interactions(LI, deadline=within(5)))


async def test_a_crm_that_was_away_is_told_when_it_is_back(engine: AsyncEngine, crm: FakeCrm) -> None:
    await stay(engine, "H1")
    mine = talks(engine, crm)
    crm.down = True
    with pytest.raises(Unavailable):
        await mine.tell()
    crm.down = False
    assert 1 == await mine.tell()


class Strange(FakeCrm):
    """Cannot keep the talks with these notes."""

    refuses: frozenset[str] = frozenset()
    asked = 0

    async def keep_interaction(self, talk: Interaction, *, idempotency_key: str, deadline: float) -> Interaction:
        self.asked += 1
        if talk.description in self.refuses:
            raise Unavailable("unreadable answer: status")
        return await super().keep_interaction(talk, idempotency_key=idempotency_key, deadline=deadline)


def strange() -> Strange:
    made = Strange.demo(lambda: NOW, 30)
    assert isinstance(made, Strange)
    return made


async def test_a_talk_that_cannot_be_kept_holds_up_none_behind_it(engine: AsyncEngine) -> None:
    crm = strange()
    crm.refuses = frozenset(f"solved: {n}" for n in range(MOST_FAILED + 1))
    for n in range(MOST_FAILED + 3):
        await stay(engine, f"H{n}", note=str(n), ended_at=NOW - timedelta(minutes=30 - n))
    mine = talks(engine, crm)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await mine.tell()
    assert ["solved: 6", "solved: 7"] == sorted(t.description for t in await crm.interactions(LI, deadline=within(5)))
    crm.refuses = frozenset()
    assert MOST_FAILED + 1 == await mine.tell()


async def test_what_was_told_is_not_told_again_after_a_restart(engine: AsyncEngine) -> None:
    crm = strange()
    await stay(engine, "H1")
    await stay(engine, "H2", conversation="web:nobody")
    assert (1, 0) == (await talks(engine, crm).tell(), await talks(engine, crm).tell())
    assert 1 == crm.asked


async def test_however_many_end_in_a_day_each_is_told_once(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.talks.MOST", 3)
    crm = strange()
    for n in range(8):
        await stay(engine, f"H{n}", note=str(n))
    mine = talks(engine, crm)
    assert [3, 3, 2, 0] == [await mine.tell() for _ in range(4)]
    assert 8 == crm.asked


async def test_what_is_no_talk_with_somebody_we_know_is_not_kept(engine: AsyncEngine, crm: FakeCrm) -> None:
    await stay(engine, "open", ended_at=None)
    await stay(engine, "nobody came", accepted_at=None, how="abandoned")
    await stay(engine, "long over", ended_at=NOW - timedelta(days=2))
    await stay(engine, "not bound", conversation="web:nobody")
    assert 0 == await talks(engine, crm).tell()
    known = Known()
    known.since = NOW
    await stay(engine, "another's address since")
    assert 0 == await talks(engine, crm, known).tell()
