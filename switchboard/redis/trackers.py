"""The Trackers port: append-only events and "turn, once" (design, the exchange, 4)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from switchboard.codec import json_of
from switchboard.errors import TurnConflict
from switchboard.ports import Loaded
from switchboard.redis.connection import reaching
from switchboard.redis.keys import Keys
from switchboard.redis.scripting import Scripts


class RedisTrackers:
    def __init__(self, scripts: Scripts, keys: Keys) -> None:
        self._scripts, self._redis, self._keys = scripts, scripts.redis, keys

    async def result(self, conversation: str, message_id: str) -> dict[str, Any] | None:
        with reaching():
            stored = await self._redis.get(self._keys.of(conversation, "turn", conversation, message_id))
        return json.loads(stored) if stored else None

    async def load(
        self, conversation: str, turns: int = 20, read: Callable[[bytes], Sequence[Any]] = json.loads
    ) -> Loaded:
        """The latest snapshot, the events of the last `turns` turns (60 are kept), and how many were ever stored."""
        return (await self._load(self._read_keys(conversation), turns, read))[1]

    async def begin(
        self, conversation: str, message_id: str, turns: int, read: Callable[[bytes], Sequence[Any]] = json.loads
    ) -> tuple[dict[str, Any] | None, Loaded]:
        """See ports.Trackers."""
        turn = self._keys.of(conversation, "turn", conversation, message_id)
        return await self._load([*self._read_keys(conversation), turn], turns, read)

    def _read_keys(self, conversation: str) -> list[str]:
        of = self._keys.of
        return [
            self._keys.conversation(conversation),
            of(conversation, "events", conversation),
            of(conversation, "snapshot", conversation),
        ]

    async def _load(
        self, keys: Sequence[str], turns: int, read: Callable[[bytes], Sequence[Any]]
    ) -> tuple[dict[str, Any] | None, Loaded]:
        snapshot, stored, count, result = await self._scripts.run("turn_load", keys, [turns])
        events = [event for turn in stored for event in read(turn)]
        loaded = (json.loads(snapshot) if snapshot else None), events, int(count or 0)
        return (json.loads(result) if result else None), loaded

    async def append(
        self,
        conversation: str,
        message_id: str,
        token: str,
        loaded: int,
        events: Sequence[Mapping[str, Any]],
        snapshot: Mapping[str, Any] | None,
        result: Mapping[str, Any],
    ) -> None:
        """See ports.Trackers. Without a snapshot the last one stays."""
        of = self._keys.of
        keys = [
            of(conversation, "lease"),
            self._keys.conversation(conversation),
            of(conversation, "events", conversation),
            of(conversation, "snapshot", conversation),
            of(conversation, "turn", conversation, message_id),
        ]
        latest = "" if snapshot is None else json_of(snapshot)
        told = json_of(list(events)), len(events), latest, json_of(result)
        answer = await self._scripts.run("turn", keys, [token, loaded, *told])
        if answer != b"done":
            raise TurnConflict(f"{message_id}: {answer.decode()}")
