"""The append-only, hash-chained record of who did what and who read whose data."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from console.tables import audit
from switchboard.ports import Clock

BEGINNING = "0" * 64
_ALONE = {"sqlite": "BEGIN IMMEDIATE", "postgresql": "LOCK TABLE audit IN EXCLUSIVE MODE"}


class BrokenChain(Exception):
    """The audit was changed from outside; `number` is the first row that does not fit."""

    def __init__(self, number: int) -> None:
        super().__init__(f"audit row {number} does not fit the chain")
        self.number = number


class Audit:
    """Never holds texts, full numbers or secrets: ids, codes and reasons only."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock
        # One at a time in this process: SQLite's own waiting is unfair to many.
        self._turn = asyncio.Lock()

    async def write(self, actor: str, action: str, subject: str = "", detail: Mapping[str, Any] | None = None) -> None:
        """Append one row."""
        text = json.dumps(detail or {}, ensure_ascii=False, sort_keys=True).replace("\x00", "")
        async with self._turn:
            await self._append(actor, action, subject, text)

    async def _append(self, actor: str, action: str, subject: str, detail: str) -> None:
        async with self._engine.begin() as connection:
            # From reading the last row to appending its heir nobody else may append.
            await connection.exec_driver_sql(_ALONE[connection.dialect.name])
            newest = sa.select(audit.c.number, audit.c.hash).order_by(audit.c.number.desc()).limit(1)
            last = (await connection.execute(newest)).first()
            number, previous = (last.number + 1, last.hash) if last else (1, BEGINNING)
            row = {"number": number, "at": self._clock(), "actor": actor, "action": action}
            row |= {"subject": subject, "detail": detail, "previous": previous}
            await connection.execute(audit.insert().values(**row, hash=link(row)))

    async def verify(self) -> int:
        """How many rows there are. Raises BrokenChain."""
        previous, count = BEGINNING, 0
        async with self._engine.connect() as connection:
            rows = await connection.stream(sa.select(audit).order_by(audit.c.number))
            async for row in rows:
                count += 1
                if row.number != count or row.previous != previous or link(dict(row._mapping)) != row.hash:
                    raise BrokenChain(row.number)
                previous = row.hash
        return count


def link(row: Mapping[str, Any]) -> str:
    """The hash of a row: over everything in it, the hash before it included."""
    at: datetime = row["at"]
    parts = [row["number"], at.isoformat(), row["actor"], row["action"], row["subject"], row["detail"], row["previous"]]
    return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()
