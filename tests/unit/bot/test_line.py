"""What a slot may answer, whole or in pieces, and what is no answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import uvloop

from bot.line import Lines, Refused, Silent
from switchboard.errors import TurnFailed
from tests.ports import free_port

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ncontent-length: 2\r\n\r\n{}"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def slot(talk: Talk) -> AsyncIterator[tuple[Lines, list[bytes]]]:
    """Lines to a server that holds `talk` on each connection, and the heads of what it was asked."""
    heads: list[bytes] = []

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                await reader.readexactly(2)
                await talk(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(held, "127.0.0.1", 0)
    lines = Lines(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "secret")
    try:
        yield lines, heads
    finally:
        lines.close()
        server.close()


def saying(*pieces: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)

    return talk


async def test_a_connection_is_used_again() -> None:
    opened = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        opened.append(writer.get_extra_info("peername"))
        writer.write(OK)

    async with slot(talk) as (lines, heads):
        assert [await lines.post("/turn", b"{}", 5) for _ in range(3)] == [(200, b"{}")] * 3
    assert len(set(opened)) == 1
    assert heads[0].startswith(b"POST /turn HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"Authorization: Bearer secret\r\n" in heads[0]


async def test_an_answer_may_come_in_pieces() -> None:
    async with slot(saying(OK[:12], OK[12:60], OK[60:])) as (lines, _):
        assert await lines.post("/turn", b"{}", 5) == (200, b"{}")


async def test_many_at_once_have_a_connection_each() -> None:
    async with slot(saying(OK)) as (lines, heads):
        assert await asyncio.gather(*(lines.post("/turn", b"{}", 5) for _ in range(20))) == [(200, b"{}")] * 20
    assert len(heads) == 20


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: two\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n{}",
        b"HTTP/1.1 OK\r\ncontent-length: 2\r\n\r\n{}",
        b"SSH-2.0-OpenSSH\r\n\r\n",
        OK + OK,
        b"x" * 20_000,
    ],
)
async def test_what_is_no_answer_fails_the_turn(said: bytes) -> None:
    async with slot(saying(said)) as (lines, _):
        with pytest.raises(TurnFailed):
            await lines.post("/turn", b"{}", 5)


async def test_a_connection_that_is_to_be_closed_is_not_used_again() -> None:
    said = OK.replace(b"content-length", b"Connection: close\r\ncontent-length")
    async with slot(saying(said)) as (lines, _):
        assert [await lines.post("/turn", b"{}", 5) for _ in range(2)] == [(200, b"{}")] * 2


async def test_who_gave_up_leaves_no_answer_to_the_next() -> None:
    texts = iter([0.3, 0.0])

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(next(texts))
        writer.write(OK)

    async with slot(slowly) as (lines, heads):
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(lines.post("/turn", b"{}", 5), 0.05)
        assert await lines.post("/turn", b"{}", 5) == (200, b"{}")
    assert len(heads) == 2


async def test_a_silent_slot_is_away_and_a_lost_connection_an_attempt() -> None:
    async with slot(saying()) as (lines, _):
        with pytest.raises(Silent):
            await lines.post("/turn", b"{}", 0.05)

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with slot(cut) as (lines, _):
        with pytest.raises(TurnFailed):
            await lines.post("/turn", b"{}", 5)


async def ended(*tasks: asyncio.Task[None]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_it_works_on_the_loop_that_a_worker_has() -> None:
    async def asked() -> tuple[int, bytes]:
        async with slot(saying(OK)) as (lines, _):
            return await lines.post("/turn", b"{}", 5)

    loop = uvloop.new_event_loop()
    try:
        assert loop.run_until_complete(asked()) == (200, b"{}")
        loop.run_until_complete(ended(*asyncio.all_tasks(loop)))
    finally:
        loop.close()


async def test_nobody_listens() -> None:
    with pytest.raises(Refused):
        await Lines(f"http://127.0.0.1:{free_port()}", "secret").post("/turn", b"{}", 5)
