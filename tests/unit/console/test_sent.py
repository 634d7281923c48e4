"""What the transcripts know to have been sent to a phone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from console.database import open_engine
from console.sent import SentBySms
from crm.errors import Unavailable
from switchboard.model import Address

LI, WANG, KEY = "+8613800000000", "+8613800000001", b"k" * 32
NOW = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)


async def keep(engine: AsyncEngine, number: int, text: str, msisdn: str = LI, **more: Any) -> None:
    conversation = Address("sms", msisdn).conversation_id(KEY)
    row = {
        "partition": 1, "entry": f"{number}-0", "conversation": conversation, "message": f"m{number}",
        "origin": "system", "text": text, "extras": {}, "response": "notice_data_80", "state": "sent",
        "at": NOW - timedelta(hours=9 - number), "day": "2026-11-20", "channel": "sms", **more,
    }  # fmt: skip
    async with engine.begin() as connection:
        known = tables.conversations.insert().prefix_with("OR IGNORE")
        await connection.execute(known.values(id=conversation, channel="sms", last_at=NOW))
        await connection.execute(tables.messages.insert().values(**row))


async def test_what_reached_the_phone_of_this_number_comes_newest_first(engine: AsyncEngine) -> None:
    for number, more in enumerate(
        ({"state": "delivered"}, {}, {"state": "failed"}, {"state": "dropped"}, {"state": ""}, {"origin": "person"})
    ):
        await keep(engine, number, f"text {number}", **more)
    await keep(engine, 6, "of another", WANG)
    await keep(engine, 7, "long ago", at=NOW - timedelta(days=9))
    found = await SentBySms(engine, KEY, "10690000").to(LI, NOW - timedelta(days=7))
    assert [(one["text"], one["response"]) for one in found] == [
        ("text 1", "notice_data_80"), ("text 0", "notice_data_80")
    ]  # fmt: skip
    assert found[0]["at"] == NOW - timedelta(hours=8)


async def test_a_database_that_does_not_answer_is_no_answer(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path}/empty.db")
    with pytest.raises(Unavailable):
        await SentBySms(engine, KEY, "").to(LI, NOW)
    await engine.dispose()
