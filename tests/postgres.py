"""Databases on the PostgreSQL of the tests: filled once a run and copied for each test, which takes milliseconds."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from tests.ports import worker_number

URL = os.environ.get("TEST_POSTGRES", "")
ABSENT = "TEST_POSTGRES names no PostgreSQL (postgresql+asyncpg://…); `make test-setup` installs one"


def need() -> None:
    """Skips the test where there is none."""
    if not URL:
        pytest.skip(ABSENT)


def at(database: str) -> str:
    """Its URL."""
    return make_url(URL).set(database=database).render_as_string(hide_password=False)


def named(database: str) -> str:
    """Each process that runs tests has databases of its own."""
    worker = worker_number()
    return f"{database}_{worker}" if worker else database


async def fresh(database: str, template: str = "template0") -> str:
    """The URL of a new copy of `template`; what had that name is gone."""
    database = named(database)
    engine = create_async_engine(URL, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        await connection.exec_driver_sql(f"CREATE DATABASE {database} TEMPLATE {template}")
    await engine.dispose()
    return at(database)


def filled(database: str, fill: Callable[[str], Awaitable[None]]) -> str:
    """Make a database once, to be a template; in a thread of its own, since the caller may be in a loop."""

    async def make() -> None:
        await fill(await fresh(database))

    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(make())).result()
    return named(database)
