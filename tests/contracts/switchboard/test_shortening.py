"""Redis' file does not grow with what was written and is gone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from redis import asyncio as aioredis
from redis.exceptions import ResponseError

from switchboard.redis.connection import connect
from switchboard.redis.shortening import keep_short, shorten
from switchboard.tasks import end
from tests.topologies import Server


async def size_at_rest(redis: aioredis.Redis) -> int:
    for _ in range(200):
        state = await redis.info("persistence")
        if not state["aof_rewrite_in_progress"] and not state["aof_rewrite_scheduled"]:
            return int(state["aof_current_size"])
        await asyncio.sleep(0.05)
    raise AssertionError("the file is still being written")


async def test_a_file_with_much_that_is_gone_is_written_anew(redis: aioredis.Redis) -> None:
    await redis.bgrewriteaof()
    await size_at_rest(redis)
    for n in range(12):
        await redis.set("churn", bytes([n]) * 500_000)
    assert (await redis.info("persistence"))["aof_current_size"] > 6_000_000
    assert await shorten(redis, least_bytes=1_000_000) == 1
    assert await size_at_rest(redis) < 2_000_000
    assert await redis.get("churn") == bytes([11]) * 500_000


async def test_a_short_file_and_one_that_was_just_written_anew_are_left_alone(redis: aioredis.Redis) -> None:
    await redis.mset({f"kept{n}": random.Random(n).randbytes(10_000) for n in range(300)})
    await redis.bgrewriteaof()
    assert await size_at_rest(redis) > 3_000_000
    assert await shorten(redis, least_bytes=1_000_000) == 0
    await redis.set("little", b"more")
    assert await shorten(redis, least_bytes=1_000_000) == 0


async def test_after_a_start_the_file_is_written_anew_once_whatever_is_held(tmp_path: Path) -> None:
    server = Server(tmp_path, {"appendonly": "yes"})
    redis = connect(f"redis://127.0.0.1:{server.port}")
    try:
        await redis.mset({f"kept{n}": random.Random(n).randbytes(10_000) for n in range(300)})
        assert await shorten(redis, least_bytes=1_000_000) == 1
        await size_at_rest(redis)
        assert await shorten(redis, least_bytes=1_000_000) == 0
    finally:
        await redis.aclose()
        server.end()


@pytest.fixture
def forbidding(tmp_path: Path) -> Iterator[Server]:
    """A Redis whose owner keeps the writing anew to himself."""
    server = Server(tmp_path, {"appendonly": "yes", "rename-command": 'BGREWRITEAOF ""'})
    yield server
    server.end()


async def test_a_redis_that_forbids_it_is_told_of_once_and_ends_nothing(
    forbidding: Server, logged: list[MutableMapping[str, Any]]
) -> None:
    redis = connect(f"redis://127.0.0.1:{forbidding.port}")
    for n in range(12):
        await redis.set("churn", bytes([n]) * 500_000)
    keeping = asyncio.create_task(keep_short(redis, least_bytes=1_000_000, every_s=0.01, refused_s=0.02))
    try:
        ended, _ = await asyncio.wait([keeping], timeout=0.5)
        assert not ended
        assert [line["event"] for line in logged] == ["never_shortened"]
    finally:
        await end(keeping)
        await redis.aclose()


class Forestalled:
    """A Redis that somebody else tells so a moment earlier."""

    async def info(self, section: str) -> dict[str, int]:
        idle = {"aof_enabled": 1, "aof_rewrite_in_progress": 0, "aof_rewrite_scheduled": 0}
        return {**idle, "aof_current_size": 2, "aof_base_size": 0, "aof_last_rewrite_time_sec": -1}

    async def bgrewriteaof(self) -> None:
        raise ResponseError("Background append only file rewriting already in progress")


async def test_whoever_comes_second_has_nothing_to_do() -> None:
    assert await shorten(Forestalled(), least_bytes=1) == 0  # type: ignore[arg-type]
