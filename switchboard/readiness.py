"""Whether people would be answered now: Redis stores, a worker lives, a Rasa slot is ready.

| part | ready when |
|---|---|
| redis | it took a write just now, and has our number of partitions |
| aof | its append-only file is on, loaded, and the last write to it went well |
| worker | one said within the last seconds that it lives |
| rasa | one of the slots has loaded its model |
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from switchboard.errors import BadSettings, NotReachable
from switchboard.redis.connection import reaching
from switchboard.redis.keys import WORKERS
from switchboard.redis.records import ms
from switchboard.redis.stores import Stores

STORE = ("redis", "aof")
"""What a gateway needs to take messages; the rest may come back before anybody is kept waiting."""
CACHED_S = 1.0
LOOK_S = 2.0
SEEN_MS = 5000
"""A worker says every second that it lives, for the next three."""
PROBE = "ready:probe"


@dataclass(frozen=True)
class Part:
    """`why` is one sentence without addresses, names or secrets; `took_s` how long a write took, 0 for none."""

    ok: bool
    why: str = ""
    took_s: float = 0.0


class Readiness:
    """`slots` are Rasa's base URLs. An answer is used again for a second, however many ask."""

    def __init__(self, stores: Stores, slots: Sequence[str], http: aiohttp.ClientSession) -> None:
        self._stores, self._http = stores, http
        self._slots = [url.strip().rstrip("/") for url in slots if url.strip()]
        self._known: dict[str, Part] = {}
        self._until = 0.0
        self._lock = asyncio.Lock()

    async def look(self) -> Mapping[str, Part]:
        async with self._lock:
            if time.monotonic() >= self._until:
                looks: list[Callable[[], Awaitable[Part]]] = [self._redis, self._aof, self._worker, self._rasa]
                parts = await asyncio.gather(*(_within(look) for look in looks))
                self._known = dict(zip(("redis", "aof", "worker", "rasa"), parts, strict=True))
                self._until = time.monotonic() + CACHED_S
            return self._known

    async def _redis(self) -> Part:
        await self._stores.ready()
        began = time.monotonic()
        with reaching():
            await self._stores.redis.set(PROBE, ms(self._stores.clock()), ex=60)
        return Part(True, took_s=time.monotonic() - began)

    async def _aof(self) -> Part:
        with reaching():
            told = await self._stores.redis.info("persistence")
        # A cluster tells of each node.
        nodes: list[Mapping[str, Any]] = [told] if "aof_enabled" in told else list(told.values())
        if any(int(node.get("loading", 0)) for node in nodes):
            return Part(False, "Redis still reads its file")
        if not all(int(node.get("aof_enabled", 0)) for node in nodes):
            return Part(False, "the append-only file is off")
        if any(node.get("aof_last_write_status") != "ok" for node in nodes):
            return Part(False, "the last write to the append-only file failed")
        return Part(True)

    async def _worker(self) -> Part:
        since = ms(self._stores.clock()) - SEEN_MS
        with reaching():
            alive = await self._stores.redis.zcount(WORKERS, since, "+inf")
        return Part(True) if alive else Part(False, "no worker was seen within seconds")

    async def _rasa(self) -> Part:
        ready = await asyncio.gather(*(self._slot(url) for url in self._slots))
        return Part(True) if any(ready) else Part(False, f"none of {len(ready)} slots is ready")

    async def _slot(self, url: str) -> bool:
        limit = aiohttp.ClientTimeout(total=LOOK_S * 0.9)
        try:
            async with self._http.get(f"{url}/webhooks/renji/health", timeout=limit) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError):
            return False


async def _within(look: Callable[[], Awaitable[Part]]) -> Part:
    """A part that cannot be asked is not ready. The error's text may hold an address: only its kind is told."""
    try:
        return await asyncio.wait_for(look(), LOOK_S)
    except asyncio.TimeoutError:
        return Part(False, "no answer in time")
    except NotReachable:
        return Part(False, "Redis cannot be reached, or does not take writes")
    except BadSettings:
        return Part(False, "Redis was first started with another number of partitions")
