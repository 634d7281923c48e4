"""A day without transactions for whoever told somebody a code: what the code was asked for is then worth nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal

OPERATION = "protect"
FOR = timedelta(hours=24)


async def protect(doors: Doors, who: Context) -> datetime | Refusal:
    """Until when. From every Address of the number; looking things up, and stopping the line, go on. Raises
    Unavailable.
    """
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    until = doors.now() + FOR
    await doors.locks.lock(person.msisdn, until)
    return until


async def is_protected(doors: Doors, who: Context) -> bool:
    """Whether nothing is transacted for the number now."""
    return who.bound is not None and await doors.locks.until(who.bound.msisdn) is not None
