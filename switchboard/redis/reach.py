"""How a number wants to be told things: what it ended, where else it can be reached, what it was told already.

All of a number's keys stand with its SMS conversation, so that they are erased with it. {pN}:reach:C is a hash:
subscriber, topic:T → JSON {state, at, channel, message}, address:CHANNEL → JSON; {pN}:told:C:KEY lives as long as the
same is not said again; {pN}:noticed:C is a sorted set of the last day's notices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from switchboard.codec import from_dict, to_json
from switchboard.model import Address
from switchboard.ports import Clock
from switchboard.redis.connection import reaching
from switchboard.redis.keys import Keys
from switchboard.redis.records import loads, ms
from switchboard.redis.scripting import Scripts

TOLD_DAYS = 40
"""Longer than a month: what happens once in a billing month is told once."""
DAY = timedelta(hours=24)


@dataclass(frozen=True)
class Reached:
    """What a number ended, and its Addresses beside the phone itself, by channel."""

    ended: frozenset[str] = frozenset()
    addresses: Mapping[str, Address] | None = None


class RedisReach:
    """All raise NotReachable. `end` is the Reminders port of crm/operations."""

    def __init__(self, scripts: Scripts, keys: Keys, key: bytes, clock: Clock) -> None:
        self._scripts, self._redis, self._keys, self._key, self._clock = scripts, scripts.redis, keys, key, clock

    async def of(self, msisdn: str, subscriber: str = "") -> Reached:
        """`subscriber`: who has the number now; what another had said before is forgotten. "" asks only."""
        if subscriber:
            flat = await self._scripts.run("reach", [self._name(msisdn, "reach")], [subscriber])
            stored = dict(zip(flat[::2], flat[1::2], strict=True))
        else:
            with reaching():
                stored = await self._redis.hgetall(self._name(msisdn, "reach"))
        fields = {name.decode(): value for name, value in stored.items()}
        topics, found = _under("topic", fields), _under("address", fields)
        ended = {topic for topic, said in topics.items() if loads(said)["state"] == "off"}
        addresses = {channel: from_dict(Address, loads(value)) for channel, value in found.items()}
        return Reached(frozenset(ended), addresses)

    async def bound(self, msisdn: str, subscriber: str, address: Address) -> None:
        """The number can be reached there too."""
        field = [f"address:{address.channel}", to_json(address)]
        await self._scripts.run("reach", [self._name(msisdn, "reach")], [subscriber, *field])

    async def end(self, msisdn: str, subscriber: str, topic: str, off: bool, how: Mapping[str, Any]) -> None:
        """The person ends a kind of notice, or wants it again. `how`: by which message on which channel."""
        said = {"state": "off" if off else "on", "at": self._clock().isoformat(), **how}
        await self._scripts.run("reach", [self._name(msisdn, "reach")], [subscriber, f"topic:{topic}", to_json(said)])

    async def said(self, msisdn: str, subscriber: str) -> dict[str, dict[str, Any]]:
        """What this subscriber said last of each topic."""
        flat = await self._scripts.run("reach", [self._name(msisdn, "reach")], [subscriber])
        stored = {name.decode(): value for name, value in zip(flat[::2], flat[1::2], strict=True)}
        return {topic: loads(value) for topic, value in _under("topic", stored).items()}

    async def was_told(self, msisdn: str, what: str) -> bool:
        with reaching():
            return bool(await self._redis.exists(self._name(msisdn, "told", _short(what))))

    async def tell(self, msisdn: str, what: str, days: int = TOLD_DAYS) -> None:
        """From now on for so many days it counts as told."""
        with reaching():
            await self._redis.set(self._name(msisdn, "told", _short(what)), "1", ex=days * 86400)

    async def allows(self, msisdn: str, notice: str, most: int) -> bool:
        """Whether one more of `most` a day may be said; the same notice may be asked for again."""
        now = self._clock()
        window = [ms(now), ms(now - DAY), most, int(DAY.total_seconds())]
        return bool(await self._scripts.run("notice_cap", [self._name(msisdn, "noticed")], [notice, *window]))

    def _name(self, msisdn: str, kind: str, *rest: str) -> str:
        conversation = Address("sms", msisdn).conversation_id(self._key)
        return self._keys.of(conversation, kind, conversation, *rest)


def _short(what: str) -> str:
    """A CRM may name what happened by the number, which stands in no name of a key."""
    return hashlib.sha256(what.encode()).hexdigest()[:24]


def _under(prefix: str, fields: Mapping[str, bytes]) -> dict[str, bytes]:
    """The fields prefix:NAME by NAME."""
    return {name.partition(":")[2]: value for name, value in fields.items() if name.startswith(f"{prefix}:")}
