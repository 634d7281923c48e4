"""One partition while it is this worker's: what was read goes to the lanes, and to the senders."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog

from switchboard.errors import BadRecord, NotReachable
from switchboard.joining import Joiner
from switchboard.lanes import Holding, Lanes, pauses
from switchboard.model import MessagePart, Receipt
from switchboard.ports import Clock
from switchboard.redis.exchange import load_entry
from switchboard.redis.keys import tag
from switchboard.redis.leases import LEASE_MS, Lease
from switchboard.redis.records import load_message
from switchboard.router import Router
from switchboard.sender import Outgoing, Sender, Sending
from switchboard.tasks import end

BATCH = 100
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
