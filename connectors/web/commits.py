"""Word of commits by pub/sub: `done:<conversation>` carries {message_ids, replies}. Lossy: callers bound their wait."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis import asyncio as aioredis

from switchboard.redis.connection import reaching


class RedisCommits:
    def __init__(self, redis: aioredis.Redis) -> None:
        self._redis = redis

    @asynccontextmanager
    async def watch(self, conversation: str) -> AsyncIterator[_Watch]:
        """Raises NotReachable."""
        with reaching():
            async with self._redis.pubsub() as pubsub:
                await pubsub.subscribe(f"done:{conversation}")
                # The answer to the subscription: from here on nothing is missed.
                await pubsub.get_message(timeout=2.0)
                yield _Watch(pubsub)


class _Watch:
    def __init__(self, pubsub: Any) -> None:
        self._pubsub = pubsub

    async def wait(self, message_id: str) -> list[str]:
        while True:
            with reaching():
                told = await self._pubsub.get_message(ignore_subscribe_messages=True, timeout=1.0)
            if told is None:
                continue
            word = json.loads(told["data"])
            if message_id in word.get("message_ids", ()):
                return [str(reply) for reply in word.get("replies", [])]
