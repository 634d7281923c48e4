"""The gateway: webhooks, web chat, console and demo page. Run as many as needed; they share the port.

python gateway.py          # settings from RENJI_* (docs/settings.md)
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import structlog
import uvloop
from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Histogram, generate_latest

import connectors
from connectors import http
from connectors.limits import Limiter
from connectors.simulators.sms import SmsProvider
from connectors.simulators.wechat import WechatPlatform
from connectors.sms.signing import credentials as sms_credentials
from connectors.web.adapter import REST_PATH, WebAdapter
from connectors.web.commits import RedisCommits
from connectors.web.page import routes as page_routes
from connectors.web.rest import RestWebhook
from connectors.web.socket import Limits, WebSocket
from connectors.wechat.settings import account as wechat_credentials
from console.demo import rules
from console.demo.app import Demo, Person
from crm.reference.stories import stories
from switchboard import logs
from switchboard.errors import BadSettings, NotReachable
from switchboard.model import Reply
from switchboard.ports import ChannelAdapter
from switchboard.redis.stores import Stores, open_stores
from switchboard.settings import Settings

IDLE_S = 75.0
"""A connection without a whole request for so long is closed; a slow sender of headers too."""
STOP_S = 5.0
_log = structlog.get_logger()
_REQUESTS = Counter("renji_http_requests", "Answered requests", ["route", "status"])
_SECONDS = Histogram("renji_http_seconds", "Time to answer", ["route"])
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

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
}


@dataclass(frozen=True)
class Parts:
    """What the gateway is wired from."""

    settings: Settings
    stores: Stores
    adapters: dict[str, ChannelAdapter]
    http: aiohttp.ClientSession


def make_app(parts: Parts) -> web.Application:
    """All routes of a gateway; what runs beside them starts and stops with the application."""
    app = web.Application(middlewares=[observe, http.errors], client_max_size=http.MAX_BODY)
    if parts.settings.demo:
        app.middlewares.insert(1, rules.only_loopback_names)
    app.on_response_prepare.append(_add_headers)
    _mount_webhooks(app, parts)
    _mount_web(app, parts)
    _mount_console(app, parts)
    if parts.settings.demo:
        _mount_demo(app, parts)
    app.router.add_get("/healthz", _healthz)
    app.router.add_get("/readyz", _readyz(parts.stores))
    app.router.add_get("/metrics", _metrics)
    return app


def _mount_webhooks(app: web.Application, parts: Parts) -> None:
    intake = http.Intake(parts.stores.accept)
    if "sms" in parts.adapters:
        handler = http.webhook(parts.adapters["sms"], intake)
        app.router.add_post("/sms/mo", handler)
        app.router.add_post("/sms/receipt", handler)
    if "wechat" in parts.adapters:
        handler = http.webhook(parts.adapters["wechat"], intake)
        app.router.add_get("/wechat", handler)
        app.router.add_post("/wechat", handler)


def _mount_web(app: web.Application, parts: Parts) -> None:
    settings, stores, adapter = parts.settings, parts.stores, parts.adapters["web"]
    assert isinstance(adapter, WebAdapter)
    intake, key = http.Intake(stores.accept), settings.key("conversation")
    per_caller = Limiter(burst=60, per_s=10, now=time.monotonic)
    commits = RedisCommits(stores.redis)
    rest = RestWebhook(adapter, intake, stores.outbox, commits, stores.conversations, key, per_caller)
    app.router.add_post(REST_PATH, rest.handle)
    limits = Limits(
        sessions=Limiter(burst=60, per_s=1, now=time.monotonic), messages=Limiter(burst=20, per_s=1, now=time.monotonic)
    )
    origins = [origin.strip() for origin in settings.origins.split(",") if origin.strip()]
    socket = WebSocket(adapter, intake, stores.outbox, stores.conversations, key, origins, limits)
    socket.attach(app)
    app.cleanup_ctx.append(_beside(socket.running))
    app.router.add_routes(page_routes(Path("node_modules")))


def _mount_console(app: web.Application, parts: Parts) -> None:
    pass


def _mount_demo(app: web.Application, parts: Parts) -> None:
    settings, url = parts.settings, f"http://{parts.settings.host}:{parts.settings.port}"
    sms_account, wechat_account = sms_credentials(settings), wechat_credentials(settings)
    assert sms_account and wechat_account
    sms = SmsProvider(sms_account, url, parts.http, connectors.utc_now)
    wechat = WechatPlatform(wechat_account, url, parts.http, connectors.utc_now)
    app.router.add_post("/demo/provider/sms", sms.handle)
    app.router.add_post("/demo/provider/wechat/{path:.*}", wechat.handle)
    people = [Person(s.msisdn, s.name, {"zh": s.story.zh, "en": s.story.en}, s.language) for s in stories()]
    app.router.add_routes(Demo(people, sms, wechat, settings.key("demo-openid")).routes())


def _beside(running: Callable[[], object]) -> Callable[[web.Application], AsyncIterator[None]]:
    """A context that lives as long as the application serves."""

    async def context(_: web.Application) -> AsyncIterator[None]:
        async with running():  # type: ignore[attr-defined]
            yield

    return context


# --- what every gateway answers -------------------------------------------------------------------


async def _healthz(_: web.Request) -> web.Response:
    return web.Response(text="ok")


def _readyz(stores: Stores) -> Handler:
    async def handle(_: web.Request) -> web.StreamResponse:
        try:
            await asyncio.wait_for(stores.ready(), 2.0)
        except (NotReachable, asyncio.TimeoutError):
            return web.Response(status=503, text="Redis does not answer")
        return web.Response(text="ready")

    return handle


async def _metrics(request: web.Request) -> web.Response:
    # Whoever comes through a proxy is not from this machine, whatever the socket says.
    if request.remote not in ("127.0.0.1", "::1") or "X-Forwarded-For" in request.headers:
        raise web.HTTPNotFound
    return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})


@web.middleware
async def observe(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Counts, times and logs each request by its route's pattern: a path may hold a number, a query a text."""
    route, start, status = http.route_of(request), time.monotonic(), 500
    try:
        answer = await handler(request)
        status = answer.status
        return answer
    except web.HTTPException as error:
        status = error.status
        raise
    finally:
        _REQUESTS.labels(route, status).inc()
        _SECONDS.labels(route).observe(time.monotonic() - start)
        _log.info(
            "request", method=request.method, route=route, status=status, ms=int((time.monotonic() - start) * 1000)
        )


async def _add_headers(_: web.Request, answer: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        answer.headers.setdefault(name, value)
    answer.headers.setdefault("Cache-Control", "no-store")


# --- the process ----------------------------------------------------------------------------------


def _text_only(reply: Reply, language: str) -> str:
    """The gateway sends nothing, so it needs no content."""
    return reply.text


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[None]:
    """The gateway listens while entered. Raises BadSettings, NotReachable, OSError for a port in use."""
    async with AsyncExitStack() as stack:
        session = await stack.enter_async_context(aiohttp.ClientSession())
        stores = open_stores(settings)
        stack.push_async_callback(stores.close)
        parts = Parts(settings, stores, connectors.build(settings, session, stores.outbox, _text_only), session)
        runner = web.AppRunner(
            make_app(parts),
            access_log=None,
            keepalive_timeout=IDLE_S,
            auto_decompress=False,
            shutdown_timeout=STOP_S,
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, settings.host, settings.port, reuse_port=True).start()
        _log.info("gateway listens", host=settings.host, port=settings.port, channels=sorted(parts.adapters))
        yield


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; requests that are being answered get a few seconds."""
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with serving(settings):
        await stop.wait()


def main() -> int:
    try:
        settings = Settings.read(os.environ)
        logs.configure("gateway", settings.log_level)
        rules.check(settings)
        uvloop.install()
        asyncio.run(run(settings))
    except (BadSettings, OSError) as error:
        print(f"gateway: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
