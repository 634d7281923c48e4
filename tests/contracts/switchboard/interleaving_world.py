"""The real stores, router, lane work and delivery, cut open: a job stops where a worker can be overtaken or die."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any, cast

from crm.errors import Refused
from crm.model import Offering, Order, OrderItem, OrderRequest, Price, Qualification, Text
from crm.operations import ordering, quotes
from crm.operations.context import Bound, Context
from crm.operations.doors import Doors
from switchboard.codec import from_dict, to_dict
from switchboard.errors import AddressGone, TurnConflict, TurnFailed
from switchboard.fake import FakeAdapter
from switchboard.lanes import Holding, Work
from switchboard.model import (
    Conversation,
    ConversationEvent,
    InboundMessage,
    OutboundMessage,
    Reply,
    TurnContext,
    TurnResult,
)
from switchboard.ports import PartResult, Turn
from switchboard.redis.conversations import RedisConversations
from switchboard.redis.exchange import Commit, Exchange
from switchboard.redis.quotes import RedisQuotes
from switchboard.redis.records import LogRecord, ms
from switchboard.redis.stores import Stores
from tests.contracts.switchboard.interleaving_model import Model

STOPS = ("heard", "asking", "paying", "thought", "commit", "taken")
"""Where a job can be stopped: before and after the bot acts, before the CRM is asked for a price and told of an order,
before the commit, and between the channel's yes and the note of it. A sender's look at the epoch and its call of the
channel count as one moment."""
JOB: ContextVar[Job | None] = ContextVar("JOB", default=None)


class Clock:
    """Stands still but for what a step adds."""

    def __init__(self) -> None:
        self.now = datetime.now(timezone.utc).replace(microsecond=0)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Job:
    """A lane's work or a delivery as a task that stops on its way."""

    def __init__(self) -> None:
        self._task: asyncio.Task[None] | None = None
        self._stops: frozenset[str] = frozenset()
        self._paused: asyncio.Future[None] | None = None
        self._go: asyncio.Future[None] | None = None
        self.last = ""

    async def advance(self, work: Any, stops: frozenset[str]) -> bool:
        """Start `work`, or go on, until it stops (False) or has ended (True). Raises what ended it."""
        loop = asyncio.get_running_loop()
        self._stops, self._paused = stops, loop.create_future()
        if self._task is None:
            JOB.set(self)
            self._task = asyncio.create_task(work)
        elif self._go:
            self._go.set_result(None)
        await asyncio.wait([self._task, self._paused], return_when=asyncio.FIRST_COMPLETED, timeout=20)
        assert self._task.done() or self._paused.done(), "a job waits for something real"
        if self._task.done():
            self._task.result()
            return True
        return False

    async def stop(self, at: str) -> None:
        if at in self._stops or at == "rest":
            self.last, self._go = at, asyncio.get_running_loop().create_future()
            assert self._paused
            self._paused.set_result(None)
            await self._go

    async def end(self) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


async def passing(at: str) -> None:
    job = JOB.get()
    if job:
        await job.stop(at)


class PausedHolding(Holding):
    async def rest(self, seconds: float) -> None:
        await passing("rest")


class QuietWork(Work):
    async def _early(self) -> None:
        """A step of its own, not a matter of seconds."""


@dataclass
class Till:
    """The CRM: what it sells, to whom a number belongs, and orders once a key."""

    clock: Clock
    model: Model
    price_fen: int = 1000
    owners: dict[str, str] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)

    offering_ = Offering("pack", Text("包", "pack"), Text("", ""), "data_pack", cast(tuple[Price, ...], ()))

    async def lookup(self, msisdn: str) -> tuple[str, str] | None:
        return self.owners[msisdn], "zj"

    async def subscriber_of(self, msisdn: str, *, deadline: float) -> Any:
        return SimpleNamespace(id=self.owners[msisdn], msisdn=msisdn)

    async def offering(self, offering_id: str, *, deadline: float) -> Offering:
        return self.offering_

    async def qualify(self, msisdn: str, items: Any, *, deadline: float) -> Qualification:
        await passing("asking")
        return Qualification(True, (), self.price_fen, self.price_fen, 0, self.clock(), "v1")

    async def place_order(
        self, request: OrderRequest, *, idempotency_key: str, deadline: float, look_first: bool = False
    ) -> Order:
        await passing("paying")
        known = self.orders.get(idempotency_key)
        if known:
            return known
        if request.quoted_fen != self.price_fen:
            raise Refused("price_changed")
        self.model.ordered(idempotency_key)
        items: tuple[OrderItem, ...] = request.items
        now = self.clock()
        order = Order("o", request.msisdn, items, "completed", self.price_fen, now, now, idempotency_key)
        return self.orders.setdefault(idempotency_key, order)


class WatchedQuotes(RedisQuotes):
    model: Model
    till: Till

    async def issue(self, conversation: str, quote_id: str, body: Mapping[str, Any], ttl_s: int) -> None:
        await super().issue(conversation, quote_id, body, ttl_s)
        self.model.issued(conversation, quote_id, body, ms(self._clock()) + ttl_s * 1000)

    async def was_shown(self, conversation: str, quote_id: str, before: str, timeout_s: float = 0.0) -> bool:
        return await super().was_shown(conversation, quote_id, before, 0.0)

    async def consume(self, conversation: str, quote_id: str, message_id: str) -> bool:
        answer = await super().consume(conversation, quote_id, message_id)
        # Whoever looked at the offer some time ago is refused by the CRM: an order names its price.
        price_fen = self.till.price_fen if JOB.get() else None
        self.model.consumed(conversation, quote_id, message_id, ms(self._clock()), price_fen, answer)
        return answer

    async def void(self, conversation: str, quote_id: str, reason: str) -> None:
        await super().void(conversation, quote_id, reason)
        self.model.voided(conversation, quote_id)


class WatchedConversations(RedisConversations):
    model: Model

    async def _change(self, conversation: str, subscriber: str, *args: Any) -> None:
        await super()._change(conversation, subscriber, *args)
        self.model.rebound(conversation, subscriber)


class WatchedExchange(Exchange):
    model: Model

    async def commit(self, token: str, commit: Commit) -> str:
        await passing("commit")
        answer = await super().commit(token, commit)
        self.model.committed(token, commit, answer)
        job = JOB.get()
        if job and job.last == "commit":
            # As when its answer was lost on the way.
            self.model.committed(token, commit, await super().commit(token, commit))
        return answer

    async def sent(
        self,
        token: str,
        route: str,
        entry: str,
        message: OutboundMessage,
        record: LogRecord,
        void: str = "",
        handed: str = "",
    ) -> str:
        answer = await super().sent(token, route, entry, message, record, void, handed)
        self.model.settled(token, message, record.kind, answer, ms(self._clock()))
        return answer


class WatchedAdapter(FakeAdapter):
    """`gone`: these conversations cannot be reached."""

    def __init__(self, name: str, route: str, model: Model) -> None:
        super().__init__(name, route)
        self.model, self.gone = model, cast(set[str], set())

    async def send(self, message: OutboundMessage, skip_parts: frozenset[int] = frozenset()) -> list[PartResult]:
        if message.conversation in self.gone:
            raise AddressGone("unsubscribed")
        self.model.handed(message)
        self.model.taken(message)
        await passing("taken")
        return [PartResult(0, f"{message.id}.0")]


class Bot:
    """A slot with one skill. 买 offers, 确认 confirms the last offer, 旧的 tries any offer ever made to anybody.
    `fails`: the next turns end with an error."""

    def __init__(self, stores: Stores, offers: RedisQuotes, till: Till, model: Model) -> None:
        self._trackers, self._model, self.fails = stores.trackers, model, cast(list[TurnFailed], [])
        self._doors = Doors(
            crm=cast(Any, till), payments=cast(Any, None), quotes=offers, stepups=cast(Any, stores.stepups),
            vault=stores.vault, bindings=stores.bindings, codes=cast(Any, None), once=stores.once, now=stores.clock,
        )  # fmt: skip

    async def answer(
        self, item: InboundMessage | ConversationEvent, conversation: Conversation, turn: Turn
    ) -> TurnResult:
        stored = await self._trackers.result(conversation.id, item.id)
        if stored is not None:
            return from_dict(TurnResult, stored)
        _, _, count = await self._trackers.load(conversation.id)
        await passing("heard")
        if self.fails:
            raise self.fails.pop()
        result = await self._thought(item, conversation, turn)
        await passing("thought")
        events = [{"event": "user"}]
        await self._trackers.append(conversation.id, item.id, turn.token, count, events, None, to_dict(result))
        return result

    async def _thought(
        self, item: InboundMessage | ConversationEvent, conversation: Conversation, turn: Turn
    ) -> TurnResult:
        try:
            return await self._think(item, conversation, turn)
        except (TurnConflict, asyncio.CancelledError):
            raise
        except Exception as error:
            self._model.must(False, f"the bot broke: {error!r}")
            raise

    async def _think(
        self, item: InboundMessage | ConversationEvent, conversation: Conversation, turn: Turn
    ) -> TurnResult:
        if isinstance(item, ConversationEvent):
            return TurnResult()
        binding = conversation.binding
        bound = Bound(binding.msisdn, binding.subscriber_id) if binding else None
        who = Context(conversation.id, item.id, "sms", bound=bound, place=turn.place)
        if item.text == "买" and bound:
            quote = await quotes.issue(self._doors, who, "order_data_pack", Till.offering_, "add")
            context = TurnContext({"quote": quote.id}, "order_form")
            return TurnResult((Reply("10元包，确认吗？", quote_id=quote.id),), context=context)
        offers = list(self._model.offers)
        tried = offers[0] if item.text == "旧的" and offers else str(conversation.context.slots.get("quote", ""))
        if item.text not in ("确认", "旧的") or not tried:
            return TurnResult((Reply("好"),))
        return TurnResult((Reply(type(await ordering.confirm(self._doors, who, tried)).__name__),))


@dataclass
class Worker:
    """A process. `holding` is what it believes to hold; `fresh`: it renewed not long ago. `taken` is its memory of
    what channels took."""

    name: str
    holding: PausedHolding | None = None
    fresh: bool = False
    started: bool = False
    taken: OrderedDict[str, tuple[str, ...]] = field(default_factory=OrderedDict)
    jobs: dict[tuple[str, str], Job] = field(default_factory=dict)
    leases: Any = None

    async def drop(self) -> None:
        """What it was doing ends here."""
        for job in self.jobs.values():
            await job.end()
        self.jobs.clear()
        self.holding = None
