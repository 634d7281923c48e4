"""How the worker asks a slot: HTTP/1.1 over connections that stay open, and no more of it than our own slots need.

aiohttp's client takes ten times the CPU for a call. A slot sends a length with each answer and gets a body of JSON.
"""

from __future__ import annotations

import asyncio
from typing import cast
from urllib.parse import urlsplit

from switchboard.errors import TurnFailed

CONNECT_S = 1.0
IDLE_S = 15.0
"""A connection that nobody used for so long is closed; the slot keeps it longer."""
MOST_HEAD = 16 * 1024
MOST_BODY = 4 * 1024 * 1024


class Refused(Exception):
    """Nobody listens there: it was not asked."""


class Silent(Exception):
    """Nothing came in time."""


class Lines:
    """Connections to one slot. `url` has no path, `token` is the bearer token between our own processes."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if self._tls else 80)
        self._path = parts.path.rstrip("/")
        self._head = (
            f"Host: {parts.netloc.rpartition('@')[2]}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )
        self._idle: list[_Line] = []

    async def post(self, path: str, body: bytes, within_s: float) -> tuple[int, bytes]:
        """(status, body). Raises Refused, Silent; TurnFailed when the connection broke, or what came is no answer."""
        loop = asyncio.get_running_loop()
        line = self._free(loop) or await self._connected(loop)
        late = loop.call_later(within_s, line.late)
        try:
            answer = await line.ask(
                f"POST {self._path}{path} HTTP/1.1\r\n{self._head}{len(body)}\r\n\r\n".encode() + body
            )
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

    def close(self) -> None:
        for line in self._idle:
            line.close()
        self._idle.clear()

    def _free(self, loop: asyncio.AbstractEventLoop) -> _Line | None:
        """The one that was used last, so that the others can go."""
        while self._idle and self._idle[0].since < loop.time() - IDLE_S:
            self._idle.pop(0).close()
        while self._idle:
            line = self._idle.pop()
            if line.open:
                return line
        return None

    async def _connected(self, loop: asyncio.AbstractEventLoop) -> _Line:
        opening = loop.create_connection(lambda: _Line(loop), self._host, self._port, ssl=self._tls or None)
        try:
            _, line = await asyncio.wait_for(opening, CONNECT_S)
        except asyncio.TimeoutError as error:
            raise Silent("it took no connection in time") from error
        except OSError as error:
            raise Refused(str(error)) from error
        return line


class _Line(asyncio.Protocol):
    """One connection; one question at a time."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[tuple[int, bytes]] | None = None
        self._got = bytearray()
        self.open = False
        self.since = 0.0

    def ask(self, request: bytes) -> asyncio.Future[tuple[int, bytes]]:
        assert self._transport is not None
        if not self.open or self._transport.is_closing():
            # A balancer without a slot behind it takes connections and drops them.
            raise Refused("it hung up before it was asked")
        self._waiting = self._loop.create_future()
        self._transport.write(request)
        return self._waiting

    def late(self) -> None:
        self._fail(Silent("it did not answer in time"))

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
        self._got += data
        try:
            answer = self._read()
        except (ValueError, KeyError):
            self._fail(TurnFailed("what the slot answered cannot be read"))
            return
        if answer is not None:
            self._got.clear()
            self._waiting.set_result(answer)

    def connection_lost(self, error: Exception | None) -> None:
        self._fail(TurnFailed("the slot went away during the turn"))

    def _fail(self, error: Exception) -> None:
        self.close()
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)

    def _read(self) -> tuple[int, bytes] | None:
        """The answer once it is whole. Raises ValueError, KeyError for what is none."""
        end = self._got.find(b"\r\n\r\n")
        if end < 0:
            if len(self._got) > MOST_HEAD:
                raise ValueError("a head without end")
            return None
        first, *lines = bytes(self._got[:end]).lower().split(b"\r\n")
        headers = {name.strip(): value.strip() for name, _, value in (line.partition(b":") for line in lines)}
        if not first.startswith(b"http/1.") or not headers[b"content-length"].isdigit():
            raise ValueError("no answer of HTTP")
        length, begins = int(headers[b"content-length"]), end + 4
        if length > MOST_BODY or len(self._got) > begins + length:
            raise ValueError("more than one answer")
        if len(self._got) < begins + length:
            return None
        if first.startswith(b"http/1.0") or headers.get(b"connection") == b"close":
            self.close()
        return int(first[9:12]), bytes(self._got[begins:])
