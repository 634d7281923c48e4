"""The figures, counted by hand."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from console.database import upsert
from console.entries import day_of
from console.reports.__main__ import table
from console.reports.figures import TOTAL, Row, report
from tests.unit.console.conftest import Browser

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=timezone.utc)
Story = list[tuple[str, str, timedelta, str]]


async def tell(engine: AsyncEngine, story: Story) -> None:
    """(conversation, what happened, how long ago, wish and how): said, handoff, or an outcome."""
    async with engine.begin() as connection:
        for number, (talk, what, ago, words) in enumerate(story):
            at, channel = NOW - ago, talk.split(":")[0]
            await upsert(connection, tables.conversations, {"id": talk}, {"channel": channel, "last_at": at})
            row = {"conversation": talk, "channel": channel, "day": day_of(at)}
            place = {"partition": 0, "entry": str(number), "at": at}
            if what == "said":
                message = {"message": str(number), "origin": "person", "text": words, "extras": {}}
                await connection.execute(tables.messages.insert().values(**row, **place, **message))
            elif what == "handoff":
                stay = {"id": str(number), "queued_at": at, "context": {}}
                await connection.execute(tables.handoffs.insert().values(**row, **stay))
            else:
                wish, how = words.split()
                await connection.execute(tables.outcomes.insert().values(**row, **place, wish=wish, how=how))


def ago(days: float = 0, hours: float = 0) -> timedelta:
    return timedelta(days=days, hours=hours)


async def test_volume_and_containment_count_conversations(engine: AsyncEngine) -> None:
    await tell(
        engine,
        [
            ("web:a", "said", ago(), "你好"),
            ("web:a", "said", ago(), "查话费"),
            ("web:b", "said", ago(), "人工"),
            ("web:b", "handoff", ago(), ""),
            ("sms:c", "said", ago(), "CXYE"),
        ],
    )
    rows = await report(engine, NOW)
    assert [(r.day, r.channel, r.conversations, r.messages, r.handoffs, r.contained) for r in rows] == [
        ("2026-11-21", "sms", 1, 1, 0, 1.0),
        ("2026-11-21", "web", 2, 3, 1, 0.5),
        (TOTAL, "sms", 1, 1, 0, 1.0),
        (TOTAL, "web", 2, 3, 1, 0.5),
        (TOTAL, TOTAL, 3, 4, 1, pytest.approx(2 / 3)),
    ]


async def test_resolution_is_what_ended_in_done_or_answered(engine: AsyncEngine) -> None:
    ends = ["done", "answered", "handed_off", "refused", "abandoned"]
    await tell(engine, [(f"web:{n}", "outcome", ago(), f"recharge {how}") for n, how in enumerate(ends)])
    (_, _, total) = await report(engine, NOW)
    assert total.wishes == 5
    assert total.resolved == pytest.approx(0.4)


async def test_recontact_is_the_same_wish_again_within_72_hours(engine: AsyncEngine) -> None:
    await tell(
        engine,
        [
            ("web:a", "outcome", ago(hours=80), "query_bill answered"),
            ("web:a", "outcome", ago(hours=9), "query_bill answered"),
            ("web:a", "outcome", ago(), "query_bill handed_off"),
            ("web:a", "outcome", ago(hours=1), "recharge done"),
            ("web:b", "outcome", ago(hours=8), "query_bill answered"),
        ],
    )
    total = (await report(engine, NOW))[-1]
    # Resolved: 80 h (again after 71 h), 9 h (again after 9 h), recharge, b's.
    assert total.recontact == pytest.approx(2 / 4)


async def test_days_are_days_in_china_newest_first(engine: AsyncEngine) -> None:
    await tell(engine, [("web:a", "said", ago(hours=13), "昨天"), ("web:a", "said", ago(hours=11), "今天")])
    rows = await report(engine, NOW)
    assert [r.day for r in rows] == ["2026-11-21", "2026-11-20", TOTAL, TOTAL]


async def test_older_days_are_left_out(engine: AsyncEngine) -> None:
    await tell(engine, [("web:a", "said", ago(days=7), "早"), ("web:a", "said", ago(days=6), "好")])
    assert (await report(engine, NOW, days=7))[-1].messages == 1


async def test_nothing_is_an_empty_table(engine: AsyncEngine) -> None:
    assert await report(engine, NOW) == []
    assert table([]).splitlines()[0].startswith("day")


def test_shares_without_anything_to_divide_are_dashes() -> None:
    assert table([Row("2026-11-21", "web", 1, 1, 0, 1.0)]).splitlines()[1].split() == [
        "2026-11-21", "web", "1", "1", "0", "100%", "0", "–", "–",
    ]  # fmt: skip


async def test_only_supervisors_read_reports(lin: Browser, wang: Browser) -> None:
    assert (await lin.get("/reports"))[0] == 403
    status, text = await wang.get("/reports?days=30")
    assert status == 200
    assert "最近 30 天" in text
    assert (await wang.get("/reports?days=1e9"))[0] == 200
