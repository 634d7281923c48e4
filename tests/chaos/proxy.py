"""A proxy of our own on one link between our processes: slow, reset, half-open, 503, or an answer lost after the work.

It speaks HTTP, so that an answer can be lost as a whole: the upstream has done the work and believes that it told.
"""

from __future__ import annotations

import asyncio
import random
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from aiohttp import ClientConnectorError, ClientError, ClientSession, ClientTimeout, DummyCookieJar, TCPConnector, web
from yarl import URL

FAULTS = ("latency", "reset", "half-open", "503", "lost answer")
LATENCY_S = (0.5, 3.0)
SILENCE_S = 120.0
"""So long a half-open connection stays open if nobody gives up on it; also when the fault is over: it is dead."""
HOST = "127.0.0.1"
_HOP = frozenset({"connection", "content-length", "host", "keep-alive", "transfer-encoding"})
_RESET = struct.pack("ii", 1, 0)


class FaultProxy:
    """Passes what comes to `port` on to `upstream`. `fault` is what goes wrong now, "" nothing; `hits` counts requests
    by it.

    `passed` is told path, request and answer of what the upstream answered with 200.
    """

    def __init__(
        self, port: int, upstream: int, passed: Callable[[str, bytes, bytes], None] = lambda path, asked, answer: None
    ) -> None:
        self.port, self.fault, self.hits = port, "", Counter[str]()
        self._upstream, self._passed, self._random = upstream, passed, random.Random(port)
        self._web = web.Server(self._handle, access_log=None)
        self._listening: asyncio.AbstractServer | None = None
        self._waking: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        # A connection each: one that was kept would hide that the upstream refuses.
        connector = TCPConnector(force_close=True, limit=0)
        timeout = ClientTimeout(total=None)
        async with ClientSession(
            connector=connector, timeout=timeout, auto_decompress=False, cookie_jar=DummyCookieJar()
        ) as http:
            self._http = http
            await self._listen()
            try:
                yield
            finally:
                self._refuse()
                if self._waking:
                    self._waking.cancel()
                await self._web.shutdown(0.1)

    def upstream_died(self) -> None:
        """Break every connection and refuse new ones until the upstream takes them again, as the kernel would."""
        self._refuse()
        for connection in list(self._web.connections):
            if connection.transport:
                connection.transport.abort()
        if self._waking is None or self._waking.done():
            self._waking = asyncio.create_task(self._wake())

    def _refuse(self) -> None:
        if self._listening:
            self._listening.close()
            self._listening = None

    async def _listen(self) -> None:
        self._listening = await asyncio.get_running_loop().create_server(self._web, HOST, self.port, reuse_address=True)

    async def _wake(self) -> None:
        while True:
            with suppress(OSError):
                _, writer = await asyncio.open_connection(HOST, self._upstream)
                writer.close()
                return await self._listen()
            await asyncio.sleep(0.05)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        body, fault = await request.read(), self.fault
        self.hits[fault] += 1
        if fault == "latency":
            await asyncio.sleep(self._random.uniform(*LATENCY_S))
        elif fault == "half-open":
            await asyncio.sleep(SILENCE_S)
        elif fault == "503":
            return web.Response(status=503)
        if fault in ("reset", "half-open"):
            return reset(request)
        try:
            answer = await self._forward(request, body)
        except ClientConnectorError:
            self.upstream_died()
            return reset(request)
        except ClientError:
            return reset(request)
        return reset(request) if fault == "lost answer" else answer

    async def _forward(self, request: web.BaseRequest, body: bytes) -> web.Response:
        url = URL(f"http://{HOST}:{self._upstream}{request.raw_path}", encoded=True)
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        async with self._http.request(
            request.method, url, data=body, headers=headers, allow_redirects=False
        ) as response:
            answer = await response.read()
            if response.status == 200:
                self._passed(request.path, body, answer)
            kept = {name: value for name, value in response.headers.items() if name.lower() not in _HOP}
            return web.Response(status=response.status, headers=kept, body=answer)


def reset(request: web.BaseRequest) -> web.Response:
    """RST instead of an answer."""
    if request.transport:
        connection = request.transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        request.transport.abort()
    return web.Response()
