"""One connection to one Redis that all tasks of a process share: what they ask goes out together and is answered in
order. A pool of connections costs four times the CPU for each call.

Only commands that answer at once: one that waits would let all others wait. Those and pipelines go by redis-py's pool,
as everything does behind Sentinels, in a Cluster and with TLS. A subscription has a connection of its own, and what
the SQL writer waits for has one.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Any

import hiredis
from redis import asyncio as aioredis
from redis._parsers import BaseParser
from redis.exceptions import ConnectionError, InvalidResponse, TimeoutError

SHARED = frozenset(
    {"DEL", "EVAL", "EVALSHA", "EXISTS", "GET", "HGET", "HGETALL", "HMGET", "HSET", "PUBLISH", "SET", "XRANGE"}
    | {"XREVRANGE", "ZSCORE"}
)
"""What may go over the shared connection: what a message needs."""
_PAUSE_S = 0.02
_KEEPALIVE = {"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""As redis-py: 45 s after a host vanished its connection is lost. A subscription, which asks nothing, has no other
sign of it."""
_NOTHING = object()


class Wire(asyncio.Protocol):
    """An open connection. `call_s`: when an answer takes longer, all that wait fail and the connection ends."""

    def __init__(self, loop: asyncio.AbstractEventLoop, call_s: float) -> None:
        self.loop, self._call_s = loop, call_s
        self._parser = hiredis.Reader(
            protocolError=InvalidResponse, replyError=BaseParser.parse_error, notEnoughData=_NOTHING
        )
        self._waiting: deque[tuple[asyncio.Future[Any], float]] = deque()
        self._transport: Any = None
        self._watch: asyncio.TimerHandle | None = None
        self.heard: asyncio.Queue[list[Any] | None] = asyncio.Queue()
        """What was published to this connection; None once it is lost."""
        self.open = False

    def ask(self, words: tuple[Any, ...]) -> asyncio.Future[Any]:
        """The answer to one command. Raises what Redis answers as an error, ConnectionError, TimeoutError."""
        packed = hiredis.pack_command(words)
        if not self.open:
            raise ConnectionError("the connection broke")
        future: asyncio.Future[Any] = self.loop.create_future()
        self._waiting.append((future, self.loop.time() + self._call_s))
        if self._watch is None:
            self._watch = self.loop.call_later(self._call_s, self._look)
        self._transport.write(packed)
        return future

    def subscribe(self, *words: Any) -> None:
        """A subscription has no answer: its confirmation is heard."""
        self._transport.write(hiredis.pack_command(words))

    def close(self) -> None:
        self._end(ConnectionError("the connection was closed"))

    def connection_made(self, transport: Any) -> None:
        self._transport, self.open = transport, True
        _keep_alive(transport.get_extra_info("socket"))

    def data_received(self, data: bytes) -> None:
        self._parser.feed(data)
        try:
            while (answer := self._parser.gets()) is not _NOTHING:
                if isinstance(answer, hiredis.PushNotification):
                    self.heard.put_nowait(answer)
                    continue
                future, _ = self._waiting.popleft()
                if future.done():
                    # Whoever asked has given up.
                    continue
                if isinstance(answer, Exception):
                    future.set_exception(answer)
                else:
                    future.set_result(answer)
        except (InvalidResponse, IndexError) as error:
            self._end(ConnectionError(f"no answer of Redis: {error}"))

    def connection_lost(self, error: Exception | None) -> None:
        self._end(ConnectionError(f"the connection broke: {error}"))

    def _look(self) -> None:
        """One timer for all calls: the oldest is late, or the next look is when it would be."""
        self._watch = None
        if not self._waiting:
            return
        left = self._waiting[0][1] - self.loop.time()
        if left <= 0:
            self._end(TimeoutError("no answer in time"))
        else:
            self._watch = self.loop.call_later(left, self._look)

    def _end(self, error: Exception) -> None:
        self.open = False
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._transport is not None:
            self._transport.abort()
        for future, _ in self._waiting:
            if not future.done():
                future.set_exception(error)
        self._waiting.clear()
        self.heard.put_nowait(None)


class Shared(aioredis.Redis):
    """redis-py's client, but that the usual commands go over one connection. A lost one is opened again, once a call,
    as redis-py does it: each script can be run twice without harm. A call ends within twice `socket_timeout`."""

    _wire: Wire | None = None
    _patient: Wire | None = None
    _opening: asyncio.Task[Wire] | None = None

    async def execute_command(self, *words: Any, **options: Any) -> Any:
        if words[0] not in SHARED or self.connection is not None or options.keys() - {"keys"}:
            return await super().execute_command(*words, **options)
        until = asyncio.get_running_loop().time() + 2 * self._call_s
        try:
            answer = await self._asked(words)
        except (ConnectionError, TimeoutError):
            answer = await self._asked_again(words, until)
        readable = self.response_callbacks.get(words[0])
        return answer if readable is None else readable(answer)

    async def execute_patiently(self, *words: Any) -> Any:
        """A command that waits, for less than `socket_timeout`: on a connection that nothing else uses. The answer is
        as Redis gives it. Raises ConnectionError, TimeoutError.
        """
        wire = self._patient
        if wire is None or not wire.open or wire.loop is not asyncio.get_running_loop():
            wire = self._patient = await self._open()
        return await wire.ask(words)

    async def listen(self, channel: str, patterns: Sequence[str]) -> AsyncIterator[tuple[str, bytes]]:
        """See heard.heard. On a connection of its own."""
        wire = await self._open()
        unheard = wire.loop.call_later(self._call_s, wire.close)
        try:
            wire.subscribe("SUBSCRIBE", channel)
            if patterns:
                wire.subscribe("PSUBSCRIBE", *patterns)
            unconfirmed = 1 + len(patterns)
            while (told := await wire.heard.get()) is not None:
                if told[0] in (b"subscribe", b"psubscribe"):
                    unconfirmed -= 1
                    if not unconfirmed:
                        unheard.cancel()
                        yield "", b""
                else:
                    yield told[-2].decode(), told[-1]
            raise ConnectionError("the subscription was lost")
        finally:
            unheard.cancel()
            wire.close()

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        for wire in (self._wire, self._patient):
            if wire is not None:
                wire.close()
        self._wire = self._patient = None
        if self._opening is not None and not self._opening.done():
            self._opening.cancel()
        await super().aclose(close_connection_pool)

    @property
    def _call_s(self) -> float:
        return float(self.connection_pool.connection_kwargs["socket_timeout"])

    async def _asked(self, words: tuple[Any, ...]) -> Any:
        return await (await self._opened()).ask(words)

    async def _asked_again(self, words: tuple[Any, ...], until: float) -> Any:
        """`until` in the loop's time."""
        await asyncio.sleep(_PAUSE_S)
        try:
            return await asyncio.wait_for(self._asked(words), until - asyncio.get_running_loop().time())
        except asyncio.TimeoutError as error:
            raise TimeoutError("no answer in time") from error

    async def _opened(self) -> Wire:
        """The connection; an attempt that is under way, and its failure, are everybody's who waits."""
        loop, wire = asyncio.get_running_loop(), self._wire
        if wire is not None and wire.open and wire.loop is loop:
            return wire
        opening = self._opening
        if opening is None or opening.done() or opening.get_loop() is not loop:
            opening = self._opening = loop.create_task(self._open_shared())
            # Whoever waited may all have given up: then nobody else takes note of its failure.
            opening.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(opening)

    async def _open_shared(self) -> Wire:
        try:
            self._wire = await self._open()
        except asyncio.CancelledError as error:
            # The client was closed; whoever waits for it was not cancelled.
            raise ConnectionError("the connection was closed") from error
        return self._wire

    async def _open(self) -> Wire:
        """Raises ConnectionError, TimeoutError: within the time of a call."""
        wire = Wire(asyncio.get_running_loop(), self._call_s)
        try:
            await asyncio.wait_for(self._greeted(wire), self._call_s)
        except asyncio.TimeoutError as error:
            wire.close()
            raise TimeoutError("cannot connect in time") from error
        except BaseException:
            wire.close()
            raise
        return wire

    async def _greeted(self, wire: Wire) -> None:
        """Connect and log in."""
        how = self.connection_pool.connection_kwargs
        at = how.get("path")
        opening: Any = (
            wire.loop.create_unix_connection(lambda: wire, at)
            if at
            else wire.loop.create_connection(lambda: wire, how.get("host", "localhost"), how.get("port", 6379))
        )
        try:
            await asyncio.wait_for(opening, how["socket_connect_timeout"])
        except OSError as error:
            raise ConnectionError(f"cannot connect: {error}") from error
        login = ("AUTH", how.get("username") or "default", how["password"]) if how.get("password") else ()
        await wire.ask(("HELLO", 3, *login))
        if how.get("db"):
            await wire.ask(("SELECT", how["db"]))


def _keep_alive(connection: Any) -> None:
    if connection is None or connection.family not in (socket.AF_INET, socket.AF_INET6):
        return
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        # Not every platform has all three.
        if (option := getattr(socket, name, None)) is not None:
            connection.setsockopt(socket.IPPROTO_TCP, option, value)
