"""Composition root of the action server: `rasa run actions`, or `python -m rasa_sdk --actions actions`: no TensorFlow.

The SDK imports this module and registers every action that it imports, so the wiring has to happen here; what needs a
running loop (the CRM, Redis) is opened when the server starts.
"""

from __future__ import annotations

import hmac
import os
import time
import traceback
from collections.abc import Mapping
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

from bot.actions import skills, wiring
from bot.actions.terms import Terms
from crm.errors import Unavailable
from crm.hosted import Gateway, hosted_payments
from crm.operations.doors import Doors
from crm.operations.gate import OPERATIONS
from crm.tmf import tmf_crm
from switchboard import logs
from switchboard.errors import AcceptError, NotReachable
from switchboard.redis.stores import open_stores, utc_now
from switchboard.redis.tidings import SmsTidings
from switchboard.settings import Settings
from switchboard.switches import Switches

AWAY = (NotReachable, AcceptError, Unavailable, ConnectionError)
"""Not an attempt: the turn is run again when what it needs is back."""
SKILLS = skills.action_names()
_hook = pluggy.HookimplMarker("rasa_sdk")
log = structlog.get_logger()


class Extensions:
    """What the SDK's server gets from us: who may call it, what it opens, and how failures are told."""

    @_hook
    def attach_sanic_app_extensions(self, app: Sanic) -> None:
        settings = Settings.read(os.environ)
        logs.configure("actions", settings.log_level)
        expected = f"Bearer {settings.key('internal').hex()}".encode()
        opened = AsyncExitStack()

        async def begin(request: Request) -> None:
            question = asked(request)
            request.ctx.began, request.ctx.action = time.monotonic(), str(question.get("next_action", ""))
            structlog.contextvars.bind_contextvars(process="actions", trace=trace_of(question))

        async def ended(request: Request, response: HTTPResponse) -> None:
            if action := getattr(request.ctx, "action", ""):
                took_ms = int((time.monotonic() - request.ctx.began) * 1000)
                log.info("action", name=action, status=response.status, ms=took_ms)

        async def check(request: Request) -> HTTPResponse | None:
            given = request.headers.get("Authorization", "").encode()
            if request.path == "/health" or hmac.compare_digest(given, expected):
                return None
            return json_response({"error": "unauthorized"}, status=401)

        async def start(_: Sanic, __: Any) -> None:
            doors = await open_doors(settings, opened)
            wiring.install(lambda: doors, Terms.load(settings.content))

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


async def open_doors(settings: Settings, opened: AsyncExitStack) -> Doors:
    """The CRM, the payment gateway and the stores, as the settings name them; `opened` closes them."""
    stores = open_stores(settings)
    opened.push_async_callback(stores.close)
    switches = Switches(stores.switches, utc_now, {"skill": skills.switchable(), "operation": OPERATIONS})
    await switches.look()
    crm = await opened.enter_async_context(tmf_crm(settings.crm_url, settings.key("crm").hex(), utc_now))
    gateway = Gateway(
        url=settings.paygate_url or f"{settings.crm_url}/paygate",
        notify_url=f"{settings.public_url}/pay/callback",
        key=settings.paygate_secret.encode() or settings.key("paygate"),
    )
    payments = await opened.enter_async_context(hosted_payments(crm, gateway, utc_now))
    return Doors(
        crm=crm,
        payments=payments,
        quotes=stores.quotes,
        stepups=stores.stepups,
        vault=stores.vault,
        bindings=stores.bindings,
        codes=stores.codes,
        once=stores.once,
        now=utc_now,
        gate=switches.refusal,
        notices=SmsTidings(stores.accept, utc_now),
    )


def asked(request: Request) -> Mapping[str, Any]:
    """What Rasa asks for; empty for what is no question of Rasa's: the SDK refuses it."""
    try:
        body = request.json
    except SanicException:
        return {}
    return body if isinstance(body, dict) else {}


def trace_of(question: Mapping[str, Any]) -> str:
    """The trace id of the message that is being answered, "" where there is none."""
    told: Any = question
    for name in ("tracker", "latest_message", "metadata"):
        told = told.get(name) if isinstance(told, dict) else None
    return str(told.get("trace") or "") if isinstance(told, dict) else ""


def away(_: Request, error: Exception) -> HTTPResponse:
    log.warning("action_not_reachable", kind=type(error).__name__)
    return json_response({"error": type(error).__name__}, status=503)


def failed(_: Request, error: Exception) -> HTTPResponse:
    """The SDK would answer and log with the request, which holds what a person said."""
    frames = [f"{f.filename}:{f.lineno} {f.name}" for f in traceback.extract_tb(error.__traceback__)[-4:]]
    log.error("action_failed", kind=type(error).__name__, where=frames)
    return json_response({"error": type(error).__name__}, status=getattr(error, "status_code", 500))


os.environ.setdefault("SANIC_HOST", "127.0.0.1")  # the SDK's default is every interface
plugin_manager().register(Extensions(), "renji")
