"""What is read by SQLite's own driver is what SQLAlchemy reads, of one moment, and fails as it does."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from crm.reference import reads, schema
from crm.reference.reads import all_rows
from crm.reference.store import Reading, Store

NOW = datetime(2026, 11, 18, 2, 30, tzinfo=timezone.utc)
PREPARED = ["_PERSON", "_BUCKETS", "_ALLOWANCES", "_HELD", "_OPEN_ORDERS", "_POINTS"]


@pytest.fixture
async def store(seeded: Path, tmp_path: Path) -> AsyncIterator[Store]:
    shutil.copy(seeded, tmp_path / "crm.db")
    store = Store(f"sqlite+aiosqlite:///{tmp_path}/crm.db")
    yield store
    await store.close()


async def numbers(store: Store) -> list[str]:
    async with store.reading() as connection:
        return [row["msisdn"] for row in await all_rows(connection, select(schema.subscriber))]


@pytest.mark.parametrize("name", PREPARED)
async def test_rows_are_those_that_sqlalchemy_reads(store: Store, name: str) -> None:
    query, found = getattr(reads, name), 0
    for number in await numbers(store):
        values = {"number": number, **({"now": NOW} if "now" in query.compile().binds else {})}
        async with store.reading() as connection:
            plain = (await connection.execute(query, values)).mappings().all()
            assert isinstance(connection, Reading)
            assert [dict(row) for row in plain] == connection.rows(query, values)
        found += len(plain)
    assert found or name == "_OPEN_ORDERS"


async def test_a_reading_is_of_one_moment_and_the_next_one_of_a_later(store: Store) -> None:
    number = (await numbers(store))[0]
    change = update(schema.subscriber).where(schema.subscriber.c.msisdn == number).values(name="改名")
    async with store.reading() as connection:
        before = await reads.subscriber(connection, number)
        async with store.writing() as writer:
            await writer.execute(change)
        assert await reads.subscriber(connection, number) == before
        count = (await connection.execute(select(func.count()).where(schema.subscriber.c.name == "改名"))).scalar()
        assert count == 0
    async with store.reading() as connection:
        assert (await reads.subscriber(connection, number)).name == "改名"


async def test_readings_at_once_have_a_connection_each_and_those_are_used_again(store: Store) -> None:
    async with store.reading() as one, store.reading() as other:
        assert one is not other
    async with store.reading() as again:
        assert again in (one, other)


async def test_a_query_that_fails_fails_as_with_sqlalchemy(store: Store) -> None:
    async with store.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE points_lot")
    for _ in range(2):
        with pytest.raises(OperationalError):
            async with store.reading() as connection:
                await reads.points_lots(connection, "+86138")
    assert await numbers(store)
