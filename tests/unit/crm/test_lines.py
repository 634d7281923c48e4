"""What a CRM may answer over a connection, whole or in pieces, and what is no answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

from crm import lines as crm_lines
from crm.errors import TimedOut, Unavailable
from crm.lines import Lines
from crm.port import within
from tests.ports import free_port

OK = b"HTTP/1.1 200 OK\r\nX-Total-Count: 7\r\nContent-Length: 2\r\n\r\n{}"
CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n1\r\n}\r\n"
Talk = Callable[[asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(talk: Talk) -> AsyncIterator[tuple[Lines, list[bytes], list[object]]]:
    """Lines to a server that says `talk` to each question; the questions' heads; the connections there were."""
    heads: list[bytes] = []
    connections: list[object] = []

    async def held(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(writer)
        try:
            while True:
                heads.append(await reader.readuntil(b"\r\n\r\n"))
                await talk(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(held, "127.0.0.1", 0)
    lines = Lines(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {"Authorization": "Bearer t"})
    try:
        yield lines, heads, connections
    finally:
        lines.close()
        server.close()


def saying(*pieces: bytes, closes: bool = False) -> Talk:
    async def talk(writer: asyncio.StreamWriter) -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)
        if closes:
            writer.close()

    return talk


async def asked(lines: Lines) -> tuple[int, bytes]:
    answer = await lines.ask("GET", "/customer", deadline=within(5), query={"phone": "+86138"})
    return answer.status, answer.raw


async def test_a_connection_is_used_again_and_headers_are_known_in_lower_case() -> None:
    async with serving(saying(OK)) as (lines, heads, connections):
        assert [await asked(lines) for _ in range(3)] == [(200, b"{}")] * 3
        assert (await lines.ask("GET", "/x", deadline=within(5))).headers["x-total-count"] == "7"
    assert heads[0].startswith(b"GET /customer?phone=%2B86138 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"Authorization: Bearer t\r\n" in heads[0]
    assert len(connections) == 1


@pytest.mark.parametrize(
    "talk",
    [
        saying(OK[:9], OK[9:40], OK[40:]),
        saying(CHUNKS[:60], CHUNKS[60:], b"0\r\n\r\n"),
        saying(b"HTTP/1.1 100 Continue\r\n\r\n" + OK),
        saying(b"HTTP/1.0 200 OK\r\n\r\n{", b"}", closes=True),
        saying(OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")),
    ],
    ids=["pieces", "chunks", "a word before", "until it closes", "asks to close"],
)
async def test_an_answer_may_come_in_any_way_of_http(talk: Talk) -> None:
    async with serving(talk) as (lines, _, _):
        assert [await asked(lines) for _ in range(2)] == [(200, b"{}")] * 2


@pytest.mark.parametrize(
    "talk",
    [
        saying(b"SSH-2.0-OpenSSH\r\n\r\n"),
        saying(OK[:-1], closes=True),
        saying(OK[:30], closes=True),
        saying(CHUNKS, closes=True),
        saying(OK.replace(b"OK\r\n", b"OK\r\nContent-Encoding: gzip\r\n")),
        saying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000),
        saying(closes=True),
        saying(b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    ],
    ids=[
        "no HTTP",
        "half a body",
        "half a head",
        "no last chunk",
        "packed",
        "a long head",
        "nothing",
        "another tongue",
    ],
)
async def test_what_is_no_answer_may_have_been_heard(talk: Talk) -> None:
    async with serving(talk) as (lines, _, _):
        with pytest.raises(TimedOut):
            await asked(lines)


async def test_a_second_answer_is_never_taken_for_the_next() -> None:
    async with serving(saying(OK + OK.replace(b"{}", b"[]"))) as (lines, _, connections):
        assert [await asked(lines) for _ in range(2)] == [(200, b"{}")] * 2
    assert len(connections) == 2


async def test_who_gave_up_leaves_no_answer_to_the_next() -> None:
    waits = iter([0.3, 0.0])

    async def slowly(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(next(waits))
        writer.write(OK)

    async with serving(slowly) as (lines, _, connections):
        with pytest.raises(TimedOut):
            await lines.ask("GET", "/", deadline=within(0.05))
        assert await asked(lines) == (200, b"{}")
    assert len(connections) == 2


async def test_a_connection_that_was_closed_meanwhile_is_not_used() -> None:
    async with serving(saying(OK, closes=True)) as (lines, _, connections):
        for _ in range(2):
            assert await asked(lines) == (200, b"{}")
            await asyncio.sleep(0.05)
    assert len(connections) == 2


async def test_who_finds_no_place_waits_within_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crm_lines, "AT_ONCE", 1)
    async with serving(saying()) as (lines, heads, _):
        long = asyncio.create_task(lines.ask("GET", "/", deadline=within(0.3)))
        await asyncio.sleep(0.05)
        with pytest.raises(TimedOut):
            await lines.ask("GET", "/", deadline=within(0.05))
        assert len(heads) == 1
        with pytest.raises(TimedOut):
            await long


async def test_a_header_that_would_be_two_is_refused() -> None:
    with pytest.raises(ValueError, match="Idempotency-Key"):
        await Lines("http://127.0.0.1:9", {}).ask(
            "GET", "/", deadline=within(1), headers={"Idempotency-Key": "a\r\nb: c"}
        )


async def test_nobody_listens_and_so_nobody_heard_it() -> None:
    with pytest.raises(Unavailable) as away:
        await asked(Lines(f"http://127.0.0.1:{free_port()}", {}))
    assert not isinstance(away.value, TimedOut)


async def test_an_endless_header_is_not_waited_for() -> None:
    """The parser would tell of it at its end only."""
    said = 0

    async def endless(writer: asyncio.StreamWriter) -> None:
        nonlocal said
        writer.write(b"HTTP/1.1 200 OK\r\nX: ")
        while said < 200:
            writer.write(b"x" * 20_000)
            await writer.drain()
            await asyncio.sleep(0.01)
            said += 1

    async with serving(endless) as (lines, _, _):
        with pytest.raises(TimedOut, match="too long"):
            await asked(lines)
    assert said < 200


async def test_a_server_that_hangs_up_at_once_was_not_asked() -> None:
    server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
    lines = Lines(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", {})
    line = await lines._connected(asyncio.get_running_loop(), within(5))
    await asyncio.sleep(0.05)
    with pytest.raises(Unavailable) as found:
        line.ask(b"GET / HTTP/1.1\r\n\r\n")
    assert not isinstance(found.value, TimedOut)
    server.close()
