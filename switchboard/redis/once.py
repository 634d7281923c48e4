"""The Once port of crm/operations: the answers of writes, so that a turn that runs again acts once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from switchboard.redis.connection import Client, reaching
from switchboard.redis.keys import Keys

KEPT_S = 48 * 3600


class RedisOnce:
    def __init__(self, redis: Client, keys: Keys) -> None:
        self._redis, self._keys = redis, keys

    async def recall(self, conversation: str, message_id: str, operation: str) -> dict[str, Any] | None:
        with reaching():
            stored = await self._redis.get(self._keys.of(conversation, "once", conversation, message_id, operation))
        return json.loads(stored) if stored else None

    async def keep(self, conversation: str, message_id: str, operation: str, answer: Mapping[str, Any]) -> None:
        """The first answer stays."""
        key = self._keys.of(conversation, "once", conversation, message_id, operation)
        with reaching():
            await self._redis.set(key, json.dumps(answer, ensure_ascii=False), ex=KEPT_S, nx=True)
