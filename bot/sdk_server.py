"""What `rasa run actions` gets from us: its server, Sanic, asks for the secret, opens the doors, and tells failures as
bot/action_runs.py does.
"""

from __future__ import annotations

import hmac
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pluggy
import structlog
from rasa_sdk.plugin import plugin_manager
from sanic import Sanic
from sanic.exceptions import SanicException
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as json_response

from bot.action_runs import AWAY, told_away, told_failed, trace_of
from bot.action_server import Start

_hook = pluggy.HookimplMarker("rasa_sdk")
log = structlog.get_logger()


class Extensions:
    """`prepared` gives the header of whoever may call; `start` opens what actions need once the loop runs."""

    def __init__(self, prepared: Callable[[], bytes], start: Start) -> None:
        self._prepared, self._start = prepared, start

    @_hook
    def attach_sanic_app_extensions(self, app: Sanic) -> None:
        opened, expected = AsyncExitStack(), self._prepared()

        async def begin(request: Request) -> None:
            question = asked(request)
            request.ctx.began, request.ctx.action = time.monotonic(), str(question.get("next_action", ""))
            structlog.contextvars.bind_contextvars(process="actions", trace=trace_of(question))

        async def ended(request: Request, response: HTTPResponse) -> None:
            if action := getattr(request.ctx, "action", ""):
                took_ms = int((time.monotonic() - request.ctx.began) * 1000)
                log.info("action", name=action, status=response.status, ms=took_ms)

        async def check(request: Request) -> HTTPResponse | None:
            given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
            if request.path == "/health" or hmac.compare_digest(given, expected):
                return None
            return json_response({"error": "unauthorized"}, status=401)

        async def start(_: Sanic, __: Any) -> None:
            await self._start(opened)

        async def stop(_: Sanic, __: Any) -> None:
            await opened.aclose()

        # Only what came with the secret is read for its trace.
        app.register_middleware(check, "request")
        app.register_middleware(begin, "request")
        app.register_middleware(ended, "response")
        app.register_listener(start, "before_server_start")
        app.register_listener(stop, "after_server_stop")
        app.error_handler.add(Exception, failed)
        for kind in AWAY:
            app.error_handler.add(kind, away)


def register(prepared: Callable[[], bytes], start: Start) -> None:
    """Before the SDK makes its server."""
    plugin_manager().register(Extensions(prepared, start), "renji")


def asked(request: Request) -> Mapping[str, Any]:
    """What Rasa asks for; empty for what is no question of Rasa's: the SDK refuses it."""
    try:
        body = request.json
    except SanicException:
        return {}
    return body if isinstance(body, dict) else {}


def away(_: Request, error: Exception) -> HTTPResponse:
    return json_response(told_away(error), status=503)


def failed(_: Request, error: Exception) -> HTTPResponse:
    return json_response(told_failed(error), status=getattr(error, "status_code", 500))
