"""Processes of a new version wait for its tables."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from console import migrate
from console.database import open_engine
from console.tables import VERSION_TABLE


async def test_migrated_tables_are_new_enough(engine: AsyncEngine) -> None:
    assert await migrate.is_new_enough(engine)


async def test_tables_of_a_newer_version_are_new_enough(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    assert await migrate.is_new_enough(engine)


async def test_without_a_database_nothing_is_there_yet() -> None:
    away = open_engine("postgresql+asyncpg://renji:x@127.0.0.1:9/console")
    assert not await migrate.is_new_enough(away)
    await away.dispose()


async def test_a_process_waits_until_another_has_made_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "LOOK_S", 0.01)
    made = open_engine(f"sqlite+aiosqlite:///{tmp_path}/console.db")
    waiting = asyncio.create_task(migrate.wait(made))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await migrate.migrate(made)
    await asyncio.wait_for(waiting, 5)
    await made.dispose()
