"""What stands in SQL: messages are put there as the writer would, the audit is read."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from console.entries import day_of
from tests.unit.console.fakes import START

TALK = "/desk/c/web:aa"


async def hear(engine: AsyncEngine, text: str, origin: str = "person", talk: str = "web:aa", **more: Any) -> None:
    """Put a message into the transcript, as the writer would."""
    async with engine.begin() as connection:
        if not (await connection.execute(sa.select(tables.conversations.c.id))).first():
            await connection.execute(tables.conversations.insert().values(id=talk, channel="web", last_at=START))
        number = len((await connection.execute(sa.select(tables.messages.c.id))).all()) + 1
        row = {"partition": 0, "entry": str(number), "conversation": talk, "message": f"m{number}", "origin": origin}
        row |= {"text": text, "extras": {}, "at": START, "day": day_of(START), "channel": "web"}
        await connection.execute(tables.messages.insert().values(**row | more))


async def audited(engine: AsyncEngine) -> list[tuple[str, str]]:
    async with engine.connect() as connection:
        rows = await connection.execute(sa.select(tables.audit).order_by(tables.audit.c.number))
        return [(row.actor, row.action) for row in rows]
