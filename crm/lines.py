"""How a CRM is asked: HTTP/1.1 over connections that stay open.

aiohttp's client takes several times the CPU for a call. The parser is llhttp's, since a CRM's answers are not ours to
trust: a length, chunks, or an end with the connection; no redirects, no cookies, nothing compressed, which was not
asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any, TypeVar, cast
from urllib.parse import urlencode, urlsplit

import httptools

from crm.asking import MOST_ANSWER, Answer
from crm.errors import TimedOut, Unavailable
from crm.tracing import sent

T = TypeVar("T")
IDLE_S = 30.0
"""A connection that nobody used for so long is closed."""
AT_ONCE = 32
"""So many questions of a process at a time: who asks more waits, within the deadline."""
_MOST_HEAD = 64 * 1024
_SAY_THEIR_END = frozenset({"content-length", "transfer-encoding"})
"""Any other answer ends with its connection."""


class Lines:
    """Connections to one server. `url` is where it listens, without a path; `headers` go with each question."""

    def __init__(self, url: str, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._head = _lines({"Host": parts.netloc.rpartition("@")[2], **headers})
        self._idle: list[_Line] = []
        self._places = asyncio.Semaphore(AT_ONCE)

    async def ask(
        self, method: str, path: str, *, deadline: float, query: Mapping[str, str] | None = None,
        data: bytes | None = None, headers: Mapping[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        """As crm.asking.ask. `deadline` in the loop's time."""
        loop = asyncio.get_running_loop()
        if deadline <= loop.time():
            raise TimedOut("the deadline had passed")
        target = f"{path}?{urlencode(query)}" if query else path
        more = _lines({**sent(), **(headers or {}), **({} if data is None else {"Content-Length": str(len(data))})})
        request = f"{method} {target} HTTP/1.1\r\n{self._head}{more}\r\n".encode() + (data or b"")
        if self._places.locked():
            await _within(self._places.acquire(), deadline)
        else:
            await self._places.acquire()
        try:
            return await self._asked(loop, request, deadline)
        finally:
            self._places.release()

    def close(self) -> None:
        for line in self._idle:
            line.close()
        self._idle.clear()

    async def _asked(self, loop: asyncio.AbstractEventLoop, request: bytes, deadline: float) -> Answer:
        line = self._free(loop) or await self._connected(loop, deadline)
        late = loop.call_at(deadline, line.late)
        try:
            answer = await line.ask(request)
        except BaseException:
            # Also when whoever asked gave up: what comes now would be taken for the answer to the next.
            line.close()
            raise
        finally:
            late.cancel()
        if line.open:
            line.since = loop.time()
            self._idle.append(line)
        return answer

    def _free(self, loop: asyncio.AbstractEventLoop) -> _Line | None:
        """The one that was used last, so that the others can go."""
        while self._idle and self._idle[0].since < loop.time() - IDLE_S:
            self._idle.pop(0).close()
        while self._idle:
            line = self._idle.pop()
            if line.open:
                return line
        return None

    async def _connected(self, loop: asyncio.AbstractEventLoop, deadline: float) -> _Line:
        opening = loop.create_connection(lambda: _Line(loop), self._host, self._port, ssl=self._tls or None)
        try:
            _, line = await _within(opening, deadline)
        except OSError as refused:
            raise Unavailable("cannot connect") from refused
        return line


class _Line(asyncio.Protocol):
    """One connection; one question at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[Answer] | None = None
        self._headers: dict[str, str] = {}
        self._head = 0
        self._begun = self._ended = False
        self._body = bytearray()
        self.open = False
        self.since = 0.0

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        assert self._transport is not None
        if not self.open or self._transport.is_closing():
            raise Unavailable("it hung up before it was asked")
        self._waiting = self._loop.create_future()
        self._transport.write(request)
        return self._waiting

    def late(self) -> None:
        self._fail("no answer before the deadline")

    def close(self) -> None:
        self.open = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass of asyncio's.
        self._transport, self.open = cast(asyncio.Transport, transport), True

    def data_received(self, data: bytes) -> None:
        if self._waiting is None or self._waiting.done():
            # Nobody asked for it.
            self.close()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._fail("the connection broke")
        if not self._begun:
            # The parser tells of a header when it is whole, and copies it with each piece until then.
            self._count(len(data))

    def connection_lost(self, error: Exception | None) -> None:
        self.open = False
        if error is None and self._begun and not self._ended and not self._headers.keys() & _SAY_THEIR_END:
            self._answered()
        self._fail("the connection broke")

    # --- what the parser finds -----------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._waiting is None or self._waiting.done():
            # A second answer: who knows to what the third would be one.
            self.close()
        self._headers, self._head, self._begun, self._ended = {}, 0, False, False
        self._body.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count(len(name) + len(value))
        self._headers[name.decode("latin-1").lower()] = value.decode("utf-8", "surrogateescape")

    def _count(self, more: int) -> None:
        self._head += more
        if self._head > _MOST_HEAD:
            self._fail("the answer is too long")

    def on_headers_complete(self) -> None:
        self._begun = True
        if self._headers.get("content-encoding", "identity") != "identity":
            self._fail("the answer is encoded")

    def on_body(self, body: bytes) -> None:
        self._body += body
        if len(self._body) > MOST_ANSWER:
            self._fail("the answer is too long")

    def on_message_complete(self) -> None:
        self._ended = True
        if self._parser.get_status_code() >= 200:
            if not self._parser.should_keep_alive():
                self.close()
            self._answered()

    def _answered(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            answer = Answer(self._parser.get_status_code(), self._headers, bytes(self._body))
            self._waiting.set_result(answer)

    def _fail(self, why: str) -> None:
        """Whoever was asked may have heard it."""
        self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(TimedOut(why))


def _lines(headers: Mapping[str, str]) -> str:
    """Raises ValueError for what would end a line."""
    for name, value in headers.items():
        if not value.isprintable():
            raise ValueError(f"no value for the header {name}")
    return "".join(f"{name}: {value}\r\n" for name, value in headers.items())


async def _within(waiting: Coroutine[Any, Any, T], deadline: float) -> T:
    try:
        return await asyncio.wait_for(waiting, deadline - asyncio.get_running_loop().time())
    except asyncio.TimeoutError as late:
        raise TimedOut("no answer before the deadline") from late
