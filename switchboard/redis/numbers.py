"""What is known by number: which conversations are bound to it (perhaps some that are not any more, never fewer than
are), and whether nothing is transacted for it now."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime

from switchboard.masking import msisdn as masked
from switchboard.ports import Clock
from switchboard.redis.connection import Client, reaching
from switchboard.redis.records import moment, ms
from switchboard.redis.story import Story, told

KIND = "bound"
STORY = 1000
"""So many acts are kept for the command line; the audit has all."""


class Numbers:
    """`key` is Settings.key("number"): a number stands in no name of a key."""

    def __init__(self, redis: Client, key: bytes) -> None:
        self._redis, self._key = redis, key

    async def add(self, msisdn: str, conversation: str) -> None:
        """Before the binding, so that none is missing when the process dies between the two."""
        with reaching():
            await self._redis.sadd(self._of(msisdn), conversation)

    async def remove(self, msisdn: str, conversation: str) -> None:
        with reaching():
            await self._redis.srem(self._of(msisdn), conversation)

    async def conversations(self, msisdn: str) -> list[str]:
        with reaching():
            return sorted(name.decode() for name in await self._redis.smembers(self._of(msisdn)))

    def _of(self, msisdn: str) -> str:
        return named(self._key, msisdn, KIND)


class RedisLocks:
    """The Locks port of crm/operations; `key` as for Numbers."""

    def __init__(self, redis: Client, key: bytes, clock: Clock) -> None:
        self._redis, self._key, self._clock = redis, key, clock
        self.story = Story(redis, "{locks}")

    async def lift(self, msisdn: str, by: str, why: str) -> bool:
        """End the lock before its time, by hand; False where there is none. The story knows it first, with the number
        masked: no lock ends without it.
        """
        if await self.until(msisdn) is None:
            return False
        fields = told("lift", masked(msisdn), by, why, self._clock(), "")
        with reaching():
            await self._redis.xadd(self.story.key, dict(zip(fields[::2], fields[1::2], strict=True)), maxlen=STORY)
            await self._redis.delete(named(self._key, msisdn, "lock"))
        return True

    async def lock(self, msisdn: str, until: datetime) -> None:
        left_ms = ms(until) - ms(self._clock())
        known = await self.until(msisdn)
        if left_ms > 0 and (known is None or known < until):
            with reaching():
                await self._redis.set(named(self._key, msisdn, "lock"), ms(until), px=left_ms)

    async def until(self, msisdn: str) -> datetime | None:
        with reaching():
            stored = await self._redis.get(named(self._key, msisdn, "lock"))
        until = moment(int(stored)) if stored else None
        return until if until and until > self._clock() else None


def named(key: bytes, msisdn: str, kind: str) -> str:
    """A number belongs to no conversation, so its partition is its own."""
    return f"{{n:{hmac.new(key, msisdn.encode(), hashlib.sha256).hexdigest()}}}:{kind}"
