"""Two subscribers, two conversations and a carrier that gives numbers away, on the real stores, one step at a time.

Whoever runs is stopped before each call of a store or the CRM, and the next to run is drawn. A number goes to somebody
else between two turns, not within one: what a turn asked the CRM a moment ago still holds.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from crm.fake import FakeCrm
from crm.fake_payments import FakePayments
from crm.model import Order, OrderRequest
from crm.operations import call_detail, login, order_data_pack, ordering, tickets
from crm.operations.access import admitted
from crm.operations.context import Bound, Context
from crm.operations.doors import Doors
from crm.operations.fake import FakeCodeSender, FakeVault
from crm.operations.quotes import Quote
from crm.operations.results import Refusal
from switchboard.model import Address
from switchboard.redis.records import dumps
from switchboard.redis.stores import Stores

NUMBERS = ("+8613800000000", "+8613800000003")
TALKS = ("web:first", "web:second")
TURNS = 5
PACK = "pack-1g"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now


class Schedule:
    """Draws who goes on. `between` are stops at which nothing is half done."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self._stopped = asyncio.Event()
        self._waiting: dict[asyncio.Task[Any], tuple[bool, asyncio.Future[None]]] = {}
        self._quiet: set[asyncio.Task[Any]] = set()

    async def stop(self, between: bool = False) -> None:
        task, go = asyncio.current_task(), asyncio.get_running_loop().create_future()
        assert task
        self._waiting[task] = (between, go)
        self._stopped.set()
        await go

    async def run(self, lanes: list[Callable[[], Awaitable[None]]], quiet: Callable[[], Awaitable[None]]) -> None:
        """`quiet` goes on only while all lanes are between two turns. Raises what a lane raises."""
        tasks = [asyncio.ensure_future(lane()) for lane in (*lanes, quiet)]
        self._quiet = {tasks[-1]}
        for task in tasks:
            task.add_done_callback(lambda _: self._stopped.set())
        while left := [task for task in tasks if not task.done()]:
            if len(self._waiting) < len(left):
                self._stopped.clear()
                await asyncio.wait_for(self._stopped.wait(), 20)
                continue
            still = all(between for between, _ in self._waiting.values())
            may = [task for task in left if still or task not in self._quiet]
            self._waiting.pop(self._draw.choice(may))[1].set_result(None)
        for task in tasks:
            task.result()


class Stepped:
    """Stops before each call of what it stands for."""

    def __init__(self, behind: Any, schedule: Schedule) -> None:
        self._behind, self._schedule = behind, schedule

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._behind, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            await self._schedule.stop()
            return await method(*args, **kwargs)

        return call


@dataclass
class Seen:
    """What a conversation was given, and what happened at all."""

    crossings: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)


class Carrier(FakeCrm):
    """Hears of each order whose it is."""

    seen: Seen
    offers: dict[str, tuple[str, str]]
    """Quote → conversation and subscriber it was made for."""

    async def place_order(
        self, request: OrderRequest, *, idempotency_key: str, deadline: float, look_first: bool = False
    ) -> Order:
        owner, (_, meant) = self.subscribers[request.msisdn].id, self.offers[request.external_id]
        if owner != meant:
            self.seen.crossings.append("an order on somebody else's line")
        self.seen.counts["orders"] += 1
        return await super().place_order(request, idempotency_key=idempotency_key, deadline=deadline)


class World:
    """One interleaving. `crm` is used by all of them, one after the other."""

    def __init__(self, stores: Stores, crm: Carrier, clock: Clock, seed: int) -> None:
        self.stores, self.crm, self.clock, self.seed = stores, crm, clock, seed
        self.draw = random.Random(seed)
        self.schedule = Schedule(self.draw)
        self.codes, self.vault = FakeCodeSender(), FakeVault()
        self.offers: dict[str, str] = {}
        self.count = 0

    def doors(self) -> Doors:
        stepped = {
            name: cast(Any, Stepped(getattr(self.stores, name), self.schedule))
            for name in ("quotes", "stepups", "bindings", "once")
        }
        crm: Any = Stepped(self.crm, self.schedule)
        return Doors(
            crm=crm, payments=FakePayments(self.crm, self.clock), vault=self.vault, codes=self.codes, now=self.clock,
            read_s=60.0, write_s=60.0, **stepped,
        )  # fmt: skip

    async def play(self) -> None:
        for talk in TALKS:
            key = self.stores.keys.conversation(talk)
            await self.stores.redis.hset(key, "address", dumps(Address("web", talk.partition(":")[2])))
        for number in NUMBERS:
            self.give(number)
        await self.schedule.run([lambda talk=talk: self.lane(talk) for talk in TALKS], self.carrier)

    def give(self, number: str) -> None:
        """The number is a new person's from now on."""
        self.count += 1
        person = self.crm.subscribers[number]
        self.crm.subscribers[number] = replace(person, id=f"S{self.seed}-{self.count}")

    async def carrier(self) -> None:
        for _ in range(2):
            await self.schedule.stop(between=True)
            self.give(self.draw.choice(NUMBERS))
            self.clock.now += timedelta(seconds=61)
            self.crm.seen.counts["given away"] += 1

    async def lane(self, talk: str) -> None:
        doors = self.doors()
        for turn in range(TURNS):
            await self.schedule.stop(between=True)
            known = await self.stores.conversations.get(talk)
            binding = known.binding if known else None
            bound = Bound(binding.msisdn, binding.subscriber_id) if binding else None
            who = Context(talk, f"{talk}/{self.seed}/{turn}", self.draw.choice(("web", "sms")), bound=bound)
            # Whoever is not logged in mostly logs in.
            acts = (
                self.reads,
                self.offer,
                self.buys,
                self.buys,
                self.types_a_code,
                self.asks_for_calls,
                self.complains,
            )
            act = self.draw.choice(acts if bound and self.draw.random() < 0.85 else (self.logs_in,))
            await act(doors, who)

    def _is_theirs(self, who: Context, subscriber: str, what: str) -> None:
        self.crm.seen.counts[what] += 1
        now = self.crm.subscribers[who.bound.msisdn].id if who.bound else ""
        if who.bound is None or not subscriber == who.bound.subscriber_id == now:
            self.crm.seen.crossings.append(f"{what} of somebody else")

    async def logs_in(self, doors: Doors, who: Context) -> None:
        number = self.draw.choice(NUMBERS)
        await login.start(doors, who, number)
        if not self.codes.sent:
            return
        # Now and then a code that went to the other number.
        sent_to, code, *_ = self.draw.choice(self.codes.sent[-3:])
        bound = await login.finish(
            doors, replace(who, message_id=f"{who.message_id}/2"), number, self._typed(who, code)
        )
        if isinstance(bound, Bound):
            self.crm.seen.counts["logins"] += 1
            if bound.msisdn != sent_to or bound.subscriber_id != self.crm.subscribers[sent_to].id:
                self.crm.seen.crossings.append("a login by another number's code")

    async def reads(self, doors: Doors, who: Context) -> None:
        person = await admitted(doors, who, "query_balance")
        if not isinstance(person, Refusal):
            self._is_theirs(who, person.id, "balance")

    async def offer(self, doors: Doors, who: Context) -> None:
        quote = await order_data_pack.quote(doors, who, PACK)
        if isinstance(quote, Quote):
            self._is_theirs(who, quote.subscriber_id, "offer")
            self.crm.offers[quote.id] = (who.conversation, quote.subscriber_id)
            self.offers[who.conversation] = quote.id
            key = self.stores.keys.of(who.conversation, "quote", quote.id)
            if await self.stores.redis.hget(key, "state") == b"issued":
                await self.stores.redis.hset(key, "state", "shown")

    async def buys(self, doors: Doors, who: Context) -> None:
        if who.conversation not in self.offers:
            await self.offer(doors, who)
        if self.offers:
            who = replace(who, message_id=f"{who.message_id}/2")
            await ordering.confirm(doors, who, self._offered(who))

    async def types_a_code(self, doors: Doors, who: Context) -> None:
        if self.offers and self.codes.sent:
            code = self.draw.choice(self.codes.sent[-2:])[1]
            await ordering.confirm_with_code(doors, who, self._offered(who), self._typed(who, code))

    async def asks_for_calls(self, doors: Doors, who: Context) -> None:
        await call_detail.start(doors, who, "2026-11")
        if self.codes.sent:
            ref = self._typed(who, self.codes.sent[-1][1])
            found = await call_detail.read(doors, replace(who, message_id=f"{who.message_id}/2"), "2026-11", ref)
            if isinstance(found, call_detail.Detail):
                self._is_theirs(who, who.bound.subscriber_id if who.bound else "", "calls")

    async def complains(self, doors: Doors, who: Context) -> None:
        before = set(self.crm.all_tickets)
        await tickets.create(doors, who, "complaint", "多扣费", who.message_id)
        for _ in set(self.crm.all_tickets) - before:
            self.crm.seen.counts["tickets"] += 1

    def _offered(self, who: Context) -> str:
        """Mostly what was offered here."""
        others = list(self.offers.values())
        return self.offers.get(who.conversation, others[0]) if self.draw.random() < 0.8 else self.draw.choice(others)

    def _typed(self, who: Context, code: str) -> str:
        ref = f"{len(self.vault.values):016x}"
        self.vault.values[who.conversation, ref] = code
        return ref
