"""Tells every gateway which conversations changed in SQL, over Redis pub/sub.

Lossy on purpose: a missed word costs a screen's refresh, never data, and every page asks again by itself.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol

import structlog

from switchboard.redis.connection import LOST
from switchboard.redis.keys import DESK

CHANNEL = DESK
MOST_NAMED = 100
"""More conversations than this in one word are told as "many"."""

logger = structlog.get_logger()


class Changes(Protocol):
    """Where the desk hears that something changed."""

    def running(self) -> Any:
        """An async context that listens."""

    def watch(self) -> Any:
        """An async context that gives a Watcher."""


class Watcher:
    """One page's ear. What it does not hear in time is told as one "everything"."""

    def __init__(self) -> None:
        self._changed: set[str] = set()
        self._woken = asyncio.Event()

    def tell(self, conversations: frozenset[str]) -> None:
        self._changed |= conversations
        self._woken.set()

    async def changed(self, timeout_s: float) -> frozenset[str]:
        """Conversations that changed since the last call; empty after `timeout_s`. "*" stands for any of them."""
        try:
            await asyncio.wait_for(self._woken.wait(), timeout_s)
        except asyncio.TimeoutError:
            return frozenset()
        self._woken.clear()
        told, self._changed = frozenset(self._changed), set()
        return told


class RedisChanges:
    """`publish` is for the writer; `running` and `watch` for a gateway: one subscription for all its pages."""

    def __init__(self, redis: Any) -> None:
        self._redis = redis
        self._watchers: set[Watcher] = set()

    async def publish(self, conversations: frozenset[str]) -> None:
        told = sorted(conversations) if len(conversations) <= MOST_NAMED else ["*"]
        try:
            await self._redis.publish(CHANNEL, json.dumps({"conversations": told}))
        except LOST as error:
            logger.warning("changes_not_told", error=type(error).__name__)

    def tell(self, conversations: frozenset[str]) -> None:
        """To the watchers of this process."""
        for watcher in self._watchers:
            watcher.tell(conversations)

    @asynccontextmanager
    async def watch(self) -> AsyncIterator[Watcher]:
        watcher = Watcher()
        self._watchers.add(watcher)
        try:
            yield watcher
        finally:
            self._watchers.discard(watcher)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self._listen(), name="desk-changes")
        try:
            yield
        finally:
            # Once is not enough: on Python 3.10 the Redis client may drop a cancellation that meets an answer.
            while not task.done():
                task.cancel()
                await asyncio.wait({task}, timeout=0.5)

    async def _listen(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    # What was said while nobody listened is unknown, so every page looks again.
                    self.tell(frozenset({"*"}))
                    while True:
                        message = await pubsub.get_message(ignore_subscribe_messages=True, timeout=2.0)
                        if message:
                            self.tell(frozenset(json.loads(message["data"])["conversations"]))
            except (*LOST, asyncio.TimeoutError, ValueError, KeyError, TypeError) as error:
                logger.warning("changes_not_heard", error=type(error).__name__)
                await asyncio.sleep(1.0)
