"""Who only holds a connection to the action server is let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from bot.action_server import Connections, body_of

ASKED = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@asynccontextmanager
async def connected(header_s: float) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter, Connections]]:
    """To a server that answers everything."""

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        await body_of(request, within_s=0.05)
        return web.Response(text="well")

    server = Connections(handle, header_s)
    runner = web.ServerRunner(server)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reader, writer = await asyncio.open_connection(*runner.addresses[0])
    try:
        yield reader, writer, server
    finally:
        writer.close()
        await runner.cleanup()


@pytest.mark.parametrize("sent", [b"", ASKED[:-2]], ids=["nothing", "half a header"])
async def test_a_connection_without_a_whole_header_is_closed(sent: bytes) -> None:
    async with connected(0.05) as (reader, writer, _):
        writer.write(sent)
        assert await asyncio.wait_for(reader.read(), 10) == b""


async def test_a_connection_that_asked_is_waited_for_no_longer() -> None:
    async with connected(60) as (reader, writer, server):
        writer.write(ASKED)
        assert await asyncio.wait_for(reader.readuntil(b"well"), 10)
        assert not server.silent


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async with connected(60) as (reader, writer, _):
        writer.write(b"POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{")
        assert b" 408 " in await asyncio.wait_for(reader.readline(), 10)
