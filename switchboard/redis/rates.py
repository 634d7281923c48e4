"""How much may come in from outside: per Address, per person (all their Addresses together) and in all.

A gateway counts by itself and tells Redis after every few messages, so that a quiet person costs nothing and all
gateways together still keep to one limit. It may be passed by what each gateway lets through between two reports.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeGuard

from switchboard.errors import Limited
from switchboard.model import ChannelEvent, Inbound, InboundMessage, MessagePart
from switchboard.ports import Clock
from switchboard.redis.connection import reaching
from switchboard.redis.keys import Keys
from switchboard.redis.records import ms
from switchboard.redis.scripting import Scripts
from switchboard.settings import Settings

REPORT = 5
"""Messages of one Address between two reports; each part of a long one counts."""
REMEMBERED = 50_000
ALL = "all"


@dataclass(frozen=True)
class Rate:
    """At most `size` at once and `per_s` on average; `per_s` 0 is no limit."""

    size: int
    per_s: float


@dataclass
class _Count:
    """What was let through since the last report, and until when (monotonic seconds) nothing may be."""

    let: int = 0
    shut_until: float = 0.0


class _Begun:
    """The long messages of which some parts were let in: each other part may follow once, whatever its Address has
    used up. It is counted all the same."""

    def __init__(self) -> None:
        self._numbers: OrderedDict[tuple[str, str, int], set[int]] = OrderedDict()

    def goes_on(self, name: str, item: Inbound) -> bool:
        if not isinstance(item, MessagePart):
            return False
        numbers = self._numbers.get((name, item.reference, item.total))
        return numbers is not None and item.number not in numbers

    def add(self, name: str, item: Inbound) -> None:
        if not isinstance(item, MessagePart):
            return
        message = (name, item.reference, item.total)
        # A number that was there already begins another message: carriers use a reference again.
        numbers = self._numbers.pop(message) if self.goes_on(name, item) else set()
        numbers.add(item.number)
        self._numbers.pop(message, None)
        if len(numbers) < item.total:
            self._numbers[message] = numbers
        if len(self._numbers) > REMEMBERED:
            self._numbers.popitem(last=False)


class Rates:
    """The Rates port. `now` is monotonic seconds; the buckets in Redis go by `clock`, since they are everybody's."""

    def __init__(
        self,
        scripts: Scripts,
        keys: Keys,
        settings: Settings,
        clock: Clock,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scripts, self._redis, self._keys, self._clock, self._now = scripts, scripts.redis, keys, clock, now
        self._key = settings.key("conversation")
        self._address = _by_minute(settings.rate_address_per_minute)
        self._person = _by_minute(settings.rate_person_per_minute)
        self._all = Rate(settings.rate_all_per_s, settings.rate_all_per_s)
        self._counts: dict[str, _Count] = {}
        self._begun = _Begun()

    async def admit(self, items: Sequence[Inbound]) -> None:
        """See ports.Rates."""
        counted = [(item.address.conversation_id(self._key), item) for item in items if _counts(item)]
        names = [name for name, item in counted if not self._begun.goes_on(name, item)]
        now = self._now()
        for name in (ALL, *names):
            count = self._counts.get(name)
            if count and now < count.shut_until:
                raise Limited(_whose(name), count.shut_until - now)
        for name, item in counted:
            try:
                await self._count(name, REPORT)
            except Limited:
                if name in names:
                    raise
            # A report per message would cost more than the message: a tenth of a second's worth each.
            await self._count(ALL, max(1, int(self._all.per_s / 10)))
            self._begun.add(name, item)

    async def _count(self, name: str, report: int) -> None:
        if name not in self._counts and len(self._counts) >= REMEMBERED:
            self._forget()
        count = self._counts.setdefault(name, _Count())
        count.let += 1
        if count.let < report:
            return
        # Before the await: what comes meanwhile is counted for the next report.
        used, count.let = count.let, 0
        wait_s = await self._reported(name, used)
        if wait_s > 0:
            count.shut_until = self._now() + wait_s
            raise Limited(_whose(name), wait_s)

    async def _reported(self, name: str, used: int) -> float:
        """For how many seconds nothing may come in."""
        if name == ALL:
            return await self._draw("rate:all", used, self._all)
        wait_s = await self._draw(f"rate:address:{name}", used, self._address)
        if self._person.per_s:
            with reaching():
                subscriber = (await self._redis.hget(self._keys.conversation(name), "subscriber") or b"").decode()
            if subscriber:
                wait_s = max(wait_s, await self._draw(f"rate:person:{subscriber}", used, self._person))
        return wait_s

    async def _draw(self, key: str, used: int, rate: Rate) -> float:
        if not rate.per_s:
            return 0.0
        args = [used, rate.size, rate.per_s, ms(self._clock())]
        return int(await self._scripts.run("rate", [key], args)) / 1000

    def _forget(self) -> None:
        """Drop who may come in again; under an attack with more Addresses than are remembered, all."""
        now = self._now()
        self._counts = {name: count for name, count in self._counts.items() if now < count.shut_until}
        if len(self._counts) >= REMEMBERED:
            self._counts.clear()


def _counts(item: Inbound) -> TypeGuard[InboundMessage | MessagePart | ChannelEvent]:
    """What a person did; receipts are as many as what we said."""
    return isinstance(item, (InboundMessage, MessagePart, ChannelEvent))


def _by_minute(count: int) -> Rate:
    return Rate(count, count / 60)


def _whose(name: str) -> str:
    return ALL if name == ALL else "address"
