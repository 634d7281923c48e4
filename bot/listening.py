"""How a slot hears the worker: HTTP/1.1 over connections that stay open, the other end of bot/line.py.

aiohttp's server takes several times the CPU for a request. The parser is llhttp's; what it refuses is refused here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

import httptools

WHOLE_S = 10.0
"""Until a new connection, which is held before any secret was seen, has sent a request; until one that has begun is
there. Who asked gives up before: behind a link that stalls the turn never began, which is no attempt."""
IDLE_S = 75.0
"""Between two requests; whoever asks lets a connection go earlier."""
_MOST_HEAD = 16 * 1024
_SAID = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}


@dataclass
class Asked:
    """One request. `headers` have lower-case names; the body is only there once `Door.enters` let it in."""

    method: str = ""
    path: str = ""
    headers: dict[bytes, bytes] = field(default_factory=dict)
    body: bytearray = field(default_factory=bytearray)


class Door:
    """Who may come in with what, and what becomes of it: (status, JSON). `most_body` in bytes."""

    def __init__(
        self,
        enters: Callable[[Asked], bool],
        answer: Callable[[Asked], Awaitable[tuple[int, bytes]]],
        most_body: int,
        whole_s: float = WHOLE_S,
    ) -> None:
        self.enters, self.answer, self.most_body, self.whole_s = enters, answer, most_body, whole_s
        self.held: set[_Held] = set()

    def connected(self) -> asyncio.Protocol:
        return _Held(self)

    async def close(self, within_s: float) -> None:
        """What was asked is answered first, if that takes no longer."""
        for held in list(self.held):
            held.end()
        tasks = [held.task for held in self.held if held.task]
        if tasks:
            await asyncio.wait(tasks, timeout=within_s)
        for held in list(self.held):
            held.cut()


class _Held(asyncio.Protocol):
    """One connection; one request at a time."""

    def __init__(self, door: Door) -> None:
        self._door, self._loop = door, asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._asked = Asked()
        self._head, self._in_head = 0, True
        self._until = 0.0
        self._looking: asyncio.TimerHandle | None = None
        self._last = False
        self.task: asyncio.Task[None] | None = None

    def end(self) -> None:
        """No request after this one."""
        self._last = True
        if self.task is None:
            self.cut()

    def cut(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._door.held.add(self)
        self._until = self._loop.time() + self._door.whole_s
        self._look()

    def connection_lost(self, error: Exception | None) -> None:
        self._door.held.discard(self)
        if self._looking is not None:
            self._looking.cancel()

    def data_received(self, data: bytes) -> None:
        if self._last:
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._refuse(400)
        if self._in_head:
            # The parser tells of a header when it is whole, and copies it with each piece until then.
            self._count(len(data))

    def _look(self) -> None:
        """Looks now and then instead of having a timer for each request."""
        left = self._until - self._loop.time()
        if self.task is None and left <= 0:
            self.cut()
        else:
            self._looking = self._loop.call_later(min(max(left, 0.1), self._door.whole_s), self._look)

    # --- what the parser finds -----------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self.task is not None:
            # Nobody of ours asks before the last answer came; what comes is not written into what runs.
            self._asked, self._last = Asked(), True
            return
        self._asked, self._head, self._in_head = Asked(), 0, True
        self._until = self._loop.time() + self._door.whole_s

    def on_url(self, url: bytes) -> None:
        self._count(len(url))
        self._asked.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        self._asked.headers[name.lower()] = value

    def _count(self, more: int) -> None:
        self._head += more
        if self._head > _MOST_HEAD:
            self._refuse(431)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._asked.method = self._parser.get_method().decode()
        self._asked.path = self._asked.path.partition("?")[0]
        if not self._last and not self._door.enters(self._asked):
            # Nothing is read from whoever may not come in.
            self._refuse(401)

    def on_body(self, body: bytes) -> None:
        if len(self._asked.body) + len(body) > self._door.most_body:
            self._refuse(413)
        if not self._last:
            self._asked.body += body

    def on_message_complete(self) -> None:
        if not self._last:
            self.task = self._loop.create_task(self._answer(self._asked, self._parser.should_keep_alive()))

    # --- what it is told -----------------------------------------------------------------------------------------

    async def _answer(self, asked: Asked, stays: bool) -> None:
        try:
            status, body = await self._door.answer(asked)
        except Exception:
            self._refuse(500)
            raise
        finally:
            self.task = None
        self._last |= not stays
        self._say(status, body)

    def _refuse(self, status: int) -> None:
        if not self._last:
            self._last = True
            self._say(status, b"{}")

    def _say(self, status: int, body: bytes) -> None:
        transport = self._transport
        if transport is None or transport.is_closing():
            return
        ends = b"Connection: close\r\n" if self._last else b""
        head = b"%sContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n" % (_SAID[status], ends, len(body))
        transport.write(head + body)
        if self._last:
            transport.close()
        else:
            self._until = self._loop.time() + IDLE_S
