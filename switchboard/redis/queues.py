"""How much waits where, over all partitions: what `/metrics` and `python -m switchboard inspect queues` show."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from switchboard.redis.connection import Client, reaching
from switchboard.redis.keys import tag

_OUT = re.compile(rb"\{p\d+\}:out:(.+)")


@dataclass(frozen=True)
class Waiting:
    """`oldest_ms` is when the oldest arrived, 0 where nothing waits."""

    count: int = 0
    oldest_ms: int = 0

    def age_s(self, now_ms: int) -> float:
        return max(0.0, (now_ms - self.oldest_ms) / 1000) if self.oldest_ms else 0.0

    def __add__(self, other: Waiting) -> Waiting:
        oldest = [one.oldest_ms for one in (self, other) if one.oldest_ms]
        return Waiting(self.count + other.count, min(oldest, default=0))


@dataclass(frozen=True)
class Queues:
    """`inbound` and `out` (by route) are not answered and not sent yet; `log` is not in SQL yet; `human` waits for an
    agent. `unheld`: partitions that no worker holds. `fullest`: the most that one partition holds of `inbound`."""

    inbound: Waiting = Waiting()
    out: dict[str, Waiting] = field(default_factory=dict)
    log: Waiting = Waiting()
    human: Waiting = Waiting()
    timers: Waiting = Waiting()
    quarantine: int = 0
    unheld: int = 0
    fullest: int = 0


async def routes(redis: Client) -> list[str]:
    """Routes that have anything waiting. Walks all keys: for a person who asks, not for a metric."""
    found: set[str] = set()
    with reaching():
        async for key in redis.scan_iter("{p*}:out:*", count=10_000):
            match = _OUT.fullmatch(key)
            if match:
                found.add(match[1].decode())
    return sorted(found)


async def look(redis: Client, partitions: int, out: Sequence[str]) -> Queues:
    """Two round trips, and two more where somebody waits for a human. `out` names the routes. Raises NotReachable."""
    streams = ["in", "log", *(f"out:{route}" for route in out)]
    with reaching():
        pipe = redis.pipeline(transaction=False)
        for n in range(partitions):
            for stream in streams:
                pipe.xlen(f"{tag(n)}:{stream}")
                pipe.xrange(f"{tag(n)}:{stream}", count=1)
            pipe.hlen(f"{tag(n)}:quarantine")
            pipe.exists(f"{tag(n)}:lease")
            pipe.zrange(f"{tag(n)}:timers", 0, 0, withscores=True)
            pipe.zcard(f"{tag(n)}:timers")
            pipe.zrange(f"{tag(n)}:queue", 0, -1)
        answers = await pipe.execute()
        size = len(answers) // partitions
        rows = [answers[at : at + size] for at in range(0, len(answers), size)]
        queued = [(tag(n), conversation) for n, row in enumerate(rows) for conversation in row[-1]]
        human = await _human(redis, queued)
    waits = {s: [_stream(row[2 * n], row[2 * n + 1]) for row in rows] for n, s in enumerate(streams)}
    return Queues(
        inbound=sum(waits["in"], Waiting()),
        out={route: sum(waits[f"out:{route}"], Waiting()) for route in out},
        # The last entry of each log stays when everything is in SQL.
        log=sum(
            (Waiting(max(0, one.count - 1), one.oldest_ms if one.count > 1 else 0) for one in waits["log"]), Waiting()
        ),
        human=human,
        timers=sum((Waiting(row[-2], int(row[-3][0][1]) if row[-3] else 0) for row in rows), Waiting()),
        quarantine=sum(row[-5] for row in rows),
        unheld=sum(1 for row in rows if not row[-4]),
        fullest=max(one.count for one in waits["in"]),
    )


def _stream(length: int, first: Sequence[Any]) -> Waiting:
    return Waiting(length, int(first[0][0].split(b"-")[0]) if first else 0)


async def _human(redis: Client, queued: Sequence[tuple[str, bytes]]) -> Waiting:
    if not queued:
        return Waiting()
    pipe = redis.pipeline(transaction=False)
    for t, conversation in queued:
        pipe.hget(f"{t}:conv:{conversation.decode()}", "handoff")
    ids = await pipe.execute()
    pipe = redis.pipeline(transaction=False)
    for (t, _), handoff in zip(queued, ids, strict=True):
        pipe.hget(f"{t}:handoff:{(handoff or b'').decode()}", "since_ms")
    return sum((Waiting(1, int(since or 0)) for since in await pipe.execute()), Waiting())
