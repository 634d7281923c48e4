"""The StepUps port of crm/operations: one-time codes, stored as HMAC, counted per number across all conversations."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any, Literal, cast

from switchboard.ports import Clock
from switchboard.redis.connection import reaching
from switchboard.redis.keys import Keys
from switchboard.redis.records import ms
from switchboard.redis.scripting import Scripts

APART_MS = 60_000


class RedisStepUps:
    """`key` is Settings.key("stepup")."""

    def __init__(self, scripts: Scripts, keys: Keys, key: bytes, clock: Clock) -> None:
        self._scripts, self._redis, self._keys, self._key, self._clock = scripts, scripts.redis, keys, key, clock

    async def issue(
        self, conversation: str, operation: str, msisdn: str, code: str, facts: Mapping[str, Any], ttl_s: int
    ) -> Literal["ok", "too_soon", "too_many", "locked"]:
        now, number = ms(self._clock()), self._hmac(msisdn)
        answer = (await self._scripts.run("stepup_rate", [_of(number, "issues"), _of(number, "lock")], [now])).decode()
        if answer == "ok":
            key = self._keys.of(conversation, "stepup", conversation, operation)
            fields: Any = {
                "code": self._hmac(conversation, operation, code),
                "facts": json.dumps(facts, ensure_ascii=False),
                "expires_ms": now + ttl_s * 1000,
                "number": number,
            }
            known = self._keys.of(conversation, "stepups", conversation)
            words = [word for pair in fields.items() for word in pair]
            await self._scripts.run("stepup_issue", [key, known], [ttl_s + 3600, *words])
        return cast(Literal["ok", "too_soon", "too_many", "locked"], answer)

    async def check(
        self, conversation: str, operation: str, msisdn: str, code: str, message_id: str
    ) -> tuple[Literal["ok", "wrong", "locked", "expired", "none"], dict[str, Any]]:
        number = self._hmac(msisdn)
        key = self._keys.of(conversation, "stepup", conversation, operation)
        answered = self._keys.of(conversation, "stepup_answer", conversation, operation, message_id)
        with reaching():
            again = await self._redis.exists(answered)
        if not again and not await self._scripts.run("stepup_try", [_of(number, "tries"), _of(number, "lock")]):
            return "locked", {}
        typed = self._hmac(conversation, operation, code)
        result, facts = await self._scripts.run("stepup_check", [key, answered], [typed, ms(self._clock()), number])
        if result == b"ok":
            with reaching():
                await self._redis.delete(_of(number, "tries"))
                if not again:
                    await self._done_waiting(_of(number, "issues"))
        return cast(Literal["ok", "wrong", "expired", "none"], result.decode()), json.loads(facts)

    async def _done_waiting(self, issues: str) -> None:
        """Codes are 60 s apart because a resend is a nuisance; one after a used code is no resend. It still counts."""
        newest = await self._redis.zpopmax(issues)
        if newest:
            await self._redis.zadd(issues, {newest[0][0]: newest[0][1] - APART_MS})

    async def cancel(self, conversation: str, operation: str) -> None:
        with reaching():
            await self._redis.delete(self._keys.of(conversation, "stepup", conversation, operation))

    def _hmac(self, *words: str) -> str:
        return hmac.new(self._key, "\n".join(words).encode(), hashlib.sha256).hexdigest()


def _of(number: str, kind: str) -> str:
    """Counters of a number belong to no conversation; their own tag keeps them together."""
    return f"{{n:{number}}}:{kind}"
