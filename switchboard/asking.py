"""The Asking port of crm/operations: whether a completed order solved it, through the door of all notices."""

from __future__ import annotations

import structlog

from switchboard.errors import AcceptError, NotReachable
from switchboard.ports import Clock
from switchboard.raising import Happened, Raising

KIND = "order_solved"
log = structlog.get_logger()


class AskingSolved:
    """What cannot be asked now is not asked: no order waits or fails for it."""

    def __init__(self, raising: Raising, clock: Clock) -> None:
        self._raising, self._clock = raising, clock

    async def solved(self, msisdn: str, subscriber: str, name: str, order: str, language: str) -> None:
        values = {"name": name, "order": order}
        happened = Happened(KIND, order, msisdn, subscriber, language, self._clock(), values)
        try:
            await self._raising.tell(happened)
        except (AcceptError, NotReachable) as error:
            log.warning("not_asked", error=type(error).__name__)
