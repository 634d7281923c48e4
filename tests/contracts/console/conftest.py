"""The console's database, each test with SQLite and with PostgreSQL where TEST_POSTGRES names an empty one."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from console.database import open_engine
from console.migrate import migrate

POSTGRES = os.environ.get("TEST_POSTGRES", "")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    if request.param == "postgresql" and not POSTGRES:
        pytest.skip("TEST_POSTGRES is not set")
    opened = open_engine(POSTGRES if request.param == "postgresql" else f"sqlite+aiosqlite:///{tmp_path}/console.db")
    if request.param == "postgresql":
        async with opened.begin() as connection:
            await connection.exec_driver_sql("DROP SCHEMA public CASCADE")
            await connection.exec_driver_sql("CREATE SCHEMA public")
    await migrate(opened)
    yield opened
    await opened.dispose()
