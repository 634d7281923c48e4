"""Migrations taken back and made again change nothing that the version before knows."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from ruamel.yaml import YAML
from sqlalchemy.engine import Connection

from crm.reference.store import downgrade, migration_engine, upgrade
from tests import postgres
from tests.contracts.crm.serving import copy_seeded

ROOT = Path(__file__).resolve().parents[3]
PREVIOUS = YAML(typ="safe", pure=True).load((ROOT / "tests" / "whole" / "previous.yml").read_text())["crm"]
Dump = dict[str, list[dict[str, Any]]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database with thirty subscribers."""
    if request.param == "postgresql":
        return await postgres.fresh("renji_crm", request.getfixturevalue("seeded_postgres"))
    copy_seeded(request.getfixturevalue("seeded"), tmp_path)
    return f"sqlite+aiosqlite:///{tmp_path / 'crm.db'}"


async def dumped(url: str) -> Dump:
    """Every row of every table, but the version."""

    def read(connection: Connection) -> Dump:
        known = sa.MetaData()
        known.reflect(connection)
        return {
            table.name: sorted((dict(row._mapping) for row in connection.execute(table.select())), key=repr)
            for table in known.sorted_tables
            if table.name != "alembic_version"
        }

    engine = migration_engine(url)
    async with engine.connect() as connection:
        found = await connection.run_sync(read)
    await engine.dispose()
    return found


def as_known(now: Dump, before: Dump) -> Dump:
    """Only tables and columns of `before`."""
    columns = {table: list(rows[0]) for table, rows in before.items() if rows}
    return {
        table: sorted(({name: row[name] for name in columns.get(table, ())} for row in now[table]), key=repr)
        for table in before
    }


async def test_back_and_up_again_keeps_every_row_that_the_version_before_knows(url: str) -> None:
    newest = await dumped(url)
    await asyncio.to_thread(downgrade, url, PREVIOUS)
    before = await dumped(url)
    assert before["subscriber"] and as_known(newest, before) == before
    await asyncio.to_thread(upgrade, url)
    assert set(await dumped(url)) == set(newest)
    await asyncio.to_thread(downgrade, url, PREVIOUS)
    assert await dumped(url) == before
