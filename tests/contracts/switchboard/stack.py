"""A whole switchboard in one process on a real Redis: everything real but the bot, the channels and the CRM."""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, time, timedelta, timezone
from functools import cache
from pathlib import Path

from switchboard.choices import Commands
from switchboard.fake import FakeAdapter, FakeDirectory, FakeHours, FakeRasa
from switchboard.handoff import Reception
from switchboard.metrics import Metrics
from switchboard.model import Address, Inbound, InboundMessage
from switchboard.notices import Manners, NoticeLane, Notices
from switchboard.openers import Openers
from switchboard.partitions import Partitions
from switchboard.redis.exchange import Exchange
from switchboard.redis.handoffs import RedisHandoffs
from switchboard.redis.leases import Leases
from switchboard.redis.stores import Stores, open_stores
from switchboard.redis.topology import is_cluster
from switchboard.reminders import Reminders
from switchboard.router import Parts, Router
from switchboard.sender import Sending
from switchboard.settings import Settings
from switchboard.switches import Switches
from switchboard.timers import Timekeeper
from switchboard.voice import Voice
from switchboard.wording import Wording

ROOT = Path(__file__).parents[3]
WAITING = """
local waiting = 0
for _, pattern in ipairs({'{p*}:in', '{p*}:out:*'}) do
  for _, key in ipairs(redis.call('KEYS', pattern)) do waiting = waiting + redis.call('XLEN', key) end
end
return waiting
"""
"""All at one moment: an entry moves from one to the other."""


@cache
def content() -> tuple[Wording, Commands, Openers]:
    """Read once: YAML takes most of a second."""
    return Wording.load(ROOT / "content"), Commands.load(ROOT / "content"), Openers.load(ROOT / "content")


@cache
def reminders() -> Reminders:
    return Reminders.load(ROOT / "content")


class Clock:
    """Real time plus what a test adds to it."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(timezone.utc) + self.ahead

    def forward(self, **by: float) -> None:
        self.ahead += timedelta(**by)


class Stack:
    """`worker` starts one more worker on the same Redis; `redis` is a socket, or an address."""

    def __init__(
        self, redis: Path | str, directory: Path, partitions: int = 8, cap: int = 10_000, replicas: int = 0
    ) -> None:
        secret = directory / "secret"
        secret.write_bytes(b"s" * 32)
        self.settings = Settings(
            redis_url=redis if isinstance(redis, str) else f"unix://{redis}",
            redis_replicas=replicas,
            secret_file=secret,
            partitions=partitions,
            in_cap=cap,
            content=ROOT / "content",
        )
        self.clock = Clock()
        self.stores: Stores = open_stores(self.settings, self.clock)
        self.web, self.sms, self.wechat = FakeAdapter("web"), FakeAdapter("sms", "sms:a"), FakeAdapter("wechat")
        self.adapters = {adapter.route: adapter for adapter in (self.web, self.sms, self.wechat)}
        self.hours, self.directory = FakeHours(), FakeDirectory()
        self.voice = Voice(lambda release: content()[0], self.clock)
        self.exchange = Exchange(self.stores.scripts, self.stores.keys, self.route, self.clock)
        self.handoffs = RedisHandoffs(self.stores, self.voice, self.route)
        self.notices = Notices(self.stores.accept)
        quiet = (time(21), time(8))
        self.manners = Manners(reminders(), self.stores.reach, quiet, 3, self.notices, self.directory)
        self.bot = FakeRasa(self.stores.trackers)
        self.release = ""
        self.switches = Switches(self.stores.switches, self.clock)
        self.workers: list[tuple[Partitions, asyncio.Task[None]]] = []
        self._ids = itertools.count(1)

    def route(self, address: Address) -> str:
        return {"web": "web", "sms": "sms:a", "wechat": "wechat"}[address.channel]

    def router(self, bot: FakeRasa) -> Router:
        reception = Reception(self.handoffs, self.hours, self.clock)
        return Router(
            Parts(
                exchange=self.exchange,
                conversations=self.stores.conversations,
                quotes=self.stores.quotes,
                bot=bot,
                voice=self.voice,
                reception=reception,
                notices=NoticeLane(self.voice, self.clock, self.manners),
                reminders=reminders(),
                directory=self.directory,
                commands=content()[1],
                openers=content()[2],
                clock=self.clock,
                vault=self.stores.vault,
                live_release=lambda: self.release,
                channel_off=lambda channel: self.switches.off("channel", channel),
            )
        )

    def worker(self, name: str = "w1", bot: FakeRasa | None = None) -> Partitions:
        sending = Sending(self.exchange, self.adapters, self.stores.vault, self.clock, Metrics(), OrderedDict())
        partitions = Partitions(
            self.stores.redis,
            Leases(self.stores.scripts, name),
            self.router(bot or self.bot),
            sending,
            Timekeeper(self.exchange, self.handoffs, self.clock),
            self.clock,
            self.settings.partitions,
            self.switches.look,
        )
        self.workers.append((partitions, asyncio.create_task(partitions.run())))
        return partitions

    async def kill(self, worker: Partitions) -> None:
        """As kill -9: nothing is given back."""
        for partitions, task in self.workers:
            if partitions is worker:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def end(self) -> None:
        for partitions, _ in self.workers:
            partitions.stop()
        await asyncio.gather(*(task for _, task in self.workers), return_exceptions=True)
        await self.stores.close()

    def conversation(self, address: Address) -> str:
        return address.conversation_id(self.settings.key("conversation"))

    def message(self, address: Address, text: str, id: str = "", token: str | None = None) -> InboundMessage:
        return InboundMessage(id or f"{address.channel}:m{next(self._ids)}", address, text, self.clock(), token=token)

    async def accept(self, *items: Inbound) -> list[str]:
        return await self.stores.accept.accept(items)

    async def say(self, address: Address, text: str, id: str = "", token: str | None = None) -> InboundMessage:
        message = self.message(address, text, id, token)
        await self.accept(message)
        return message

    async def until(self, check: Callable[[], object], within_s: float = 10.0) -> None:
        """Wait until `check` is true. Fails after `within_s`."""
        deadline = asyncio.get_running_loop().time() + within_s
        while not check():
            assert asyncio.get_running_loop().time() < deadline, "it did not happen"
            await asyncio.sleep(0.01)

    async def at_rest(self, within_s: float = 10.0) -> None:
        """Nothing waits, in or out."""
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            if not await self._waiting():
                return
            assert asyncio.get_running_loop().time() < deadline, "something still waits"
            await asyncio.sleep(0.02)

    async def _waiting(self) -> int:
        """How many entries wait; on a Cluster each node counts its own, and none goes from one to another."""
        redis = self.stores.redis
        if not is_cluster(redis):
            return int(await redis.eval(WAITING, 0))
        await redis.initialize()
        nodes = redis.get_primaries()
        return sum([int(await redis.execute_command("EVAL", WAITING, 0, target_nodes=node)) for node in nodes])

    async def logged(self, kind: str = "") -> list[dict[str, object]]:
        entries = [entry async for entry in self.stores.log.read({}, 0.01)]
        return [{"kind": e.kind, **e.body} for e in entries if not kind or e.kind == kind]


def at(stack: Stack, hour: int) -> None:
    """The next time that it is so late in China."""
    local = stack.clock() + timedelta(hours=8)
    stack.clock.forward(hours=(hour - local.hour) % 24, minutes=-local.minute)
