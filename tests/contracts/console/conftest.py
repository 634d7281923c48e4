"""The console's database, each test with SQLite and with PostgreSQL where TEST_POSTGRES names an empty one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from console.database import open_engine
from console.migrate import migrate
from tests import postgres


@pytest.fixture(scope="session")
def migrated() -> str:
    """A migrated database on PostgreSQL, to be copied; its name."""

    async def fill(url: str) -> None:
        opened = open_engine(url)
        await migrate(opened)
        await opened.dispose()

    postgres.need()
    return postgres.filled("renji_console_migrated", fill)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    if request.param == "postgresql":
        opened = open_engine(await postgres.fresh("renji_console", request.getfixturevalue("migrated")))
    else:
        opened = open_engine(f"sqlite+aiosqlite:///{tmp_path}/console.db")
        await migrate(opened)
    yield opened
    await opened.dispose()
