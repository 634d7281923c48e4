"""Which partitions this worker holds: renew, read, bring to the lanes, share fairly, leave in good order."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from math import inf

import structlog

from switchboard.errors import NotReachable
from switchboard.metrics import Metrics
from switchboard.partition import BATCH, Partition
from switchboard.ports import Clock
from switchboard.redis.connection import LOST, Client
from switchboard.redis.exchange import Exchange
from switchboard.redis.heard import heard
from switchboard.redis.keys import WAKE
from switchboard.redis.leases import Leases, fair_share, least_share
from switchboard.router import Router
from switchboard.sender import Sending
from switchboard.tasks import end
from switchboard.timers import Timekeeper

TICK_S = 1.0
SHORT_S = 0.25
"""So soon again where Redis could not be reached, or others still hold what is ours by share."""
DRAIN_S = 8.0
log = structlog.get_logger()


class Partitions:
    """Runs until `stop`. `sending.adapters` names the routes that this process sends."""

    def __init__(
        self,
        redis: Client,
        leases: Leases,
        router: Router,
        sending: Sending,
        timekeeper: Timekeeper,
        clock: Clock,
        count: int,
        each_tick: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self._redis, self._leases, self._router, self._sending = redis, leases, router, sending
        self._timekeeper, self._clock, self._count, self._each_tick = timekeeper, clock, count, each_tick
        self._exchange: Exchange = sending.exchange
        self._metrics: Metrics = sending.metrics
        self._held: dict[int, Partition] = {}
        self._giving: dict[int, asyncio.Task[None]] = {}
        self._dirty: set[int] = set()
        self._starting = True
        self._something = asyncio.Event()
        self._stopping = asyncio.Event()

    @property
    def held(self) -> frozenset[int]:
        return frozenset(self._held)

    def stop(self) -> None:
        """Let what has begun end, give the leases back, return from `run`."""
        self._stopping.set()
        self._something.set()

    async def run(self) -> None:
        """Raises what ended one of its loops, once everything else has stopped."""
        renewing = asyncio.create_task(self._renewing())
        others = [asyncio.create_task(loop()) for loop in (self._looking, self._listening, self._reading)]
        reading, stopping = others[-1], asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([renewing, *others, stopping], return_when=asyncio.FIRST_COMPLETED)
            # The renewing goes on while lanes come to rest, or what they finish would be void.
            reading.cancel()
            await asyncio.gather(*(partition.drain(DRAIN_S) for partition in self._held.values()))
            await self._leave()
            for task in done - {stopping}:
                task.result()
        finally:
            await asyncio.gather(*(partition.stop() for partition in self._held.values()))
            await end(renewing, *others, stopping)

    async def _leave(self) -> None:
        with contextlib.suppress(NotReachable):
            await self._leases.release([partition.lease for partition in self._held.values() if not partition.lost])
            await self._leases.gone()

    # --- leases ------------------------------------------------------------------------------------------------------

    async def _renewing(self) -> None:
        while True:
            look = time.monotonic() + TICK_S
            try:
                await self._renew(list(self._held.values()))
                if not self._stopping.is_set():
                    look = min(look, await self._share())
            except NotReachable as error:
                log.warning("redis_not_reachable", error=str(error))
                look = time.monotonic() + SHORT_S
            await asyncio.sleep(max(0.1, look - time.monotonic()))

    async def _looking(self) -> None:
        """Beside the renewing: what is looked at may take longer than leases last."""
        while self._each_tick and not self._stopping.is_set():
            try:
                await self._each_tick()
            except NotReachable as error:
                log.warning("redis_not_reachable", error=str(error))
            await asyncio.sleep(TICK_S)
        await self._stopping.wait()

    async def _renew(self, held: Sequence[Partition]) -> None:
        """Timers that are due ring with it."""
        asked, lost = time.monotonic(), []
        kept = await self._leases.renew([partition.lease for partition in held], self._sending.adapters)
        for partition, still in zip(held, kept, strict=True):
            if still is None or partition.lost:
                partition.lose()
                lost.append(partition)
                continue
            partition.renewed_at(asked)
            if still.waiting:
                # What a lost wake-up left lying is found here.
                self._wake([partition.lease.partition])
            await self._timekeeper.tick(partition.lease, still, partition.lose)
        for partition in lost:
            self._held.pop(partition.lease.partition, None)
        if lost:
            log.warning("leases_lost", partitions=[partition.lease.partition for partition in lost])
        await asyncio.gather(*(partition.stop() for partition in lost))

    async def _share(self) -> float:
        """When to look again at the latest: where another may be dead by then, or still holds more than its share."""
        living = await self._leases.alive()
        told = time.monotonic()
        surplus = len(self._held) - len(self._giving) - fair_share(self._count, living.count)
        if surplus > 0:
            self._give(surplus)
        elif surplus < 0:
            # What came due while nobody held it rings now.
            await self._renew(await self._take(-surplus))
        self._metrics.partitions.set(len(self._held))
        short = len(self._held) < least_share(self._count, living.count)
        return min(told + living.dead_in_s, time.monotonic() + SHORT_S if short else inf)

    async def _take(self, wanted: int) -> list[Partition]:
        """Up to `wanted` partitions that are free, or that an earlier process of our name held."""
        others, taken = [n for n in range(self._count) if n not in self._held], list[Partition]()
        free = await self._leases.free(others, reclaim=self._starting)
        random.shuffle(free)
        while free and len(taken) < wanted:
            some, free = free[: wanted - len(taken)], free[wanted - len(taken) :]
            for lease in await self._leases.acquire(some, reclaim=self._starting):
                routes = list(self._sending.adapters)
                partition = Partition(lease, self._router, self._sending, self._clock, routes)
                self._held[lease.partition] = partition
                self._wake([lease.partition])
                taken.append(partition)
        self._starting = False
        return taken

    def _give(self, surplus: int) -> None:
        """To a worker that has fewer: lanes come to rest first, so that nothing is done twice."""
        for number in random.sample([n for n in self._held if n not in self._giving], surplus):
            self._giving[number] = asyncio.create_task(self._given(self._held[number]))

    async def _given(self, partition: Partition) -> None:
        number = partition.lease.partition
        try:
            await partition.drain(DRAIN_S)
            await self._leases.release([partition.lease])
        except NotReachable:
            log.warning("release_failed", partition=number)
        finally:
            partition.lose()
            if self._held.get(number) is partition:
                del self._held[number]
            self._giving.pop(number, None)

    # --- reading -----------------------------------------------------------------------------------------------------

    def _wake(self, partitions: Iterable[int]) -> None:
        self._dirty.update(partitions)
        self._something.set()

    async def _listening(self) -> None:
        while True:
            try:
                async for channel, told in heard(self._redis, WAKE):
                    self._wake([int(told)] if channel else list(self._held))
            except LOST:
                await asyncio.sleep(0.2)

    async def _reading(self) -> None:
        while True:
            await self._something.wait()
            self._something.clear()
            dirty, self._dirty = self._dirty, set()
            partitions = [self._held[n] for n in dirty if n in self._held and n not in self._giving]
            try:
                await self._read(partitions)
            except NotReachable:
                await asyncio.sleep(0.2)
                self._wake(dirty)

    async def _read(self, partitions: Sequence[Partition]) -> None:
        if not partitions:
            return
        answers = iter(await self._exchange.read([stream for p in partitions for stream in p.streams], BATCH))
        for partition in partitions:
            found = [next(answers) for _ in partition.streams]
            if not partition.lost and partition.take_in(found):
                self._wake([partition.lease.partition])
