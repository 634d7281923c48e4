"""The Quotes port of crm/operations: offers to act, single use."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from switchboard.ports import Clock
from switchboard.redis.connection import reaching
from switchboard.redis.keys import Keys
from switchboard.redis.records import ms
from switchboard.redis.scripting import Scripts

KEPT_MS = 48 * 3600 * 1000
"""How long a quote is remembered after it expired, so that "too late" can be told from "never"."""


class RedisQuotes:
    def __init__(self, scripts: Scripts, keys: Keys, clock: Clock) -> None:
        self._scripts, self._redis, self._keys, self._clock = scripts, scripts.redis, keys, clock

    def _at(self, conversation: str, quote_id: str) -> list[str]:
        return [self._keys.of(conversation, "quote", quote_id), self._keys.conversation(conversation)]

    async def issue(self, conversation: str, quote_id: str, body: Mapping[str, Any], ttl_s: int) -> None:
        expires_ms = ms(self._clock()) + ttl_s * 1000
        stored = json.dumps(body, ensure_ascii=False)
        args = [self._keys.tag(conversation), quote_id, conversation, stored, expires_ms, ttl_s * 1000 + KEPT_MS]
        await self._scripts.run("quote_issue", self._at(conversation, quote_id), args)

    async def get(self, conversation: str, quote_id: str) -> dict[str, Any] | None:
        with reaching():
            stored = await self._redis.hgetall(self._at(conversation, quote_id)[0])
        if not stored or stored[b"conversation"].decode() != conversation:
            return None
        state, reason = stored[b"state"].decode(), stored.get(b"reason", b"").decode()
        if state in ("issued", "shown") and int(stored[b"expires_ms"]) <= ms(self._clock()):
            state, reason = "void", "expired"
        return {**json.loads(stored[b"body"]), "state": state, "reason": reason}

    async def was_shown(self, conversation: str, quote_id: str, before: str, timeout_s: float = 2.0) -> bool:
        deadline = asyncio.get_running_loop().time() + timeout_s
        while True:
            with reaching():
                state, after = await self._redis.hmget(self._at(conversation, quote_id)[0], "state", "shown_after")
            if state != b"issued" or asyncio.get_running_loop().time() >= deadline:
                break
            await asyncio.sleep(0.05)
        # One that an earlier version showed has no place.
        return state == b"shown" and (not before or not after or _place(after.decode()) < _place(before))

    async def consume(self, conversation: str, quote_id: str, message_id: str) -> bool:
        args = [conversation, quote_id, message_id, ms(self._clock())]
        return bool(await self._scripts.run("quote_consume", self._at(conversation, quote_id), args))

    async def void(self, conversation: str, quote_id: str, reason: str) -> None:
        await self._scripts.run("quote_void", self._at(conversation, quote_id), [conversation, quote_id, reason])


def _place(entry: str) -> tuple[int, int]:
    """The order of the log's entries, named "milliseconds-number"."""
    at_ms, _, number = entry.partition("-")
    return int(at_ms), int(number)
