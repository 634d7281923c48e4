"""The action server: answers what `rasa run actions` answers, without Sanic, whose way to a handler costs more CPU than
most actions.

| | |
|---|---|
| `POST /webhook` | runs an action (bot/action_runs.py) |
| `GET /actions` | their names |
| `GET /health` | it listens; the only one that asks for no secret |
"""

from __future__ import annotations

import asyncio
import hmac
import signal
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import structlog
from aiohttp import web

from bot.action_runs import ActionRuns, trace_of
from bot.packing import packed, unpacked
from switchboard import garbage

MOST_BODY = 16 * 1024 * 1024
"""A tracker of twenty turns with the domain is far less."""
DRAIN_S = 10.0
"""What was asked is answered within. With what a slot then waits for (bot/channel.py) deploy/supervisord.conf,
compose.yaml and the chart wait longer."""
HEADER_S = 10.0
"""Until a new connection has sent its first header: it is held before any secret was seen."""
BODY_S = 10.0
"""Until the body of a request that showed the secret is there. Who asked gives up before: behind a link that stalls the
turn never began, which is no attempt."""
Handle = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]
Start = Callable[[AsyncExitStack], Awaitable[None]]
"""Opens what actions need; the stack closes it."""


class ActionsServer:
    """`expected` is the whole Authorization header of whoever may call."""

    def __init__(self, actions: ActionRuns, expected: bytes) -> None:
        self._actions, self._expected = actions, expected

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/health":
            return _answer(200, {"status": "ok"})
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._expected):
            return _answer(401, {"error": "unauthorized"})
        if (request.method, request.path) == ("GET", "/actions"):
            return _answer(200, [{"name": name} for name in self._actions.names])
        if (request.method, request.path) != ("POST", "/webhook"):
            return _answer(404, {"error": "not found"})
        try:
            question = unpacked(await body_of(request))
        except (ValueError, RecursionError):
            question = None
        if not isinstance(question, dict):
            return _answer(400, {"error": "Invalid body request"})
        return _answer(*await self._run(question))

    async def _run(self, question: dict[str, Any]) -> tuple[int, Any]:
        structlog.contextvars.bind_contextvars(process="actions", trace=trace_of(question))
        return await self._actions.run(question)


class Connections(web.Server):
    """Closes a connection whose first header is not whole in time; `silent` are those that may still be."""

    def __init__(self, handle: Handle, header_s: float = HEADER_S, most_body: int = MOST_BODY):
        super().__init__(handle, request_factory=self._request)
        self._header_s, self._most_body = header_s, most_body
        self.silent: dict[Any, asyncio.TimerHandle] = {}

    def connection_made(self, handler: Any, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        self.silent[handler] = asyncio.get_running_loop().call_later(self._header_s, handler.force_close)

    def connection_lost(self, handler: Any, exc: BaseException | None = None) -> None:
        self._heard(handler)
        super().connection_lost(handler, exc)

    def _request(self, message: Any, payload: Any, handler: Any, writer: Any, task: Any) -> web.BaseRequest:
        self._heard(handler)
        loop = asyncio.get_running_loop()
        return web.BaseRequest(message, payload, handler, writer, task, loop, client_max_size=self._most_body)

    def _heard(self, handler: Any) -> None:
        if timer := self.silent.pop(handler, None):
            timer.cancel()


async def serve(handle: Handle, host: str, port: int, start: Start, most_body: int = MOST_BODY) -> None:
    """Until SIGTERM or SIGINT; what runs is answered first."""

    async def listen(opened: AsyncExitStack) -> None:
        runner = web.ServerRunner(Connections(handle, most_body=most_body), shutdown_timeout=DRAIN_S)
        await runner.setup()
        opened.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, host, port).start()

    await served(listen, start)


async def served(listen: Start, start: Start) -> None:
    """Listen once everything else is open, until SIGTERM or SIGINT."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with AsyncExitStack() as opened:
        await start(opened)
        await listen(opened)
        garbage.seldom()
        await stop.wait()


async def body_of(request: web.BaseRequest, within_s: float = BODY_S) -> bytes:
    """Raises aiohttp's answers 408 and 413."""
    try:
        return await asyncio.wait_for(request.read(), within_s)
    except asyncio.TimeoutError:
        raise web.HTTPRequestTimeout from None


def _answer(status: int, told: Any) -> web.Response:
    return web.Response(status=status, body=packed(told), content_type="application/json")
