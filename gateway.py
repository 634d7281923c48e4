"""The gateway: webhooks, web chat, console and demo page. Run as many as needed; they share the port.

python gateway.py          # settings from RENJI_* (docs/settings.md); SIGTERM lets what has begun come to its end
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import aiohttp
import structlog
import uvloop
from aiohttp import web
from prometheus_client import generate_latest
from sqlalchemy.ext.asyncio import AsyncEngine

import connectors
from bot.wordings import Wordings
from connectors import http, serving
from connectors.draining import DRAIN_S, Draining
from connectors.limits import Limiter
from connectors.simulators.sms import SmsProvider
from connectors.simulators.wechat import WechatPlatform
from connectors.sms.signing import credentials as sms_credentials
from connectors.web import page
from connectors.web.adapter import REST_PATH, WebAdapter
from connectors.web.commits import RedisCommits
from connectors.web.rest import RestWebhook
from connectors.web.socket import Limits, WebSocket
from connectors.wechat.settings import account as wechat_credentials
from console import app as console
from console.changes import RedisChanges
from console.database import open_engine
from console.demo import rules
from console.demo.app import Demo, Person
from console.directory import CrmDirectory
from crm.connect import connected
from crm.happenings import Event, Tell, events_handler
from crm.hosted import Gateway, hosted_payments
from crm.payments import PaymentEvent, Payments
from crm.payments_http import payment_callback
from crm.port import Crm
from crm.reference.stories import stories
from switchboard import garbage, logs
from switchboard.errors import AcceptError, BadSettings, NotReachable
from switchboard.metrics import ExchangeMetrics
from switchboard.model import ConversationEvent
from switchboard.notices import Notices
from switchboard.ports import Accept, ChannelAdapter
from switchboard.raising import Happened, Raising
from switchboard.readiness import Readiness
from switchboard.redis import queues
from switchboard.redis.handoffs import RedisHandoffs
from switchboard.redis.records import ms
from switchboard.redis.room import memory_share
from switchboard.redis.stalls import stalls
from switchboard.redis.stores import Stores, open_stores, partition_cap, utc_now
from switchboard.reminders import Reminders
from switchboard.settings import Settings
from switchboard.voice import Voice

ROOT = Path(__file__).resolve().parent
IDLE_S = 75.0
"""A connection without a whole request for so long is closed, also one that brings its headers slowly."""
STOP_S = 1.5
NO_LIMIT = 10**9
_log = structlog.get_logger()


@dataclass(frozen=True)
class Parts:
    """What the gateway is wired from."""

    settings: Settings
    stores: Stores
    adapters: dict[str, ChannelAdapter]
    wordings: Wordings
    http: aiohttp.ClientSession
    crm: Crm
    payments: Payments
    engine: AsyncEngine


def make_app(parts: Parts, draining: Draining) -> web.Application:
    """All routes of a gateway; what runs beside them starts and stops with the application."""
    demo = parts.settings.demo
    app = web.Application(client_max_size=http.MAX_BODY)
    draining.watch(app)
    app.middlewares.extend([serving.observe, *([rules.only_loopback_names] if demo else []), http.errors])
    app.on_response_prepare.append(serving.add_headers)
    _mount_webhooks(app, parts)
    _mount_web(app, parts)
    _mount_console(app, parts)
    if demo:
        _mount_demo(app, parts)
    app.router.add_post("/pay/callback", payment_callback(parts.payments, _telling(parts.stores.accept)))
    app.router.add_post("/crm/events", events_handler(parts.settings.crm_token, _raising(parts)))
    app.router.add_get("/healthz", serving.healthz)
    readiness = Readiness(parts.stores, parts.settings.rasa_urls.split(","), parts.http)
    app.router.add_get("/readyz", serving.readyz(readiness.look))
    app.router.add_get("/metrics", serving.metrics(_exchange(parts, readiness)))
    return app


def _mount_webhooks(app: web.Application, parts: Parts) -> None:
    intake = http.Intake(parts.stores.accept, parts.stores.rates)
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
    intake, key = http.Intake(stores.accept, stores.rates), settings.key("conversation")
    per_s = settings.rate_caller_per_s or NO_LIMIT
    by_caller = Limiter(burst=6 * per_s, per_s=per_s, now=time.monotonic)
    commits = RedisCommits(stores.redis)
    app.cleanup_ctx.append(_beside(commits.running))
    rest = RestWebhook(adapter, intake, stores.outbox, commits, stores.conversations, key, by_caller)
    app.router.add_post(REST_PATH, rest.handle)
    limits = Limits(Limiter(burst=60, per_s=1, now=time.monotonic), Limiter(burst=20, per_s=1, now=time.monotonic))
    origins = [origin.strip() for origin in settings.origins.split(",") if origin.strip()]
    socket = WebSocket(adapter, intake, stores.outbox, stores.conversations, key, origins, limits)
    socket.attach(app)
    app.cleanup_ctx.append(_beside(socket.running))
    app.on_shutdown.append(socket.close)
    app.router.add_routes(page.routes(ROOT / "node_modules"))


def _mount_console(app: web.Application, parts: Parts) -> None:
    stores, routes = parts.stores, {name: adapter.route for name, adapter in parts.adapters.items()}
    voice = Voice(parts.wordings.get, stores.clock)
    handoffs = RedisHandoffs(stores, voice, lambda address: routes[address.channel])
    desk = console.Console(
        public_url=parts.settings.public_url,
        engine=parts.engine,
        handoffs=handoffs,
        conversations=stores.conversations,
        crm=parts.crm,
        changes=RedisChanges(stores.redis),
        clock=stores.clock,
        off=stores.switches.all,
        outages=stores.incidents,
    )
    console.mount(app, desk)


def _mount_demo(app: web.Application, parts: Parts) -> None:
    settings, url = parts.settings, f"http://{parts.settings.host}:{parts.settings.port}"
    sms_account, wechat_account = sms_credentials(settings), wechat_credentials(settings)
    assert sms_account and wechat_account
    sms = SmsProvider(sms_account, url, parts.http, utc_now)
    wechat = WechatPlatform(wechat_account, url, parts.http, utc_now)
    app.router.add_post("/demo/provider/sms", sms.handle)
    app.router.add_post("/demo/provider/wechat/{path:.*}", wechat.handle)
    people = [Person(s.msisdn, s.name, {"zh": s.story.zh, "en": s.story.en}, s.language) for s in stories()]
    demo = Demo(people, sms, wechat, settings.key("demo-openid"))
    app.router.add_routes(demo.routes())
    app.on_shutdown.append(demo.close)


def _exchange(parts: Parts, readiness: Readiness) -> Callable[[], Awaitable[bytes]]:
    """The state of Redis for /metrics; what cannot be read keeps its last value, beside a part that is not ready."""
    seen, stores = ExchangeMetrics(), parts.stores
    routes = sorted({adapter.route for adapter in parts.adapters.values()})

    async def told() -> bytes:
        seen.ready(await readiness.look())
        with contextlib.suppress(NotReachable):
            found = await queues.look(stores.redis, stores.keys.partitions, routes)
            seen.queues(found, ms(stores.clock()), partition_cap(parts.settings))
            seen.switched_off(await stores.switches.all())
            seen.stalls(await stalls(stores.redis))
            seen.memory(await memory_share(stores.redis))
            seen.incidents(len(await stores.incidents.all()), await stores.incidents.alike())
        return generate_latest(seen.registry)

    return told


def _telling(accept: Accept) -> Callable[[PaymentEvent], Awaitable[None]]:
    """Brings a finished payment into its conversation; the gateway that called repeats what was not stored."""

    async def tell(event: PaymentEvent) -> None:
        values = {
            "state": event.state,
            "msisdn": event.msisdn,
            "amount_fen": event.amount_fen,
            "balance_fen": event.balance_fen,
        }
        identifier = f"payment:{event.payment_id}"
        item = ConversationEvent(identifier, event.conversation, "payment_finished", event.at, values)
        try:
            await accept.accept([item])
        except AcceptError as error:
            raise web.HTTPServiceUnavailable from error

    return tell


def _raising(parts: Parts) -> Tell:
    """Makes a notice of what the CRM tells; the CRM repeats what was not stored."""
    stores, key = parts.stores, parts.settings.key("conversation")
    reminders, notices = Reminders.load(parts.settings.content), Notices(stores.accept)
    directory = CrmDirectory(parts.crm)
    raising = Raising(reminders, directory, stores.reach, stores.conversations, notices, key, stores.clock)

    async def tell(event: Event) -> str:
        fields = (event.kind, event.key, event.msisdn, event.subscriber, event.language, event.at, event.values)
        try:
            return await raising.tell(Happened(*fields))
        except (AcceptError, NotReachable) as error:
            raise web.HTTPServiceUnavailable from error

    return tell


def _beside(
    running: Callable[[], AbstractAsyncContextManager[None]],
) -> Callable[[web.Application], AsyncIterator[None]]:
    """A context that lives as long as the application serves."""

    async def context(_: web.Application) -> AsyncIterator[None]:
        async with running():
            yield

    return context


@asynccontextmanager
async def serving_at(settings: Settings) -> AsyncIterator[Callable[[], Awaitable[None]]]:
    """The gateway listens while entered. Gives what ends it gently: the end of the context alone cuts requests off.

    Raises BadSettings, OSError for a port in use.
    """
    draining = Draining()
    async with AsyncExitStack() as stack:
        runner = web.AppRunner(
            make_app(await _open(settings, stack), draining),
            access_log=None,
            keepalive_timeout=IDLE_S,
            auto_decompress=False,
            shutdown_timeout=STOP_S,
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, settings.host, settings.port, reuse_port=True).start()
        _log.info("gateway listens", host=settings.host, port=settings.port)
        yield partial(draining.end, runner)


async def _open(settings: Settings, stack: AsyncExitStack) -> Parts:
    session = await stack.enter_async_context(aiohttp.ClientSession())
    await rules.check_crm(settings, session)
    stores = open_stores(settings)
    stack.push_async_callback(stores.close)
    wordings = Wordings(settings.var / "releases", settings.content)
    adapters = connectors.build(
        settings, session, stores.outbox, lambda reply, language: wordings.get("").numbered(reply, language)
    )
    crm = await stack.enter_async_context(connected(settings.crm, settings.crm_url, settings.crm_token, utc_now))
    paygate = Gateway(
        url=settings.paygate_url or f"{settings.crm_url}/paygate",
        notify_url=f"{settings.public_url}/pay/callback",
        key=settings.paygate_secret.encode() or settings.key("paygate"),
    )
    payments = await stack.enter_async_context(hosted_payments(crm, paygate, utc_now))
    engine = open_engine(settings.database_url)
    stack.push_async_callback(engine.dispose)
    return Parts(settings, stores, adapters, wordings, session, crm, payments, engine)


async def run(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT; then answer what was taken."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    async with serving_at(settings) as drain:
        garbage.seldom()
        await stop.wait()
        # Nothing that is stored is lost by an abrupt end, so a task that will not end holds nobody up.
        loop.call_later(DRAIN_S + 2 * STOP_S, os._exit, 0)
        await drain()


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
