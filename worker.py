"""The worker: lanes, router, timers and senders of its partitions, and its share of the SQL writers.

python worker.py          # settings from RENJI_* (docs/settings.md); SIGTERM lets what has begun come to its end
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, time
from functools import partial
from pathlib import Path

import aiohttp
import structlog
import uvloop
from prometheus_client import start_http_server

import connectors
from bot.client import bot_client
from bot.release import Releases, releases_of
from bot.wordings import Wordings
from connectors.web.adapter import WebAdapter
from console.audit import Audit
from console.database import open_engine
from console.directory import CrmDirectory
from console.retention import Retention
from console.switched import carry_on
from console.talks import Talks
from console.writers import SqlWriters, writing
from crm import worktime
from crm.connect import connected
from switchboard import garbage, logs
from switchboard.choices import Commands
from switchboard.errors import BadSettings, BadWording, NotReachable
from switchboard.handoff import Reception
from switchboard.metrics import Metrics
from switchboard.model import Address
from switchboard.notices import Manners, NoticeLane, Notices
from switchboard.openers import Openers
from switchboard.partitions import Partitions
from switchboard.ports import ChannelAdapter, Directory, Language, Responder
from switchboard.redis.exchange import Exchange
from switchboard.redis.handoffs import RedisHandoffs
from switchboard.redis.leases import Leases
from switchboard.redis.shortening import keep_short
from switchboard.redis.stores import Stores, open_stores, utc_now
from switchboard.reminders import Reminders
from switchboard.restored import Restored
from switchboard.router import Parts, Router
from switchboard.sender import Sending
from switchboard.settings import Settings
from switchboard.switches import Switches
from switchboard.tasks import side_by_side
from switchboard.timers import Timekeeper
from switchboard.voice import REQUIRED, Voice

_HOURS = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")
log = structlog.get_logger()


class DeskHours:
    """The Hours port: the same hours every day. Raises BadSettings for what is not HH:MM-HH:MM."""

    def __init__(self, hours: str) -> None:
        opens_h, opens_m, closes_h, closes_m = _span("RENJI_DESK_HOURS", hours)
        try:
            closes = time.max if (closes_h, closes_m) == (24, 0) else time(closes_h, closes_m)
            self._hours = worktime.Hours(time(opens_h, opens_m), closes)
        except ValueError as error:
            raise BadSettings(f"RENJI_DESK_HOURS: {error}") from error
        self._text = f"{opens_h}:{opens_m:02d}–{closes_h}:{closes_m:02d}"

    def is_open(self, moment: datetime) -> bool:
        return worktime.is_open(moment, self._hours)

    def describe(self, language: Language) -> str:
        return self._text


def quiet_hours(hours: str) -> tuple[time, time] | None:
    """When no notice is said; None for "". Raises BadSettings for what is not the night."""
    if not hours:
        return None
    begins_h, begins_m, ends_h, ends_m = _span("RENJI_QUIET_HOURS", hours)
    try:
        begins, ends = time(begins_h, begins_m), time(ends_h, ends_m)
    except ValueError as error:
        raise BadSettings(f"RENJI_QUIET_HOURS: {error}") from error
    if begins <= ends:
        raise BadSettings("RENJI_QUIET_HOURS: must begin in the evening and end in the morning")
    return begins, ends


def _span(name: str, hours: str) -> tuple[int, int, int, int]:
    """Raises BadSettings for what is not HH:MM-HH:MM."""
    found = _HOURS.fullmatch(hours)
    if not found:
        raise BadSettings(f"{name}: {hours!r} is not like 08:00-22:00")
    first_h, first_m, last_h, last_m = (int(word) for word in found.groups())
    return first_h, first_m, last_h, last_m


class LiveRelease:
    """Which Release new sessions begin with: what Redis says, or the file that is read when nobody told Redis yet."""

    def __init__(self, exchange: Exchange, releases: Releases) -> None:
        self._exchange, self._releases = exchange, releases
        self._id = releases.live()

    def __call__(self) -> str:
        return self._id

    async def look(self) -> None:
        self._id = await self._exchange.live_release() or self._releases.live()


@dataclass(frozen=True)
class World:
    """What a worker is wired from, beside the stores."""

    settings: Settings
    adapters: dict[str, ChannelAdapter]
    wordings: Wordings
    bot: Responder
    directory: Directory
    hours: DeskHours


def make_partitions(
    stores: Stores, world: World, metrics: Metrics, releases: Releases, writer: SqlWriters
) -> Partitions:
    """Everything between `in` and `out`. Raises BadWording when content lacks what the switchboard says."""
    settings, clock = world.settings, stores.clock
    voice = _voice(stores, world)

    def route(address: Address) -> str:
        return world.adapters[address.channel].route

    exchange = Exchange(stores.scripts, stores.keys, route, clock, fetched={WebAdapter.route})
    handoffs = RedisHandoffs(stores, voice, route)
    live = LiveRelease(exchange, releases)
    switches = Switches(stores.switches, clock, {"channel": list(world.adapters)})
    router = _router(stores, world, exchange, handoffs, voice, live, switches)
    by_route = {adapter.route: adapter for adapter in world.adapters.values()}

    async def each_tick() -> None:
        await live.look()
        await switches.look()
        await writer.look()

    return Partitions(
        stores.redis, Leases(stores.scripts, settings.worker_name), router,
        Sending(exchange, by_route, stores.vault, clock, metrics, OrderedDict()),
        Timekeeper(exchange, handoffs, clock), clock, settings.partitions, each_tick,
    )  # fmt: skip


def _voice(stores: Stores, world: World) -> Voice:
    missing = REQUIRED - world.wordings.get("").names()
    if missing:
        raise BadWording(f"no text in {world.settings.content}/responses for {', '.join(sorted(missing))}")
    return Voice(world.wordings.get, stores.clock)


def _router(
    stores: Stores,
    world: World,
    exchange: Exchange,
    handoffs: RedisHandoffs,
    voice: Voice,
    live: LiveRelease,
    switches: Switches,
) -> Router:
    reminders = Reminders.load(world.settings.content)
    quiet = quiet_hours(world.settings.quiet_hours)
    moved = Notices(stores.accept)
    most = world.settings.notices_per_day
    manners = Manners(reminders, stores.reach, quiet, most, moved, world.directory)
    parts = Parts(
        exchange=exchange,
        conversations=stores.conversations,
        quotes=stores.quotes,
        bot=world.bot,
        voice=voice,
        reception=Reception(handoffs, world.hours, stores.clock),
        notices=NoticeLane(voice, stores.clock, manners),
        directory=world.directory,
        commands=Commands.load(world.settings.content),
        openers=Openers.load(world.settings.content),
        reminders=reminders,
        clock=stores.clock,
        vault=stores.vault,
        live_release=live,
        channel_off=lambda channel: switches.off("channel", channel),
    )
    return Router(parts)


@asynccontextmanager
async def working(settings: Settings) -> AsyncIterator[Partitions]:
    """The worker, wired; the caller runs it. Raises BadSettings, BadWording."""
    async with AsyncExitStack() as stack:
        stores = open_stores(settings)
        stack.push_async_callback(stores.close)
        await _reach(stores)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        wordings = Wordings(settings.var / "releases", settings.content)
        releases = releases_of(settings, Path.cwd())
        # Read now, not while the first person waits; one that cannot be read is told where it is used.
        with contextlib.suppress(BadWording):
            wordings.get(releases.live())
        adapters = connectors.build(
            settings, session, stores.outbox, lambda reply, language: wordings.get("").numbered(reply, language)
        )
        for adapter in adapters.values():
            await stack.enter_async_context(adapter.running())
        bot = bot_client(settings)
        await stack.enter_async_context(bot.running())
        crm = await stack.enter_async_context(connected(settings.crm, settings.crm_url, settings.crm_token, utc_now))
        engine = open_engine(settings.database_url)
        stack.push_async_callback(engine.dispose)
        audit = Audit(engine, stores.clock)
        retention = Retention(stores, engine, settings)
        talks = Talks(engine, stores.conversations, crm, stores.clock)
        beside = partial(_beside, stores, audit, retention, talks)
        writers = await stack.enter_async_context(writing(settings, stores, engine, beside))
        metrics = Metrics()
        if settings.worker_metrics_port:
            start_http_server(settings.worker_metrics_port, "127.0.0.1", metrics.registry)
        world = World(settings, adapters, wordings, bot, CrmDirectory(crm), DeskHours(settings.desk_hours))
        yield make_partitions(stores, world, metrics, releases, writers)


async def _beside(stores: Stores, audit: Audit, retention: Retention, talks: Talks) -> None:
    await side_by_side(
        carry_on(stores.switches.story, audit),
        carry_on(stores.incidents.story, audit, "incident"),
        carry_on(stores.locks.story, audit, "lock"),
        Restored(stores.incidents, Notices(stores.accept), stores.clock).run(),
        retention.run(),
        talks.run(),
        keep_short(stores.redis),
    )


async def _reach(stores: Stores) -> None:
    """A worker that starts before Redis waits for it."""
    while True:
        try:
            return await stores.ready()
        except NotReachable as error:
            log.warning("waiting_for_redis", error=str(error))
            await asyncio.sleep(0.5)


async def run(settings: Settings) -> None:
    """Work until SIGTERM or SIGINT."""
    async with working(settings) as partitions:
        for name in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(name, partitions.stop)
        garbage.seldom()
        log.info("worker works", name=settings.worker_name)
        await partitions.run()


def main() -> int:
    try:
        settings = Settings.read(os.environ)
        logs.configure(f"worker {settings.worker_name}", settings.log_level)
        uvloop.install()
        asyncio.run(run(settings))
    except (BadSettings, BadWording, OSError) as error:
        print(f"worker: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
