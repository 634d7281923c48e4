"""Word of what happens to conversations, by pub/sub: one subscription for all requests of a process that wait.

`done:<conversation>` carries {message_ids, replies} of a commit, `web` the id of an Address that got a message. Both
may be lost with a connection: callers look by themselves now and then.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from switchboard.model import Address
from switchboard.redis.connection import LOST, Client
from switchboard.redis.heard import heard
from switchboard.redis.outbox import CHANNEL
from switchboard.tasks import end

DONE = "done:"
AGAIN_S = 0.2


class RedisCommits:
    """`watch` hears something only inside `running`."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._watches: dict[str, set[RedisWatch]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        listening = asyncio.create_task(self._listen())
        try:
            yield
        finally:
            await end(listening)

    @contextmanager
    def watch(self, conversation: str, address: Address, message_id: str) -> Iterator[RedisWatch]:
        """From here on nothing about this message and its Address is missed, while the connection holds."""
        watch, names = RedisWatch(message_id), (f"{DONE}{conversation}", address.id)
        for name in names:
            self._watches.setdefault(name, set()).add(watch)
        try:
            yield watch
        finally:
            for name in names:
                self._watches[name].discard(watch)
                if not self._watches[name]:
                    del self._watches[name]

    async def _listen(self) -> None:
        while True:
            try:
                async for channel, told in heard(self._redis, CHANNEL, [f"{DONE}*"]):
                    self._tell(channel, told)
            except LOST:
                await asyncio.sleep(AGAIN_S)

    def _tell(self, channel: str, data: bytes) -> None:
        if channel == CHANNEL:
            for watch in self._watches.get(data.decode(), ()):
                watch.got_message()
        elif watches := self._watches.get(channel):
            word = json.loads(data)
            for watch in watches:
                watch.got_commit(word)


class RedisWatch:
    """See rest.Watch."""

    def __init__(self, message_id: str) -> None:
        self.replies: frozenset[str] | None = None
        self._message_id = message_id
        self._puts = 0
        self._complete = False
        self._waiting: asyncio.Future[None] | None = None

    async def complete(self, within_s: float) -> None:
        """For one that waits: `wait_for` would make a task for each."""
        if self._complete:
            return
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        late = loop.call_later(within_s, _let_go, self._waiting)
        try:
            await self._waiting
        finally:
            late.cancel()
            self._waiting = None

    def got_message(self) -> None:
        self._puts += 1
        self._look()

    def got_commit(self, word: dict[str, Any]) -> None:
        if self._message_id in word.get("message_ids", ()):
            self.replies = frozenset(str(reply) for reply in word.get("replies", ()))
            self._look()

    def _look(self) -> None:
        # A message may be another one's; whoever waits looks for its own, and then again.
        if self.replies is not None and self._puts >= len(self.replies):
            self._complete = True
            if self._waiting is not None:
                _let_go(self._waiting)


def _let_go(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():
        waiting.set_result(None)
