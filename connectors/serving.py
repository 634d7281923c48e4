"""What a gateway does with every request: counts, times, logs without text, safe headers; and whether it lives."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable, Mapping

import structlog
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

from connectors.http import Handler, json_response, route_of
from switchboard.readiness import STORE, Part

POLICY = (
    # deep-chat writes its styles into its shadow root, hence inline styles; scripts come from files only.
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; frame-src 'self'; frame-ancestors 'self'; form-action 'self'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_log = structlog.get_logger()
_REQUESTS = Counter("renji_http_requests", "Answered requests", ["route", "status"])
_SECONDS = Histogram("renji_http_seconds", "Time to answer", ["route"])
_QUIET = frozenset({"/healthz", "/readyz", "/metrics"})


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Counts, times and logs each request by its route's pattern: a path may hold a number, a query a text."""
    route, start, status = route_of(request), time.monotonic(), 500
    try:
        answer = await handler(request)
        status = answer.status
        return answer
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        took_s = time.monotonic() - start
        _REQUESTS.labels(route, status).inc()
        _SECONDS.labels(route).observe(took_s)
        if route not in _QUIET:
            _log.info("request", method=request.method[:10], route=route, status=status, ms=int(took_s * 1000))


async def add_headers(_: web.Request, answer: web.StreamResponse) -> None:
    """Where a handler set none of its own."""
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)


async def healthz(_: web.Request) -> web.Response:
    """The process lives."""
    return web.Response(text="ok")


def readyz(look: Callable[[], Awaitable[Mapping[str, Part]]]) -> Handler:
    """Whether people would be answered, as JSON by part; 503 where not. `?part=store` judges only whether this gateway
    can take messages: for a load balancer, since what is stored is answered when the rest is back.
    """

    async def handle(request: web.Request) -> web.StreamResponse:
        parts = await look()
        judged = [parts[name] for name in STORE] if request.query.get("part") == "store" else list(parts.values())
        ready = all(part.ok for part in judged)
        # By its process one sees whether it is the gateway that was just started: several share a port.
        told = {name: {"ok": part.ok, **({"why": part.why} if part.why else {})} for name, part in parts.items()}
        return json_response({"ready": ready, "parts": told, "process": os.getpid()}, 200 if ready else 503)

    return handle


def metrics(exchange: Callable[[], Awaitable[bytes]]) -> Handler:
    """This process's own figures and, from `exchange`, what waits in Redis."""

    async def handle(request: web.Request) -> web.StreamResponse:
        # Whoever comes through a proxy is not from this machine, whatever the socket says.
        if request.remote not in ("127.0.0.1", "::1") or "X-Forwarded-For" in request.headers:
            raise web.HTTPNotFound
        return web.Response(body=generate_latest() + await exchange(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return handle
