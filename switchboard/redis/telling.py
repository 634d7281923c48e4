"""The Tell port of crm/operations: every Address that is bound to a number hears of it, and the phone itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from switchboard.model import Address, Notice
from switchboard.ports import Accept, Clock
from switchboard.redis.conversations import RedisConversations

LATEST = timedelta(days=1)


class Telling:
    """Security notices: no consent is asked for, and no hour is too late."""

    def __init__(self, accept: Accept, conversations: RedisConversations, clock: Clock) -> None:
        self._accept, self._conversations, self._clock = accept, conversations, clock

    async def __call__(self, msisdn: str, response: str, values: Mapping[str, Any], dedupe: str) -> None:
        """Once for each `dedupe`. Raises Full, StoreUnavailable."""
        known = await self._conversations.bound_to(msisdn)
        languages = {one.address: one.language for one in known}
        notices = [
            self._notice(address, response, values, dedupe, languages.get(address, "zh"))
            for address in {**languages, Address("sms", msisdn): ""}
        ]
        await self._accept.accept(notices)

    def _notice(self, address: Address, response: str, values: Mapping[str, Any], dedupe: str, language: str) -> Notice:
        now = self._clock()
        of = hashlib.sha256(f"{dedupe}\n{address.channel}\n{address.id}".encode()).hexdigest()[:24]
        return Notice(f"told:{of}", address, "security", response, values, f"told:{of}", now, now + LATEST, language)
