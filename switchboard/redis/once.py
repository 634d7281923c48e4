"""The Once port of crm/operations: the answers of writes, so that a turn that runs again acts once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from switchboard import masking
from switchboard.ports import Clock
from switchboard.redis.connection import reaching
from switchboard.redis.keys import Keys
from switchboard.redis.records import LogRecord, log_args
from switchboard.redis.scripting import Scripts

KEPT_S = 48 * 3600
EVIDENCE = "evidence"
"""What proves that a person agreed to a purchase goes into the log too, and so into SQL, where it is kept for years."""


class RedisOnce:
    def __init__(self, scripts: Scripts, keys: Keys, clock: Clock) -> None:
        self._scripts, self._redis, self._keys, self._clock = scripts, scripts.redis, keys, clock

    async def recall(self, conversation: str, message_id: str, operation: str) -> dict[str, Any] | None:
        with reaching():
            stored = await self._redis.get(self._keys.of(conversation, "once", conversation, message_id, operation))
        return json.loads(stored) if stored else None

    async def keep(self, conversation: str, message_id: str, operation: str, answer: Mapping[str, Any]) -> None:
        """The first answer stays."""
        key = self._keys.of(conversation, "once", conversation, message_id, operation)
        record: tuple[str, ...] = ()
        if operation == EVIDENCE:
            # Tables hold no full number; the subscriber's id stands beside it.
            body = {**answer, "msisdn": masking.msisdn(str(answer.get("msisdn", "")))}
            record = log_args(LogRecord(EVIDENCE, body), self._clock())
        stored = json.dumps(answer, ensure_ascii=False)
        await self._scripts.run("keep", [key], [stored, KEPT_S, self._keys.tag(conversation), conversation, *record])
