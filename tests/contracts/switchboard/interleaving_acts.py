"""What can happen to two people, two agents and two workers, one act after the other, each told to the model."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime
from typing import Any

from switchboard.errors import LeaseLost, NotOwner
from switchboard.fake import FakeHours
from switchboard.handoff import Reception
from switchboard.metrics import Metrics
from switchboard.model import Address, Binding, InboundMessage, OutboundMessage, Owner, Reply
from switchboard.notices import NoticeLane
from switchboard.redis.conversations import RedisBindings
from switchboard.redis.exchange import load_entry
from switchboard.redis.handoffs import GRACE, RedisHandoffs
from switchboard.redis.leases import Leases
from switchboard.redis.numbers import Numbers
from switchboard.redis.records import Entry, load_message
from switchboard.redis.stores import Stores
from switchboard.router import Parts, Router
from switchboard.sender import Delivery, Outgoing, Sending
from switchboard.timers import Timekeeper
from switchboard.voice import Voice
from tests.contracts.switchboard.interleaving_model import Model, Talk
from tests.contracts.switchboard.interleaving_world import (
    Bot,
    Clock,
    Job,
    PausedHolding,
    QuietWork,
    Till,
    WatchedAdapter,
    WatchedConversations,
    WatchedExchange,
    WatchedQuotes,
    Worker,
)
from tests.contracts.switchboard.stack import content

PEOPLE = (Address("sms", "+8613800000001"), Address("web", "wang"))
NUMBERS = {address: f"+861380000000{n}" for n, address in enumerate(PEOPLE, 1)}
ROUTES = {"web": "web", "sms": "sms:a"}
METRICS = Metrics()


class World:
    """One partition on an empty Redis. `model` hears of everything."""

    def __init__(self, stores: Stores, clock: Clock, key: bytes) -> None:
        self.model, self.clock = Model(), clock
        self.till = Till(clock, self.model)
        keys = stores.keys
        quotes = WatchedQuotes(stores.scripts, keys, clock)
        quotes.model, quotes.till = self.model, self.till
        conversations = WatchedConversations(stores.scripts, keys, Numbers(stores.redis, key), clock)
        conversations.model = self.model
        bindings = RedisBindings(conversations, stores.reach, clock)
        self.stores = replace(stores, quotes=quotes, conversations=conversations, bindings=bindings)
        self.exchange = WatchedExchange(stores.scripts, keys, lambda address: ROUTES[address.channel], clock)
        self.exchange.model = self.model
        self.voice = Voice(lambda release: content()[0], clock)
        self.handoffs = RedisHandoffs(self.stores, self.voice, lambda address: ROUTES[address.channel])
        self.bot = Bot(self.stores, quotes, self.till, self.model)
        self.adapters = {route: WatchedAdapter(name, route, self.model) for name, route in ROUTES.items()}
        self.router = Router(self._parts(quotes, conversations))
        self.timekeeper = Timekeeper(self.exchange, self.handoffs, clock)
        self.workers = [Worker("w1"), Worker("w2")]
        self.ids = {address: address.conversation_id(key) for address in PEOPLE}
        self.agents: dict[str, datetime] = {}
        self._said: dict[tuple[str, str], str] = {}
        self._count = 0

    def _parts(self, quotes: WatchedQuotes, conversations: WatchedConversations) -> Parts:
        return Parts(
            exchange=self.exchange,
            conversations=conversations,
            quotes=quotes,
            bot=self.bot,
            voice=self.voice,
            reception=Reception(self.handoffs, FakeHours(), self.clock),
            notices=NoticeLane(self.voice, self.clock),
            directory=self.till,
            commands=content()[1],
            openers=content()[2],
            clock=self.clock,
            vault=self.stores.vault,
        )

    async def begin(self) -> None:
        """Both people are known, w1 works, lin is at the desk."""
        await self.stores.redis.flushall()
        for address, conversation in self.ids.items():
            self.model.talks[conversation] = Talk("")
            await self.belongs_to(address, "s1")
        await self.comes("lin")
        await self.acquires(self.workers[0])

    # --- people and the CRM ------------------------------------------------------------------------------------------

    async def writes(self, address: Address, text: str, id: str = "") -> str:
        if not id:
            self._count += 1
            id = f"{address.channel}:m{self._count}"
        fresh = await self.stores.accept.accept([InboundMessage(id, address, text, self.clock())])
        self.model.accepted(self.ids[address], id, fresh == [id])
        return id

    async def belongs_to(self, address: Address, subscriber: str) -> None:
        """The CRM names another for the number, and the switchboard heard of it."""
        self.till.owners[NUMBERS[address]] = subscriber
        binding = Binding(NUMBERS[address], subscriber, self.clock(), "code")
        await self.stores.conversations.bind(self.ids[address], binding, "zj", address)

    async def number_goes(self, address: Address, heard: bool) -> None:
        """To a subscriber nobody was before."""
        next_one = f"s{int(self.till.owners[NUMBERS[address]][1:]) + 1}"
        if heard:
            await self.belongs_to(address, next_one)
        self.till.owners[NUMBERS[address]] = next_one

    # --- agents ------------------------------------------------------------------------------------------------------

    async def comes(self, agent: str) -> None:
        await self.handoffs.present(agent, agent, [])
        self.agents[agent] = self.clock() + GRACE

    async def goes(self, agent: str) -> None:
        await self.handoffs.absent(agent)
        self.agents.pop(agent, None)

    async def takes(self, agent: str, address: Address) -> None:
        conversation = self.ids[address]
        allowed = self.model.may_take(conversation, agent)
        try:
            await self.handoffs.take(conversation, agent)
        except NotOwner:
            self.model.must(not allowed, f"{agent} may take {conversation}")
            return
        self.model.must(allowed, f"{agent} took {conversation} from another agent")
        self.model.moved(conversation, Owner.AGENT, agent)

    async def says(self, agent: str, address: Address, client_id: str) -> None:
        conversation = self.ids[address]
        allowed = self.model.holds(conversation, agent)
        known = self._said.get((conversation, client_id))
        try:
            said = await self.handoffs.say(conversation, agent, Reply("您好"), client_id)
        except NotOwner:
            self.model.must(known is None and not allowed, f"{agent} may speak in {conversation}")
            return
        self.model.must(allowed or known, f"{agent} spoke in {conversation}")
        self.model.same("a repeated submit", known or said, said)
        self._said[conversation, client_id] = said

    async def leaves(self, agent: str, address: Address, how: str) -> None:
        conversation = self.ids[address]
        allowed = self.model.holds(conversation, agent)
        try:
            if how == "put back":
                await self.handoffs.requeue(conversation, agent)
            elif how == "close":
                await self.handoffs.close(conversation, agent, "solved")
            else:
                await self.handoffs.hand_back(conversation, agent)
        except NotOwner:
            self.model.must(not allowed, f"{agent} may leave {conversation}")
            return
        self.model.must(allowed, f"{agent} left {conversation} without holding it")
        self.model.moved(conversation, Owner.QUEUE if how == "put back" else Owner.BOT)

    # --- workers -----------------------------------------------------------------------------------------------------

    async def acquires(self, worker: Worker) -> None:
        """Starts if it was dead; then renews what it holds, or takes what is free."""
        if worker.leases is None:
            worker.leases = Leases(self.stores.scripts, worker.name)
        if worker.holding:
            await self.renews(worker)
            return
        for lease in await worker.leases.acquire([0], reclaim=not worker.started):
            entries = await self.waiting()
            first = {entry.conversation: entry.id for entry in reversed(entries)}
            worker.holding = PausedHolding(lease, lambda: worker.fresh, set(first.values()) if lease.crashed else set())
            worker.fresh, self.model.lease = True, lease.token
        worker.started = True

    async def renews(self, worker: Worker) -> bool:
        """And does what is due: timers, agents who left. False when the lease was lost."""
        assert worker.holding
        (kept,) = await worker.leases.renew([worker.holding.lease])
        self.model.same("the lease is kept", worker.holding.token == self.model.lease, kept is not None)
        if kept is None:
            await worker.drop()
            return False
        worker.fresh = True
        now = self.clock()
        left = [c for c, talk in self.model.talks.items() if talk.agent and self.agents.get(talk.agent, now) <= now]
        await self.timekeeper.tick(worker.holding.lease, kept, lambda: None)
        for conversation in left:
            self.model.moved(conversation, Owner.QUEUE)
        return True

    async def lease_passes(self) -> None:
        """As after 3 s without a renewal: whoever held it does not know yet."""
        await self.stores.redis.delete("{p0}:lease")
        self.model.lease = ""
        self.model.losses += 1
        for worker in self.workers:
            worker.fresh = False

    async def dies(self, worker: Worker) -> None:
        """kill -9: nothing is given back."""
        await worker.drop()
        worker.leases, worker.started, worker.fresh = None, False, False
        worker.taken.clear()
        self.model.losses += 1

    async def waiting(self, conversation: str = "") -> list[Entry]:
        found = await self.stores.redis.xrange("{p0}:in")
        entries = [load_entry(entry.decode(), fields) for entry, fields in found]
        return [entry for entry in entries if not conversation or entry.conversation == conversation]

    async def going(self, address: Address) -> list[Outgoing]:
        route = ROUTES[address.channel]
        found = await self.stores.redis.xrange(f"{{p0}}:out:{route}")
        return [Outgoing(route, entry.decode(), load_message(fields[b"m"])) for entry, fields in found]

    def jobs(self) -> list[tuple[Worker, tuple[str, str]]]:
        return [(worker, lane) for worker in self.workers for lane in worker.jobs]

    async def goes_on(self, worker: Worker, lane: tuple[str, str], stops: frozenset[str]) -> None:
        await self._advance(worker, lane, None, stops)

    async def works(self, worker: Worker, address: Address, stops: frozenset[str]) -> bool:
        """On the first message of a lane; False when there was nothing to do."""
        conversation = self.ids[address]
        job = worker.jobs.get(("in", conversation))
        work: Any = None
        if job is None:
            entries = await self.waiting(conversation) if worker.holding else []
            if not entries:
                return False
            assert worker.holding
            self._known(entries)
            work = QuietWork(
                worker.holding, self.exchange, self.router, self.stores.vault, self.clock, METRICS, deque(entries)
            ).done()
        await self._advance(worker, ("in", conversation), work, stops)
        return True

    async def sends(self, worker: Worker, address: Address, stops: frozenset[str]) -> bool:
        job = worker.jobs.get(("out", address.channel))
        work: Any = None
        if job is None:
            going = await self.going(address) if worker.holding and worker.fresh else []
            if not going:
                return False
            assert worker.holding
            sending = Sending(self.exchange, self.adapters, self.stores.vault, self.clock, METRICS, worker.taken)
            work = Delivery(worker.holding, sending, going[0]).done()
        await self._advance(worker, ("out", address.channel), work, stops)
        return True

    async def _advance(self, worker: Worker, lane: tuple[str, str], work: Any, stops: frozenset[str]) -> None:
        job = worker.jobs.setdefault(lane, Job())
        try:
            if not await job.advance(work, stops):
                return
            del worker.jobs[lane]
        except LeaseLost:
            self.model.must(worker.holding is None or worker.holding.token != self.model.lease, "a lease was not lost")
            await worker.drop()

    def _known(self, entries: list[Entry]) -> None:
        ids = [entry.id for entry in entries]
        self.model.must(not self.model.entries_ended & set(ids), "an entry that ended is there again")

    async def looks_up(self, worker: Worker, address: Address) -> None:
        """The word after 4 s, while the lane works on its first message."""
        entries = await self.waiting(self.ids[address]) if worker.holding else []
        message: OutboundMessage | None = await self.router.early(entries[0]) if entries else None
        if message and worker.holding:
            await self.exchange.say_early(worker.holding.token, entries[0], message)
