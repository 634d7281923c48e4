"""What happens by the clock: due timers enter the lanes, and conversations of agents who left go back to the queue."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from switchboard.errors import NotOwner
from switchboard.ports import Clock
from switchboard.redis.exchange import Exchange
from switchboard.redis.handoffs import RedisHandoffs
from switchboard.redis.leases import Kept, Lease
from switchboard.redis.records import ms

log = structlog.get_logger()


class Timekeeper:
    def __init__(self, exchange: Exchange, handoffs: RedisHandoffs, clock: Clock) -> None:
        self._exchange, self._handoffs, self._clock = exchange, handoffs, clock

    async def tick(self, lease: Lease, kept: Kept, lost: Callable[[], None]) -> None:
        """After each renewal of a lease. Raises NotReachable."""
        due = kept.timer_ms is not None and kept.timer_ms <= ms(self._clock())
        if due and await self._exchange.fire(lease.token, lease.partition) < 0:
            lost()
        if kept.talks:
            await self._requeue_left(lease.partition)

    async def _requeue_left(self, partition: int) -> None:
        talks = await self._handoffs.talks(partition)
        present = set(await self._handoffs.at_desk())
        for conversation, agent in talks.items():
            if agent in present:
                continue
            try:
                await self._handoffs.put_back(conversation, agent, "agent_left")
                log.info("agent_left", conversation=conversation, agent=agent)
            except NotOwner:
                # Handed back or taken over in this very moment.
                pass
