"""What nobody could answer, kept 30 days beside the log so that it can be looked at, played again or dismissed.

{pN}:quarantine is a hash, entry id → JSON {v, conversation, item, trace, reason, attempts, at_ms}; `item` is what stood
in the entry, as text, since it may be unreadable. A partition keeps 200; the oldest go first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from switchboard.errors import BadRecord
from switchboard.ports import Clock
from switchboard.redis.connection import Client, reaching
from switchboard.redis.keys import tag
from switchboard.redis.records import LogRecord, loads, log_args, moment, ms
from switchboard.redis.scripting import Scripts

SCHEMA = 1
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class Quarantined:
    """`id` is `partition:entry`; `item` the masked JSON of what came in."""

    id: str
    conversation: str
    item: str
    trace: str
    reason: str
    attempts: int
    at: datetime

    @property
    def kind(self) -> str:
        """The item's type, "" where it cannot be read."""
        try:
            return str(loads(self.item).get("type", ""))
        except BadRecord:
            return ""


def kept(conversation: str, item: str, trace: str, record: Mapping[str, Any], now: datetime) -> str:
    """What the scripts store; `record` is the body of the log's entry."""
    body = {
        "v": SCHEMA,
        "conversation": conversation,
        "item": item,
        "trace": trace,
        "reason": record.get("reason", ""),
        "attempts": record.get("attempts", 0),
        "at_ms": ms(now),
    }
    return json.dumps(body, ensure_ascii=False)


def cutoff_ms(now: datetime) -> int:
    """Entries that arrived before it are forgotten."""
    return ms(now - KEPT)


class Quarantine:
    """Each act is one script: a second call finds nothing and changes nothing. All raise NotReachable."""

    def __init__(self, redis: Client, partitions: int, clock: Clock) -> None:
        self._redis, self._scripts, self._partitions, self._clock = redis, Scripts(redis), partitions, clock

    async def list(self) -> list[Quarantined]:
        """The oldest first."""
        with reaching():
            pipe = self._redis.pipeline(transaction=False)
            for n in range(self._partitions):
                pipe.hgetall(f"{tag(n)}:quarantine")
            answers = await pipe.execute()
        found = [_load(n, entry, body) for n, stored in enumerate(answers) for entry, body in stored.items()]
        return sorted((one for one in found if one.at > self._clock() - KEPT), key=lambda one: one.at)

    async def replay(self, identifier: str, by: str) -> bool:
        """Back into the lane, with a fresh count of attempts; False when it is not there (any more). It keeps its
        message id, so that what its turn did already is not done again. Raises BadRecord for no id."""
        return await self._settle(identifier, "replayed", by, "bring")

    async def discard(self, identifier: str, by: str) -> bool:
        """Forgotten; the log keeps that it was, and by whom. False when it is not there. Raises BadRecord."""
        return await self._settle(identifier, "discarded", by, "")

    async def _settle(self, identifier: str, kind: str, by: str, act: str) -> bool:
        partition, _, entry = identifier.partition(":")
        if not (partition.isdigit() and int(partition) < self._partitions and entry):
            raise BadRecord(f"{identifier!r} is not like 7:1700000000000-0")
        t = tag(int(partition))
        logged = log_args(LogRecord(kind, {"entry": entry, "by": by}), self._clock())
        keys = [f"{t}:quarantine", f"{t}:in"]
        return bool(await self._scripts.run("unquarantine", keys, [t, entry, act, *logged]))


def _load(partition: int, entry: bytes, stored: bytes) -> Quarantined:
    body = loads(stored)
    return Quarantined(
        id=f"{partition}:{entry.decode()}",
        conversation=body["conversation"],
        item=body["item"],
        trace=body["trace"],
        reason=body["reason"],
        attempts=int(body["attempts"]),
        at=moment(int(body["at_ms"])),
    )
