"""The console's database, each test with SQLite and with PostgreSQL where TEST_POSTGRES names an empty one; a house."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from console import erasure
from console.database import open_engine
from console.migrate import migrate
from tests import postgres
from tests.contracts.console.living import NUMBER, OTHER, House
from tests.contracts.switchboard.stack import Stack
from tests.topologies import Cluster

ON_CLUSTER = ("test_nothing_of_a_person_is_left_in_any_file",)
"""Run on both in each run of the tests; ALL_ON_CLUSTER=1 runs all of them on both."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "house" in metafunc.fixturenames:
        both = os.environ.get("ALL_ON_CLUSTER") or metafunc.function.__name__ in ON_CLUSTER
        metafunc.parametrize("house", ["alone", "cluster"] if both else ["alone"], indirect=True)


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


@pytest.fixture
async def house(
    request: pytest.FixtureRequest, engine: AsyncEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    monkeypatch.setattr(erasure, "PAUSE_S", 0.1)
    if request.param == "cluster":
        several: Cluster = request.getfixturevalue("cluster")
        where, files = several.url, several.folder
    else:
        where = request.getfixturevalue("redis_server")
        files = where.parent
    stack = Stack(where, tmp_path)
    await stack.stores.redis.flushall()
    await stack.stores.ready()
    (tmp_path / "log").mkdir()
    stack.directory.known = {NUMBER: ("s1", "zj"), OTHER: ("s2", "zj")}
    stack.worker()
    yield House(stack, engine, tmp_path, files)
    await stack.end()
