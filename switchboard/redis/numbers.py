"""Which conversations are bound to a number: perhaps some that are not any more, never fewer than are."""

from __future__ import annotations

import hashlib
import hmac

from switchboard.redis.connection import Client, reaching

KIND = "bound"


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
        # A number belongs to no conversation, so its partition is its own.
        return f"{{n:{hmac.new(self._key, msisdn.encode(), hashlib.sha256).hexdigest()}}}:{KIND}"
