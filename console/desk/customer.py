"""The customer as the CRM knows them, in independent parts; one that fails shows its last known state."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from crm.errors import CrmError, NotFound
from crm.port import Crm, within
from switchboard.ports import Clock

DEADLINE_S = 2.0
ASK_AGAIN = timedelta(minutes=1)
"""How long names of offerings are believed, and how long a CRM that did not tell them is left alone."""
REMEMBERED = 500
"""Parts kept for the day the CRM fails."""

logger = structlog.get_logger()


@dataclass(frozen=True)
class Part:
    """One part of the panel. `value` None: never known. `stale`: the CRM did not answer and this is from `as_of`."""

    name: str
    value: Any
    as_of: datetime | None
    stale: bool = False


class CustomerPanel:
    def __init__(self, crm: Crm, clock: Clock) -> None:
        self._crm, self._clock = crm, clock
        self._known: OrderedDict[tuple[str, str], Part] = OrderedDict()

    async def parts(self, msisdn: str) -> dict[str, Part]:
        """subscriber, balance, products, data, tickets; never raises, never takes much longer than DEADLINE_S."""
        crm, deadline = self._crm, within(DEADLINE_S)
        calls: dict[str, Callable[[], Awaitable[Any]]] = {
            "subscriber": lambda: crm.subscriber_of(msisdn, deadline=deadline),
            "balance": lambda: crm.balance(msisdn, deadline=deadline),
            "products": lambda: crm.products(msisdn, deadline=deadline),
            "data": lambda: crm.allowances(msisdn, type="data", deadline=deadline),
            "tickets": lambda: crm.tickets(msisdn, limit=3, deadline=deadline),
        }
        parts = await asyncio.gather(*(self._part(msisdn, name, call) for name, call in calls.items()))
        return {part.name: part for part in parts}

    async def _part(self, msisdn: str, name: str, call: Callable[[], Awaitable[Any]]) -> Part:
        try:
            part = Part(name, await asyncio.wait_for(call(), DEADLINE_S + 0.5), self._clock())
        except NotFound:
            part = Part(name, None, self._clock())
        except (CrmError, asyncio.TimeoutError, OSError) as error:
            logger.warning("customer_part_fails", part=name, error=type(error).__name__)
            known = self._known.get((msisdn, name))
            return Part(name, known.value if known else None, known.as_of if known else None, stale=True)
        self._remember((msisdn, name), part)
        return part

    def _remember(self, key: tuple[str, str], part: Part) -> None:
        self._known[key] = part
        self._known.move_to_end(key)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


class OfferingNames:
    """What offerings are called in Chinese, by id."""

    def __init__(self, crm: Crm, clock: Clock) -> None:
        self._crm, self._clock = crm, clock
        self._names: Mapping[str, str] = {}
        self._asked: datetime | None = None

    async def known(self) -> Mapping[str, str]:
        """The last known names, none while the CRM never answered; never raises."""
        now = self._clock()
        if self._asked and now - self._asked < ASK_AGAIN:
            return self._names
        self._asked = now
        try:
            deadline = within(DEADLINE_S)
            found = await asyncio.wait_for(self._crm.offerings(on_sale=False, deadline=deadline), DEADLINE_S + 0.5)
            self._names = {offering.id: offering.name.zh for offering in found}
        except (CrmError, asyncio.TimeoutError, OSError) as error:
            logger.warning("offerings_unknown", error=type(error).__name__)
        return self._names
