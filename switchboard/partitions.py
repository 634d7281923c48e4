"""Which partitions this worker holds: renew, read, bring to the lanes, share fairly, leave in good order."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

import structlog

from switchboard.errors import BadRecord, NotReachable
from switchboard.joining import Joiner
from switchboard.lanes import Holding, Lanes, pauses
from switchboard.metrics import Metrics
from switchboard.model import MessagePart, Receipt
from switchboard.ports import Clock
from switchboard.redis.connection import LOST, Client
from switchboard.redis.exchange import Exchange, load_entry
from switchboard.redis.heard import heard
from switchboard.redis.keys import WAKE, tag
from switchboard.redis.leases import LEASE_MS, Lease, Leases, fair_share
from switchboard.redis.records import load_message
from switchboard.router import Router
from switchboard.sender import Outgoing, Sender, Sending
from switchboard.tasks import end
from switchboard.timers import Timekeeper

BATCH = 100
TICK_S = 1.0
DRAIN_S = 8.0
SAFETY_S = 0.5
"""A lease counts as lost in our own books this long before it is lost in Redis."""
log = structlog.get_logger()


class Partition:
    """One partition while it is ours."""

    def __init__(self, lease: Lease, router: Router, sending: Sending, clock: Clock, routes: Sequence[str]) -> None:
        self.lease = lease
        self.lost = False
        self.renewed_at(time.monotonic())
        self.holding = Holding(lease, self.valid)
        self._exchange = sending.exchange
        self.lanes = Lanes(self.holding, sending.exchange, router, sending.vault, clock, sending.metrics, self.lose)
        self.sender = Sender(self.holding, sending, self.lose)
        self._joiner = Joiner(self.lanes.put, clock)
        self._routes = {f"{tag(lease.partition)}:out:{route}": route for route in routes}
        self._cursors = dict.fromkeys([f"{tag(lease.partition)}:in", *self._routes], "0")
        self._first = lease.crashed
        self._background: set[asyncio.Task[None]] = set()

    def lose(self) -> None:
        self.lost = True

    def renewed_at(self, asked: float) -> None:
        self._until = asked + LEASE_MS / 1000 - SAFETY_S

    def valid(self) -> bool:
        """By our own clock: a worker that was stopped for a while must not send before it renewed."""
        return not self.lost and time.monotonic() < self._until

    @property
    def streams(self) -> list[tuple[str, str]]:
        return list(self._cursors.items())

    def take_in(self, answers: Sequence[list[tuple[str, dict[bytes, bytes]]]]) -> bool:
        """Bring what was read (in the order of `streams`) to the lanes; True when there may be more."""
        for stream, found in zip(list(self._cursors), answers, strict=True):
            if found and stream in self._routes:
                self._send(self._routes[stream], found)
            elif found:
                self._work(found)
            if found:
                self._cursors[stream] = found[-1][0]
        more = any(len(found) >= BATCH for found in answers)
        self._first = self._first and more
        return more

    def _work(self, found: list[tuple[str, dict[bytes, bytes]]]) -> None:
        receipts: list[tuple[str, Receipt]] = []
        for entry_id, fields in found:
            try:
                entry = load_entry(entry_id, fields)
            except BadRecord as error:
                log.error("unreadable_entry", entry=entry_id, error=str(error))
                self._spawn(self._exchange.bury, self.lease.token, self.lease.partition, entry_id, fields)
                continue
            if isinstance(entry.item, Receipt):
                receipts.append((entry_id, entry.item))
                continue
            if self._first and not self.lanes.works_on(entry.conversation):
                self.holding.suspects.add(entry.id)
            if isinstance(entry.item, MessagePart):
                self._joiner.add(entry, entry.item)
            else:
                self.lanes.put(entry)
        if receipts:
            self._spawn(self._exchange.receipts.settle, self.lease.partition, receipts)

    def _send(self, route: str, found: list[tuple[str, dict[bytes, bytes]]]) -> None:
        for entry_id, fields in found:
            try:
                self.sender.put(Outgoing(route, entry_id, load_message(fields[b"m"])))
            except (BadRecord, KeyError) as error:
                log.error("unreadable_message", entry=entry_id, route=route, error=str(error))

    def _spawn(self, step: Callable[..., Awaitable[None]], *args: Any) -> None:
        async def until_done() -> None:
            for wait in pauses():
                try:
                    return await step(*args)
                except NotReachable:
                    await asyncio.sleep(wait)

        task = asyncio.create_task(until_done())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    async def drain(self, within_s: float) -> None:
        self._joiner.stop()
        await asyncio.gather(self.lanes.drain(within_s), self.sender.drain(within_s))

    async def stop(self) -> None:
        self._joiner.stop()
        await end(*self._background)
        await asyncio.gather(self.lanes.stop(), self.sender.stop())


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
        renewing, listening, reading = (
            asyncio.create_task(loop()) for loop in (self._renewing, self._listening, self._reading)
        )
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            done, _ = await asyncio.wait([renewing, listening, reading, stopping], return_when=asyncio.FIRST_COMPLETED)
            # The renewing goes on while lanes come to rest, or what they finish would be void.
            reading.cancel()
            await asyncio.gather(*(partition.drain(DRAIN_S) for partition in self._held.values()))
            await self._leave()
            for task in done - {stopping}:
                task.result()
        finally:
            await asyncio.gather(*(partition.stop() for partition in self._held.values()))
            await end(renewing, listening, reading, stopping)

    async def _leave(self) -> None:
        with contextlib.suppress(NotReachable):
            await self._leases.release([partition.lease for partition in self._held.values() if not partition.lost])
            await self._leases.gone()

    # --- leases ------------------------------------------------------------------------------------------------------

    async def _renewing(self) -> None:
        while True:
            began = time.monotonic()
            try:
                await self._renew()
                if not self._stopping.is_set():
                    await self._share()
                    if self._each_tick:
                        await self._each_tick()
            except NotReachable as error:
                log.warning("redis_not_reachable", error=str(error))
            await asyncio.sleep(max(0.1, TICK_S - (time.monotonic() - began)))

    async def _renew(self) -> None:
        held = list(self._held.values())
        asked = time.monotonic()
        kept = await self._leases.renew([partition.lease for partition in held], self._sending.adapters)
        for partition, still in zip(held, kept, strict=True):
            if still is None or partition.lost:
                partition.lose()
                self._held.pop(partition.lease.partition, None)
                await partition.stop()
                log.warning("lease_lost", partition=partition.lease.partition)
                continue
            partition.renewed_at(asked)
            if still.waiting:
                # What a lost wake-up left lying is found here.
                self._wake([partition.lease.partition])
            await self._timekeeper.tick(partition.lease, still, partition.lose)

    async def _share(self) -> None:
        share = fair_share(self._count, await self._leases.alive())
        surplus = len(self._held) - len(self._giving) - share
        if surplus > 0:
            self._give(surplus)
        elif surplus < 0:
            await self._take(-surplus)
        self._metrics.partitions.set(len(self._held))

    async def _take(self, wanted: int) -> None:
        """Up to `wanted` partitions that are free, or that an earlier process of our name held."""
        free = [n for n in range(self._count) if n not in self._held]
        random.shuffle(free)
        while free and wanted > 0:
            some, free = free[:wanted], free[wanted:]
            for lease in await self._leases.acquire(some, reclaim=self._starting):
                routes = list(self._sending.adapters)
                self._held[lease.partition] = Partition(lease, self._router, self._sending, self._clock, routes)
                self._wake([lease.partition])
                wanted -= 1
        self._starting = False

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
