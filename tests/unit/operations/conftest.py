"""A counter to order at: the fake CRM, and the stores in memory and on a real Redis, each test with both."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from crm.fake import FakeCrm
from crm.fake_payments import FakePayments
from crm.operations.context import Bound, Context
from crm.operations.doors import Doors
from crm.operations.fake import FakeBindings, FakeCodeSender, FakeOnce, FakeQuotes, FakeStepUps, FakeVault
from switchboard.redis.keys import Keys
from switchboard.redis.once import RedisOnce
from switchboard.redis.quotes import RedisQuotes
from switchboard.redis.scripting import Scripts
from switchboard.redis.stepups import RedisStepUps

MSISDN = "+8613800000000"
TALK = "web:aaaa"


class Clock:
    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 4, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class ShownOnRedis(RedisQuotes):
    """`show` writes what the sender's script writes when the channel took the message."""

    async def show(self, conversation: str, quote_id: str, after: str = "0-0") -> None:
        key = self._keys.of(conversation, "quote", quote_id)
        quote = await self.get(conversation, quote_id)
        # Whoever is shown an offer is bound: the conversation knows whose number it is.
        await self._redis.hset(self._keys.conversation(conversation), "subscriber", (quote or {})["subscriber_id"])
        if await self._redis.hget(key, "state") == b"issued":
            await self._redis.hset(key, mapping={"state": "shown", "shown_after": after})


@dataclass
class Counter:
    """Doors, and what stands behind them."""

    doors: Doors
    crm: FakeCrm
    clock: Clock
    codes: FakeCodeSender
    vault: FakeVault
    bindings: FakeBindings

    def who(
        self,
        message: str = "m1",
        channel: str = "web",
        conversation: str = TALK,
        msisdn: str = MSISDN,
        place: str = "",
    ) -> Context:
        bound = Bound(msisdn, self.crm.subscribers[msisdn].id)
        return Context(conversation, message, channel, bound=bound, place=place)

    async def show(self, quote_id: str, conversation: str = TALK, after: str = "0-0") -> None:
        shown: Any = self.doors.quotes.show(conversation, quote_id, after)  # type: ignore[attr-defined]
        if inspect.isawaitable(shown):
            await shown

    def type_code(self, code: str, conversation: str = TALK) -> str:
        """The reference that masking puts into the text."""
        ref = f"{len(self.vault.values):016x}"
        self.vault.values[conversation, ref] = code
        return ref

    def sent_code(self) -> str:
        return self.codes.sent[-1][1]

    def orders(self, msisdn: str = MSISDN) -> list[str]:
        return [o.id for o in self.crm.all_orders.values() if o.msisdn == msisdn]


@pytest.fixture(params=["memory", "redis"])
def counter(request: pytest.FixtureRequest) -> Counter:
    clock = Clock()
    crm = FakeCrm.demo(clock)
    quotes: Any = FakeQuotes()
    stepups: Any = FakeStepUps(clock)
    once: Any = FakeOnce()
    if request.param == "redis":
        client = request.getfixturevalue("redis")
        scripts, keys = Scripts(client), Keys(256)
        quotes = ShownOnRedis(scripts, keys, clock)
        stepups = RedisStepUps(scripts, keys, b"k" * 32, clock)
        once = RedisOnce(scripts, keys, clock)
    codes, vault, bindings = FakeCodeSender(), FakeVault(), FakeBindings()
    doors = Doors(
        crm=crm, payments=FakePayments(crm, clock), quotes=quotes, stepups=stepups, vault=vault, bindings=bindings,
        codes=codes, once=once, now=clock, read_s=0.3, write_s=0.3,
    )  # fmt: skip
    return Counter(doors, crm, clock, codes, vault, bindings)
