"""One run: a stack with proxies between its processes, a crowd, what breaks, and the reckoning."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from redis import asyncio as aioredis

from connectors.web.shown import _hidden as hidden
from switchboard.tasks import end
from tests.chaos import clock
from tests.chaos.books import read_books, settled, subscribers, trade
from tests.chaos.crowd import PHONES, Crowd
from tests.chaos.customers import Wire
from tests.chaos.desk import Clerks, Talks
from tests.chaos.faults import Supervisor, Troubles, asking_once
from tests.chaos.ledger import Ledger, Outside, reckon
from tests.chaos.proxy import FaultProxy
from tests.chaos.timeline import Timeline
from tests.chaos.watch import watch
from tests.people import World, open_world
from tests.ports import free_port
from tests.stack import Stack, outside

AGENT = "lin"
KILL_EVERY_S = 6
"""At least one kill for so many seconds, however slow the machine is."""
BUY_EVERY_S = 5
CYCLE_S, TROUBLED_S = 150, 90
"""Of each cycle's seconds, so many with all faults; then only kills, so that their own cost can be told."""
CLOCKS = ("gateway", "worker-1", "worker-2")
LINKS = {"worker–rasa-a": "rasa-a", "worker–rasa-b": "rasa-b", "actions–crm": "crm"}
APART = {"rasa–actions": "actions"}
"""Where actions are a process of their own."""


@dataclass
class Stage:
    """A stack whose parts talk through proxies, each under the name of its link; the last name is who is called."""

    stack: Stack
    links: dict[str, FaultProxy]
    wire: Wire
    to_world: FaultProxy
    world_port: int
    clocks: dict[str, Path]


def stage(folder: Path, seconds: int, apart: bool = False) -> Stage:
    """For a run of so many seconds, with actions in the slots or `apart`; nothing is started yet."""
    named = LINKS | (APART if apart else {})
    ports = {link: free_port() for link in named}
    world_port, wire_port = free_port(), free_port()
    address = {link: f"http://127.0.0.1:{port}" for link, port in ports.items()}
    settings = {
        **outside(wire_port),
        "RENJI_RASA_URLS": f"{address['worker–rasa-a']},{address['worker–rasa-b']}",
        "RENJI_ACTIONS_URL": address.get("rasa–actions", ""),
        "RENJI_CRM_URL": address["actions–crm"],
    }
    # Of two subscribers one has the money to buy.
    stack = Stack(folder, workers=2, slots=2, subscribers=500 + 2 * seconds // BUY_EVERY_S, settings=settings)
    clocks = {name: folder / f"clock-{name}" for name in CLOCKS}
    for name, path in clocks.items():
        stack.launch_with(name, "tests.chaos.clock", {clock.VARIABLE: str(path)})
    links = {link: FaultProxy(ports[link], stack.ports[name]) for link, name in named.items()}
    wire = Wire()
    return Stage(stack, links, wire, FaultProxy(wire_port, world_port, wire.passed), world_port, clocks)


@asynccontextmanager
async def started(on: Stage) -> AsyncIterator[None]:
    async with AsyncExitStack() as running:
        for proxy in (*on.links.values(), on.to_world):
            await running.enter_async_context(proxy.running())
        on.stack.make_folder()
        for path in on.clocks.values():
            path.write_text("0")
        try:
            await asyncio.to_thread(on.stack.start)
            yield
        finally:
            await asyncio.to_thread(on.stack.stop)


@dataclass
class Run:
    """So many seconds of chaos on a started stage, and some more until everything has settled."""

    on: Stage
    seconds: int
    seed: int
    timeline: Timeline = field(default_factory=Timeline)
    began: float = field(default_factory=time.monotonic)

    def over(self) -> bool:
        return time.monotonic() > self.began + self.seconds

    def calm(self) -> bool:
        return (time.monotonic() - self.began) % CYCLE_S > TROUBLED_S

    async def ledger(self) -> Ledger:
        stack, crm = self.on.stack, self.on.stack.folder / "crm.db"
        before, numbers = trade(crm), subscribers(crm, PHONES + max(10, self.seconds // BUY_EVERY_S))
        redis = asking_once(stack.redis_socket)
        async with open_world(stack.environment(), stack.url, self.on.world_port) as world, cookieless() as http:
            receipts, desk = remember_receipts(world), Clerks(stack, http)
            await desk.arrive(AGENT)
            crowd, talks = Crowd(world, self.on.wire, numbers, self.over), Talks(desk, AGENT, self.over)
            try:
                await self._break(redis, crowd, talks)
                books = await read_books(redis, stack.folder / "console.db", crm, before)
            finally:
                await crowd.leave()
                await desk.leave_all()
                await redis.aclose()
        for talk in crowd.talks:
            key, said = world.settings.key("conversation"), books.said.get(talk.conversation, ())
            talk.unveil({hidden(key, message.id): message.id for message in said})
        ledger = reckon(
            Outside(crowd.talks, crowd.trade.tried, crowd.notices, talks.said, receipts), books, self.timeline
        )
        for link, proxy in self.on.links.items():
            hits = ", ".join(f"{fault or 'passed'} {n}" for fault, n in sorted(proxy.hits.items()))
            ledger.figures[f"requests {link}"] = hits
        return ledger

    async def _break(self, redis: aioredis.Redis, crowd: Crowd, talks: Talks) -> None:
        """Break everything while the crowd writes; returns when all has settled."""
        supervisor = Supervisor(self.on.stack, self.seed, self.on.links, self.timeline)
        troubles = Troubles(supervisor, self.seed, self.on.links, redis, self.on.clocks)
        watching = [asyncio.create_task(watch(redis, self.timeline)), asyncio.create_task(supervisor.keep_alive())]
        try:
            await asyncio.gather(
                crowd.run(talks),
                supervisor.kill_until(self.over, self.seconds // KILL_EVERY_S),
                troubles.break_links(self.over, self.calm),
                troubles.break_processes(self.over, self.calm),
            )
            await settled(redis, self.on.stack.folder / "console.db", crowd.notices)
        finally:
            await end(*watching)


def cookieless() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())


def remember_receipts(world: World) -> list[str]:
    """Ids of the messages whose receipt the gateway took, as they come."""
    taken: list[str] = []
    post = world.provider.post

    async def posting(path: str, body: dict[str, object]) -> int:
        status = await post(path, body)
        if path == "/sms/receipt" and status == 200:
            ours = {theirs: outbound for outbound, theirs in world.provider._seen.items()}
            taken.append(ours[str(body["id"])].rpartition(".")[0])
        return status

    world.provider.post = posting
    return taken
