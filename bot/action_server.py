"""The action server: answers what `rasa run actions` answers, without Sanic, whose way to a handler costs more CPU than
most actions.

| | |
|---|---|
| `POST /webhook` | runs an action; 400 it refused, 404 no such one, 503 what it needs is away, 500 it failed |
| `GET /actions` | their names |
| `GET /health` | it listens; the only one that asks for no secret |
"""

from __future__ import annotations

import asyncio
import hmac
import signal
import time
import traceback
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import structlog
from aiohttp import web
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection, ActionNotFoundException

from bot.packing import packed, unpacked
from crm.errors import Unavailable
from switchboard import garbage
from switchboard.errors import AcceptError, NotReachable

AWAY = (NotReachable, AcceptError, Unavailable, ConnectionError)
"""Not an attempt: the turn is run again when what it needs is back."""
MOST_BODY = 16 * 1024 * 1024
"""A tracker of twenty turns with the domain is far less."""
DRAIN_S = 10.0
"""deploy/supervisord.conf and the chart wait longer."""
HEADER_S = 10.0
"""Until a new connection has sent its first header: it is held before any secret was seen."""
Start = Callable[[AsyncExitStack], Awaitable[None]]
"""Opens what actions need; the stack closes it."""
log = structlog.get_logger()


class ActionsServer:
    """`expected` is the whole Authorization header of whoever may call."""

    def __init__(self, executor: ActionExecutor, expected: bytes) -> None:
        self._executor, self._expected = executor, expected

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        if request.path == "/health":
            return _answer(200, {"status": "ok"})
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, self._expected):
            return _answer(401, {"error": "unauthorized"})
        if (request.method, request.path) == ("GET", "/actions"):
            return _answer(200, [{"name": name} for name in self._executor.actions])
        if (request.method, request.path) != ("POST", "/webhook"):
            return _answer(404, {"error": "not found"})
        try:
            question = unpacked(await request.read())
        except (ValueError, RecursionError):
            question = None
        if not isinstance(question, dict):
            return _answer(400, {"error": "Invalid body request"})
        return _answer(*await self._run(question))

    async def _run(self, question: dict[str, Any]) -> tuple[int, Any]:
        began, name = time.monotonic(), str(question.get("next_action", ""))
        structlog.contextvars.bind_contextvars(process="actions", trace=trace_of(question))
        status, answer = await self._tried(question)
        log.info("action", name=name, status=status, ms=int((time.monotonic() - began) * 1000))
        return status, answer

    async def _tried(self, question: dict[str, Any]) -> tuple[int, Any]:
        try:
            return 200, await self._executor.run(question)
        except (ActionExecutionRejection, ActionNotFoundException) as error:
            status = 400 if isinstance(error, ActionExecutionRejection) else 404
            return status, {"error": error.message, "action_name": error.action_name}
        except AWAY as error:
            return 503, told_away(error)
        except Exception as error:
            return 500, told_failed(error)


class Connections(web.Server):
    """Closes a connection whose first header is not whole in time; `silent` are those that may still be."""

    def __init__(self, handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]], header_s: float = HEADER_S):
        super().__init__(handle, request_factory=self._request)
        self._header_s = header_s
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
        return web.BaseRequest(message, payload, handler, writer, task, loop, client_max_size=MOST_BODY)

    def _heard(self, handler: Any) -> None:
        if timer := self.silent.pop(handler, None):
            timer.cancel()


async def serve(actions: ActionsServer, host: str, port: int, start: Start) -> None:
    """Until SIGTERM or SIGINT; what runs is answered first."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with AsyncExitStack() as opened:
        await start(opened)
        runner = web.ServerRunner(Connections(actions.handle), shutdown_timeout=DRAIN_S)
        await runner.setup()
        opened.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, host, port).start()
        garbage.seldom()
        await stop.wait()


def _answer(status: int, told: Any) -> web.Response:
    return web.Response(status=status, body=packed(told), content_type="application/json")


def trace_of(question: Mapping[str, Any]) -> str:
    """The trace id of the message that is being answered, "" where there is none."""
    told: Any = question
    for name in ("tracker", "latest_message", "metadata"):
        told = told.get(name) if isinstance(told, dict) else None
    return str(told.get("trace") or "") if isinstance(told, dict) else ""


def told_away(error: Exception) -> dict[str, str]:
    log.warning("action_not_reachable", kind=type(error).__name__)
    return {"error": type(error).__name__}


def told_failed(error: Exception) -> dict[str, str]:
    """The SDK would answer and log with the request, which holds what a person said."""
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-4:]]
    log.error("action_failed", kind=type(error).__name__, where=frames)
    return {"error": type(error).__name__}
