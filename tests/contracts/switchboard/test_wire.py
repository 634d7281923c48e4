"""The shared connection: everybody gets their own answer, and a lost one is opened again."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.exceptions import ConnectionError, NoScriptError, TimeoutError

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


async def test_who_waits_for_something_to_come_lets_nobody_else_wait(redis: Shared) -> None:
    await redis.delete("wire:stream")
    waiting = asyncio.create_task(redis.execute_patiently("XREAD", "BLOCK", 4000, "STREAMS", "wire:stream", "0"))
    await asyncio.sleep(0.05)
    began = asyncio.get_running_loop().time()
    await redis.get("wire:none")
    assert asyncio.get_running_loop().time() - began < 2
    await redis.xadd("wire:stream", {"a": "b"}, id="1-1")
    assert await waiting == {b"wire:stream": [[b"1-1", [b"a", b"b"]]]}


async def test_what_waited_on_a_connection_that_was_cut_is_told_and_the_next_one_is_a_new_one(redis: Shared) -> None:
    waiting = asyncio.create_task(redis.execute_patiently("BLPOP", "wire:none", 4))
    await asyncio.sleep(0.05)
    await redis.execute_command("CLIENT KILL", "TYPE", "normal", "SKIPME", "yes")
    with pytest.raises(ConnectionError):
        await waiting
    assert await redis.execute_patiently("GET", "wire:none") is None


@asynccontextmanager
async def mute(path: Path, greets: bool = False) -> AsyncIterator[list[asyncio.StreamWriter]]:
    """A server at `path` that accepts and never answers, or nothing but HELLO. Who connected."""
    came: list[asyncio.StreamWriter] = []

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        came.append(writer)
        while words := await reader.read(1000):
            if greets and b"HELLO" in words:
                writer.write(b"%0\r\n")

    async with await asyncio.start_unix_server(silent, path):
        yield came


async def test_no_answer_in_time_is_not_reachable(tmp_path: Path) -> None:
    async with mute(tmp_path / "s"):
        client = connect(f"unix://{tmp_path}/s", call_s=0.1)
        with pytest.raises(NotReachable), reaching():
            await client.get("a")
        await client.aclose()


async def test_all_who_wait_share_one_attempt_to_connect_and_its_failure(tmp_path: Path) -> None:
    async with mute(tmp_path / "s") as came:
        client = connect(f"unix://{tmp_path}/s", call_s=0.5)
        ends = await asyncio.gather(*(client.get("a") for _ in range(50)), return_exceptions=True)
        await client.aclose()
    assert {type(end) for end in ends} == {TimeoutError}
    assert 1 <= len(came) <= 3


async def test_what_is_left_of_a_calls_time_bounds_its_second_try(tmp_path: Path) -> None:
    asked = []

    async def slow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while words := await reader.read(1000):
            if b"HELLO" in words:
                await asyncio.sleep(0.4)
                writer.write(b"%0\r\n")
            else:
                asked.append(words)

    async with await asyncio.start_unix_server(slow, tmp_path / "s"):
        client = connect(f"unix://{tmp_path}/s", call_s=0.5)
        with pytest.raises(TimeoutError):
            await client.get("a")
        await client.aclose()
    # Twice greeted after 0.4 s and not answered for 0.5 s would be 1.8 s.
    assert len(asked) <= 1


async def test_who_gives_up_while_connecting_takes_the_connection_from_nobody(redis: Shared) -> None:
    given_up, waiting = (asyncio.create_task(redis.get("wire:none")) for _ in range(2))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await waiting is None and given_up.cancelled()


async def test_a_client_that_is_closed_while_connecting_cancels_nobody(tmp_path: Path) -> None:
    async with mute(tmp_path / "s"):
        client = connect(f"unix://{tmp_path}/s", call_s=0.5)
        waiting = asyncio.create_task(client.get("a"))
        await asyncio.sleep(0.1)
        await client.aclose()
        with pytest.raises((ConnectionError, TimeoutError)):
            await waiting


async def test_a_subscription_that_nobody_confirms_is_lost(tmp_path: Path) -> None:
    async with mute(tmp_path / "s", greets=True):
        client = connect(f"unix://{tmp_path}/s", call_s=0.1)
        with pytest.raises(LOST):
            await asyncio.wait_for(anext(heard(client, "wire:news")), 10)
        await client.aclose()


async def test_a_host_that_vanished_is_noticed_by_a_connection_that_asks_nothing() -> None:
    async def greets(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(b"%0\r\n")

    async with await asyncio.start_server(greets, "127.0.0.1", 0) as server:
        host, port = server.sockets[0].getsockname()
        client = connect(f"redis://{host}:{port}")
        wire = await client._open()
        connection = wire._transport.get_extra_info("socket")
        assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        asked = [getattr(socket, name) for name in ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")]
        assert [connection.getsockopt(socket.IPPROTO_TCP, option) for option in asked] == [30, 5, 3]
        wire.close()
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
