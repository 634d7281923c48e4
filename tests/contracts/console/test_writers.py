"""Two workers bring the log of half the partitions each into SQL, and one of them all when the other dies."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from redis import asyncio as aioredis
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from console.writers import SqlWriters, group, writing
from switchboard.model import Address
from switchboard.redis.solo import Solo
from switchboard.tasks import end
from tests.contracts.switchboard.stack import Stack

PEOPLE = [Address("web", f"person-{n}") for n in range(16)]
PARTITIONS = 8


@pytest.fixture
async def switchboard(redis: aioredis.Redis, redis_server: Path, tmp_path: Path) -> AsyncIterator[Stack]:
    stack = Stack(redis_server, tmp_path, PARTITIONS)
    await stack.stores.ready()
    stack.worker("one")
    yield stack
    await stack.end()


async def nothing_beside() -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def looking(stack: Stack, engine: AsyncEngine, name: str, groups: int = 2) -> AsyncIterator[SqlWriters]:
    """A worker that looks ten times a second."""

    async def look(writers: SqlWriters) -> None:
        while True:
            await writers.look()
            await asyncio.sleep(0.1)

    settings = replace(stack.settings, worker_name=name, log_writers=groups)
    async with writing(settings, stack.stores, engine, nothing_beside) as writers:
        task = asyncio.create_task(look(writers))
        try:
            yield writers
        finally:
            await end(task)


async def all_written(stack: Stack, engine: AsyncEngine, said: int) -> None:
    """Every person's words are there, each once, and each partition's cursor is at its end."""

    async def state() -> tuple[Counter[str], dict[int, str]]:
        async with engine.connect() as connection:
            texts = (await connection.execute(sa.select(tables.messages.c.text))).scalars().all()
            cursors = (await connection.execute(sa.select(tables.log_cursors))).all()
        return Counter(text for text in texts if text.startswith("第")), {row.partition: row.entry for row in cursors}

    deadline = asyncio.get_running_loop().time() + 20
    ends = {n: entry for n, entry in (await stack.stores.log.ends()).items() if entry != "0"}
    while (await state())[1] != ends:
        assert asyncio.get_running_loop().time() < deadline, "not all is in SQL"
        await asyncio.sleep(0.1)
    assert (await state())[0] == Counter({f"第{n}句": 1 for n in range(said)})


async def say(stack: Stack, first: int) -> int:
    """Everybody says one sentence more, and is answered; how many were said in all."""
    for n, person in enumerate(PEOPLE):
        await stack.say(person, f"第{first + n}句")
    await stack.at_rest(within_s=20)
    return first + len(PEOPLE)


def test_groups_share_all_partitions() -> None:
    assert sorted(group(0, 3, 8) + group(1, 3, 8) + group(2, 3, 8)) == list(range(8))


async def test_two_writers_bring_each_row_once_and_one_goes_on_where_the_other_died(
    switchboard: Stack, engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Solo, "release", _nothing)
    dying = switchboard.worker("two")
    await switchboard.until(lambda: dying.held)
    async with looking(switchboard, engine, "one") as one:
        async with looking(switchboard, engine, "two") as two:
            said = await say(switchboard, 0)
            await all_written(switchboard, engine, said)
            assert [one.runs, two.runs] == [1, 1]
        await switchboard.kill(dying)
        said = await say(switchboard, said)
        await all_written(switchboard, engine, said)
        assert one.runs == 2


async def _nothing(dying: Solo) -> None:
    """Who is killed gives nothing back."""
