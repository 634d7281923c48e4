"""The two sides of a comparison: the product and stock Rasa, each started, written to and looked into the same way."""

from __future__ import annotations

import abc
import asyncio
import itertools
import json
import time
from contextlib import AsyncExitStack
from dataclasses import fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from redis import asyncio as aioredis

from bench.measure.dialogs import HELP, VISIT
from bench.measure.people import Crowd, Talk
from bench.measure.timewarp import longer, shifted
from bench.stock.stack import StockStack
from connectors.web.sessions import Sessions
from crm.port import within
from crm.tmf import tmf_crm
from switchboard.model import Binding
from switchboard.redis.stores import Stores, open_stores, utc_now
from switchboard.settings import Settings
from tests.stack import Stack

SUBSCRIBERS = 1000
NUMBERS = [f"+86{13910000000 + n}" for n in range(300)]
READY_S = 600.0


class Side(abc.ABC):
    """`stack` are its processes; `rest` is where people write."""

    name: str
    stack: Stack
    rest: str
    heads: tuple[str, ...]
    """The processes between the channel and the answer, apart from actions and CRM: for "worker + Rasa memory"."""

    def __init__(self) -> None:
        self.ready_s = 0.0
        self._numbers = itertools.cycle(NUMBERS)
        self._serial = itertools.count(1)

    @property
    def pids(self) -> dict[str, int]:
        return {name: self.stack.pid(name) for name in self.stack.names}

    @property
    def crowd(self) -> Crowd:
        return Crowd(self.rest, self.sender)

    async def start(self) -> None:
        """All processes at once, until the first question is answered."""
        await asyncio.to_thread(self.stack.prepare)
        began = time.monotonic()
        for name in self.stack.names:
            self.stack.spawn(name)
        for name in self.stack.names:
            await asyncio.to_thread(self.stack.wait_ready, name, READY_S)
        await self._open()
        while True:
            talk = Talk()
            await self.crowd.visit([HELP], talk)
            if not talk.unanswered:
                break
            if time.monotonic() - began > READY_S:
                raise RuntimeError(f"{self.name} does not answer:\n{self.stack.log(self.heads[-1])}")
            await asyncio.sleep(0.2)
        self.ready_s = time.monotonic() - began
        await self._meet()

    async def stop(self) -> None:
        await asyncio.to_thread(self.stack.stop)

    @abc.abstractmethod
    async def _open(self) -> None:
        """Once the processes are up: what `sender` needs."""

    @abc.abstractmethod
    async def _meet(self) -> None:
        """Get to know all who will write, so that no measured moment is spent on that."""

    @abc.abstractmethod
    async def sender(self) -> str:
        """A new conversation of a known subscriber."""

    @abc.abstractmethod
    async def lengthen(self, sender: str, said: int, turns: int, session: int) -> int:
        """Bring a conversation of `said` turns close to `turns`, in sessions of so many turns (0: in one); how many it
        has now."""

    @abc.abstractmethod
    def redis(self) -> Any:
        """A client of the side's Redis."""


def unlimited() -> dict[str, str]:
    """The product's own settings, but one machine may say as much as it can."""
    free = {f"RENJI_{field.name.upper()}": "0" for field in fields(Settings) if field.name.startswith("rate_")}
    # A stack for tests looks for new offerings every second.
    return {**free, "RENJI_CATALOGUE_REFRESH_S": str(Settings().catalogue_refresh_s)}


class Stock(Side):
    name = "stock"
    heads = ("rasa",)

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.stack: StockStack = StockStack(folder, SUBSCRIBERS)
        self.rest = self.stack.rest

    async def _open(self) -> None:
        self._redis = aioredis.Redis(port=self.stack.redis_port)

    async def _meet(self) -> None:
        """Whoever writes is known by the number in the sender's id."""

    async def sender(self) -> str:
        return f"bench:{next(self._serial)}:{next(self._numbers)}"

    async def lengthen(self, sender: str, said: int, turns: int, session: int) -> int:
        """Forged: 1000 turns would take an hour."""
        if turns <= said:
            return said
        if not said:
            await self.crowd.visit(VISIT, Talk(), sender=sender)
        key = f"tracker:{sender}"
        tracker = json.loads(await self._redis.get(key))
        await self._redis.set(key, json.dumps({**tracker, "events": longer(tracker["events"], turns - 1, session)}))
        return turns - 1

    def redis(self) -> Any:
        return self._redis


class Product(Side):
    name = "Renji"

    def __init__(self, folder: Path, workers: int = 1, slots: int = 1) -> None:
        super().__init__()
        self.stack = Stack(folder, workers, slots, SUBSCRIBERS, unlimited())
        self.rest = f"{self.stack.url}/webhooks/rest/webhook"
        self.heads = (*self.stack.workers, *self.stack.slots)
        self._opened = AsyncExitStack()
        self._subscribers: dict[str, tuple[str, str]] = {}

    async def _open(self) -> None:
        settings = Settings.read(self.stack.environment())
        self._stores: Stores = open_stores(settings)
        self._opened.push_async_callback(self._stores.close)
        self._sessions = Sessions(settings.key("web-session"), utc_now)
        self._key = settings.key("conversation")
        self._crm = await self._opened.enter_async_context(tmf_crm(settings.crm_url, settings.key("crm").hex()))

    async def _meet(self) -> None:
        for number in NUMBERS:
            await self._known(number)

    async def stop(self) -> None:
        await self._opened.aclose()
        await super().stop()

    async def sender(self) -> str:
        """A signed session whose number was proven a moment ago."""
        session, number = self._sessions.new(), next(self._numbers)
        subscriber, region = await self._known(number)
        binding = Binding(number, subscriber, utc_now(), "code")
        conversation = session.address.conversation_id(self._key)
        known = await self._stores.conversations.bind(conversation, binding, region, session.address)
        return self._sessions.token(self._sessions.renewed(session, known))

    async def _known(self, number: str) -> tuple[str, str]:
        """(id, region) of whom the CRM names for a number."""
        if number not in self._subscribers:
            found = await self._crm.subscriber_of(number, deadline=within(10))
            self._subscribers[number] = (found.id, found.region)
        return self._subscribers[number]

    async def lengthen(self, sender: str, said: int, turns: int, session: int) -> int:
        """Really talked through."""
        while said + len(VISIT) < turns:
            if session and said and said % session < len(VISIT):
                await self._sleep(sender)
            await self.crowd.visit(VISIT, Talk(), sender=sender)
            said += len(VISIT)
        return said

    async def _sleep(self, sender: str) -> None:
        """Two hours go by: the next message begins a session."""
        session = self._sessions.read(sender)
        assert session is not None
        conversation, keys = session.address.conversation_id(self._key), self._stores.keys
        events = keys.of(conversation, "events", conversation)
        turns = [json.loads(turn) for turn in await self._stores.redis.lrange(events, 0, -1)]
        pipe = self._stores.redis.pipeline()
        pipe.delete(events)
        pipe.rpush(events, *(json.dumps(shifted(turn, timedelta(hours=-2)), ensure_ascii=False) for turn in turns))
        pipe.hincrby(keys.conversation(conversation), "active_ms", -2 * 3600 * 1000)
        await pipe.execute()

    def redis(self) -> Any:
        return self._stores.redis
