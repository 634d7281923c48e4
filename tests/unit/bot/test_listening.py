"""What a slot hears over a connection, whole or in pieces, and whom it lets go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from bot.line import Lines, Refused
from bot.listening import Asked, Door
from switchboard.errors import TurnFailed

HEAD = b"POST /turn HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n"
ASKED = HEAD + b"Content-Length: 2\r\n\r\n{}"
Answer = Callable[[Asked], Awaitable[tuple[int, bytes]]]


async def echo(asked: Asked) -> tuple[int, bytes]:
    return 200, f"{asked.method} {asked.path} {asked.body.decode()}".encode()


@asynccontextmanager
async def listening(answer: Answer = echo, whole_s: float = 5.0) -> AsyncIterator[tuple[Door, int]]:
    door = Door(lambda asked: asked.headers.get(b"authorization") == b"Bearer secret", answer, 100, whole_s)
    server = await asyncio.get_running_loop().create_server(door.connected, "127.0.0.1", 0)
    try:
        yield door, server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await door.close(1)


async def told(port: int, *pieces: bytes) -> bytes:
    """All that comes until the slot closes, or says nothing for a while."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for piece in pieces:
        writer.write(piece)
        await asyncio.sleep(0.02)
    got = bytearray()
    try:
        while more := await asyncio.wait_for(reader.read(1000), 0.5):
            got += more
    except asyncio.TimeoutError:
        got += b" (open)"
    writer.close()
    return bytes(got)


async def test_the_workers_own_client_is_answered_on_one_connection() -> None:
    async with listening() as (door, port):
        lines = Lines(f"http://127.0.0.1:{port}", "secret")
        assert [await lines.post("/turn?x=1", b"{}", 5) for _ in range(3)] == [(200, b"POST /turn {}")] * 3
        assert len(door.held) == 1
        lines.close()


async def test_a_request_may_come_in_pieces_or_in_chunks() -> None:
    async with listening() as (_, port):
        assert (await told(port, ASKED[:9], ASKED[9:60], ASKED[60:])).endswith(b"\r\n\r\nPOST /turn {} (open)")
        chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"
        assert (await told(port, chunked)).endswith(b"\r\n\r\nPOST /turn {} (open)")


async def test_who_asks_to_close_is_closed() -> None:
    async with listening() as (_, port):
        assert (await told(port, ASKED.replace(b"Host: x", b"Connection: close"))).endswith(b"POST /turn {}")
        assert (await told(port, ASKED.replace(b"HTTP/1.1", b"HTTP/1.0"))).endswith(b"POST /turn {}")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        (b"SSH-2.0-OpenSSH\r\n\r\n", 400),
        (HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (HEAD + b"Content-Length: 101\r\n\r\n" + b"x" * 101, 413),
        (HEAD + b"X: " + b"x" * 20_000 + b"\r\n\r\n", 431),
        (b"POST /turn HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n", 401),
    ],
)
async def test_what_may_not_come_in_is_refused_and_closed(said: bytes, status: int) -> None:
    async with listening() as (_, port):
        got = await told(port, said)
        assert got.startswith(b"HTTP/1.1 %d " % status)
        assert not got.endswith(b"(open)")


@pytest.mark.parametrize("sent", [b"", b"POST /turn HT", HEAD, HEAD + b"Content-Length: 9\r\n\r\n{"])
async def test_a_request_that_does_not_come_is_not_waited_for(sent: bytes) -> None:
    async with listening(whole_s=0.1) as (_, port):
        assert await told(port, sent) == b""


async def test_who_asks_before_the_answer_came_gets_only_that_one() -> None:
    async def slowly(asked: Asked) -> tuple[int, bytes]:
        await asyncio.sleep(0.1)
        return await echo(asked)

    async with listening(slowly, whole_s=0.05) as (_, port):
        got = await told(port, ASKED + ASKED, ASKED)
        assert got.count(b"HTTP/1.1 200 OK") == 1
        assert not got.endswith(b"(open)")


async def test_what_is_asked_meanwhile_does_not_change_what_was_asked() -> None:
    async with listening() as (_, port):
        got = await told(port, ASKED + ASKED.replace(b"/turn", b"/other").replace(b"{}", b"[]"))
        assert got.endswith(b"POST /turn {}")


async def test_an_answer_that_fails_is_a_500() -> None:
    async def broken(asked: Asked) -> tuple[int, bytes]:
        raise RuntimeError

    async with listening(broken) as (_, port):
        assert (await told(port, ASKED)).startswith(b"HTTP/1.1 500 ")


async def test_what_was_asked_is_answered_before_the_end() -> None:
    begun = asyncio.Event()

    async def slowly(asked: Asked) -> tuple[int, bytes]:
        begun.set()
        await asyncio.sleep(0.05)
        return await echo(asked)

    async with listening(slowly) as (door, port):
        asking = asyncio.create_task(told(port, ASKED))
        await begun.wait()
        await door.close(5)
        assert (await asking).endswith(b"POST /turn {}")


async def test_a_slot_that_ends_in_the_middle_is_an_attempt() -> None:
    async def for_ever(asked: Asked) -> tuple[int, bytes]:
        await asyncio.sleep(60)
        return await echo(asked)

    async with listening(for_ever) as (door, port):
        lines = Lines(f"http://127.0.0.1:{port}", "secret")
        asking = asyncio.create_task(lines.post("/turn", b"{}", 5))
        await asyncio.sleep(0.05)
        await door.close(0.01)
        with pytest.raises(TurnFailed):
            await asking


async def test_an_endless_header_is_refused_before_its_end() -> None:
    async with listening() as (_, port):
        pieces = [HEAD + b"X: ", *[b"x" * 10_000] * 3]
        assert (await told(port, *pieces)).startswith(b"HTTP/1.1 431")


async def test_a_slot_that_hangs_up_at_once_was_not_asked() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    lines = Lines(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", "secret")
    line = await lines._connected(asyncio.get_running_loop())
    await asyncio.sleep(0.05)
    with pytest.raises(Refused):
        line.ask(b"POST / HTTP/1.1\r\n\r\n")
    server.close()
