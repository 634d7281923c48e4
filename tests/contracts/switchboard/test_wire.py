"""The shared connection: everybody gets their own answer, and a lost one is opened again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.exceptions import NoScriptError

from switchboard.errors import NotReachable
from switchboard.redis.connection import LOST, connect, reaching
from switchboard.redis.heard import heard
from switchboard.redis.wire import Shared


@pytest.fixture
async def redis(redis_server: Path) -> AsyncIterator[Shared]:
    client = connect(f"unix://{redis_server}")
    yield client
    await client.aclose()


async def test_many_at_once_get_their_own_answers(redis: Shared) -> None:
    await asyncio.gather(*(redis.set(f"wire:{n}", n) for n in range(200)))
    assert [str(n).encode() for n in range(200)] == await asyncio.gather(*(redis.get(f"wire:{n}") for n in range(200)))


async def test_whoever_gives_up_takes_nobodys_answer(redis: Shared) -> None:
    await redis.set("wire:a", "a")
    given_up = asyncio.create_task(redis.hgetall("wire:none"))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await redis.get("wire:a") == b"a"


async def test_an_error_is_the_one_that_redis_py_raises(redis: Shared) -> None:
    with pytest.raises(NoScriptError):
        await redis.execute_command("EVALSHA", "0" * 40, 0)
    assert await redis.get("wire:none") is None


async def test_a_connection_that_was_cut_is_opened_again(redis: Shared) -> None:
    await redis.set("wire:a", "a")
    await redis.execute_command("CLIENT KILL", "TYPE", "normal", "SKIPME", "yes")
    assert await redis.get("wire:a") == b"a"


async def test_no_answer_in_time_is_not_reachable(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with await asyncio.start_unix_server(silent, tmp_path / "s"):
        client = connect(f"unix://{tmp_path}/s", call_s=0.1)
        with pytest.raises(NotReachable), reaching():
            await client.get("a")
        await client.aclose()


async def test_no_redis_is_not_reachable(tmp_path: Path) -> None:
    client = connect(f"unix://{tmp_path}/none")
    with pytest.raises(NotReachable), reaching():
        await client.get("a")


async def test_what_is_published_is_heard_until_the_connection_is_lost(redis: Shared) -> None:
    told = heard(redis, "wire:news", ["wire:of:*"])
    assert await anext(told) == ("", b"")
    await redis.publish("wire:news", "1")
    await redis.publish("wire:of:b", "2")
    assert [await anext(told), await anext(told)] == [("wire:news", b"1"), ("wire:of:b", b"2")]
    await redis.execute_command("CLIENT KILL", "TYPE", "pubsub")
    with pytest.raises(LOST):
        await anext(told)
