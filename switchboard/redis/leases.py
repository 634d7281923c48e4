"""Who works on which partition: leases of 3 s under a random token, and the list of workers that are alive."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from math import inf

from switchboard.redis.connection import Client, reaching
from switchboard.redis.keys import WORKERS, tag
from switchboard.redis.scripting import Scripts, together

LEASE_MS = 3000
SILENCE_S = 2.0
"""Who did not reach Redis for so long cannot tell a holder that died from one that did not reach it either."""

_COUNTED = """
local time = redis.call('TIME')
return redis.call('ZCOUNT', KEYS[1], time[1] * 1000 + math.floor(time[2] / 1000), '+inf')
"""
"""Nobody takes the dead from the list once all are."""


@dataclass(frozen=True)
class Lease:
    """A partition that is ours. `crashed`: its last holder, another process, did not release it, though it could."""

    partition: int
    token: str
    crashed: bool


@dataclass(frozen=True)
class Kept:
    """A renewed lease: when the next timer is due (ms, None for none), how many conversations agents hold, and how
    many entries and messages lie in its streams."""

    timer_ms: int | None
    talks: int
    waiting: int


@dataclass(frozen=True)
class Living:
    """How many workers live, and in how many seconds the first of the others counts as dead unless it speaks again
    (endless where there is no other)."""

    count: int
    dead_in_s: float


class Leases:
    """The leases of one worker process."""

    def __init__(self, scripts: Scripts, worker: str, now: Callable[[], float] = time.monotonic) -> None:
        self._scripts, self._redis, self._worker = scripts, scripts.redis, worker
        self._process, self._now = secrets.token_hex(8), now
        self._spoke_at = self._silent_until = 0.0

    async def alive(self) -> Living:
        """Say that this worker lives for the next lease time."""
        count, unheard_ms = await self._scripts.run("alive", [WORKERS], [self._worker, LEASE_MS])
        at, before = self._now(), self._spoke_at
        self._spoke_at = at
        if before and at - before > SILENCE_S:
            self._silent_until = at + LEASE_MS / 1000
        return Living(count, unheard_ms / 1000 if unheard_ms >= 0 else inf)

    async def gone(self) -> None:
        """This worker ends in good order."""
        with reaching():
            await self._redis.zrem(WORKERS, self._worker)

    async def free(self, partitions: Sequence[int], reclaim: bool = False) -> list[int]:
        """Those that `acquire` would get now: to look is cheaper than to try, and most are held."""
        groups = together(self._redis, partitions, lambda partition: partition)
        calls = [([f"{tag(p)}:lease" for p in group], [self._replaced(reclaim)]) for group in groups]
        answers = await self._scripts.run_many("free", calls)
        return [group[at - 1] for group, found in zip(groups, answers, strict=True) for at in found]

    async def acquire(self, partitions: Sequence[int], reclaim: bool = False) -> list[Lease]:
        """Those that were free. With `reclaim` also those held under this worker's name: by the process before us.

        Only for a process that starts: two that run under one name would take them from each other for ever.
        """
        ours = self._replaced(False)
        tokens = [f"{ours}{secrets.token_hex(8)}" for _ in partitions]
        calls = [
            ([f"{tag(p)}:lease", f"{tag(p)}:held"], [token, self._replaced(reclaim), LEASE_MS])
            for p, token in zip(partitions, tokens, strict=True)
        ]
        answers = await self._scripts.run_many("acquire", calls)
        silent = self._now() < self._silent_until
        return [
            Lease(p, token, before != b"" and not before.decode().startswith(ours) and not silent)
            for p, token, before in zip(partitions, tokens, answers, strict=True)
            if before is not None
        ]

    def _replaced(self, reclaim: bool) -> str:
        """How tokens begin that this process may replace: its own, whose answer was lost; its predecessor's too."""
        return f"{self._worker}/" if reclaim else f"{self._worker}/{self._process}/"

    async def renew(self, leases: Sequence[Lease], routes: Collection[str] = ()) -> list[Kept | None]:
        """None for a lease that is lost. `routes` are those whose messages the caller sends."""
        named = [LEASE_MS, len(routes), *routes]
        calls = [
            ([f"{tag(lease.partition)}:lease" for lease in group], [*named, *(lease.token for lease in group)])
            for group in together(self._redis, leases, lambda lease: lease.partition)
        ]
        told = [answer for answers in await self._scripts.run_many("renew", calls) for answer in answers]
        return [Kept(int(float(a[1])) if a[1] else None, int(a[2]), int(a[3])) if a[0] else None for a in told]

    async def release(self, leases: Sequence[Lease]) -> None:
        calls = [([f"{tag(lease.partition)}:{name}" for name in ("lease", "held")], [lease.token]) for lease in leases]
        await self._scripts.run_many("release", calls)


async def alive(redis: Client) -> int:
    """How many workers said lately that they live. Raises NotReachable."""
    with reaching():
        return int(await redis.eval(_COUNTED, 1, WORKERS))


def fair_share(partitions: int, workers: int) -> int:
    """How many partitions one of `workers` may hold: all are covered even when shares do not divide."""
    return -(-partitions // max(1, workers))


def least_share(partitions: int, workers: int) -> int:
    """How many are left for the last of `workers` when each of the others holds all that it may."""
    return max(0, partitions - max(0, workers - 1) * fair_share(partitions, workers))
