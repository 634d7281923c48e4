"""The Asking port of crm/operations: whether what was done solved it, through the door of all notices."""

from __future__ import annotations

import asyncio

import structlog

from switchboard.ports import Clock
from switchboard.raising import Happened, Raising

KIND = "order_solved"
MOST_AT_ONCE = 100
ASK_S = 5.0
log = structlog.get_logger()


class AskingSolved:
    """Beside the order, which neither waits nor fails for it: what cannot be asked now is not asked."""

    def __init__(self, raising: Raising, clock: Clock) -> None:
        self._raising, self._clock = raising, clock
        self._under_way: set[asyncio.Task[None]] = set()

    async def solved(
        self, msisdn: str, subscriber: str, name: str, order: str, language: str, kind: str = "order"
    ) -> None:
        if len(self._under_way) >= MOST_AT_ONCE:
            log.warning("not_asked", error="too many at once")
            return
        values = {"name": name, "order": order, "kind": kind}
        happened = Happened(KIND, order, msisdn, subscriber, language, self._clock(), values)
        task = asyncio.create_task(self._ask(happened))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def close(self) -> None:
        """Returns once nothing is under way, within ASK_S."""
        await asyncio.gather(*self._under_way)

    async def _ask(self, happened: Happened) -> None:
        try:
            await asyncio.wait_for(self._raising.tell(happened), ASK_S)
        except Exception as error:  # noqa: BLE001 - nobody waits for it who could do something about it
            log.warning("not_asked", error=type(error).__name__)
