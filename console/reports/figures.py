"""Volume, containment, resolution and re-contact per day and channel, from SQL.

* conversations: distinct ones in which a person wrote on that day; messages: what they wrote
* contained: the share of them that no hand-off began in on that day
* resolved: the share of ended wishes that ended in done or answered
* re-contact: the share of resolved wishes that came again in the same conversation within 72 h
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from console.entries import day_of
from console.tables import handoffs, messages, outcomes

RECONTACT = timedelta(hours=72)
RESOLVED = ("done", "answered")
TOTAL = ""
"""Stands for all days, or all channels."""


@dataclass(frozen=True)
class Row:
    """Figures of one day and channel. Shares are None where there is nothing to divide by."""

    day: str
    channel: str
    conversations: int = 0
    messages: int = 0
    handoffs: int = 0
    contained: float | None = None
    wishes: int = 0
    resolved: float | None = None
    recontact: float | None = None


@dataclass
class _Cell:
    conversations: set[str]
    handed_off: set[str]
    messages: int = 0
    handoffs: int = 0
    wishes: int = 0
    solved: int = 0
    again: int = 0

    def row(self, day: str, channel: str) -> Row:
        return Row(
            day,
            channel,
            len(self.conversations),
            self.messages,
            self.handoffs,
            _share(len(self.conversations - self.handed_off), len(self.conversations)),
            self.wishes,
            _share(self.solved, self.wishes),
            _share(self.again, self.solved),
        )


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


async def report(engine: AsyncEngine, now: datetime, days: int = 7) -> list[Row]:
    """One row a day and channel, newest day first, then one a channel, then one of everything; days as in China."""
    since = day_of(now - timedelta(days=days - 1))
    cells: dict[tuple[str, str], _Cell] = defaultdict(lambda: _Cell(set(), set()))
    async with engine.connect() as connection:
        said = sa.select(
            messages.c.day, messages.c.channel, messages.c.conversation, sa.func.count().label("number")
        ).where((messages.c.day >= since) & (messages.c.origin == "person"))
        said = said.group_by(messages.c.day, messages.c.channel, messages.c.conversation)
        for row in await connection.execute(said):
            for cell in _cells(cells, row):
                cell.conversations.add(row.conversation)
                cell.messages += row.number
        for row in await connection.execute(sa.select(handoffs).where(handoffs.c.day >= since)):
            for cell in _cells(cells, row):
                cell.handed_off.add(row.conversation)
                cell.handoffs += 1
        ended = sa.select(outcomes).where(outcomes.c.day >= since).order_by(outcomes.c.at)
        _count_wishes(cells, (await connection.execute(ended)).all())
    return [cells[key].row(*key) for key in sorted(cells, key=_order)]


def _cells(cells: dict[tuple[str, str], _Cell], row: Any) -> Iterable[_Cell]:
    return (cells[row.day, row.channel], cells[TOTAL, row.channel], cells[TOTAL, TOTAL])


def _count_wishes(cells: dict[tuple[str, str], _Cell], ended: Sequence[Any]) -> None:
    came: dict[tuple[str, str], list[datetime]] = defaultdict(list)
    for row in ended:
        came[row.conversation, row.wish].append(row.at)
    seen: Counter[tuple[str, str]] = Counter()
    for row in ended:
        key = (row.conversation, row.wish)
        seen[key] += 1
        moments = came[key]
        again = seen[key] < len(moments) and moments[seen[key]] - row.at <= RECONTACT
        for cell in _cells(cells, row):
            cell.wishes += 1
            cell.solved += row.how in RESOLVED
            cell.again += again and row.how in RESOLVED


def _order(key: tuple[str, str]) -> tuple[bool, str, bool, str]:
    day, channel = key
    # Newest day first: each digit is turned round.
    turned = "".join(chr(ord("9") - ord(c) + ord("0")) if c.isdigit() else c for c in day)
    return day == TOTAL, turned, channel == TOTAL, channel
