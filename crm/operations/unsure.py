"""Writes of which all the Addresses of a number hear, also where it is not known whether they happened."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from crm.errors import TimedOut, Unavailable
from crm.operations.doors import Doors

T = TypeVar("T")


async def asked_twice(
    doors: Doors, write: Callable[[float], Awaitable[T]], msisdn: str, response: str, dedupe: str
) -> T:
    """What `write(deadline)` gives. Where its answer is lost it is asked once more, which has to be under the same key;
    is that not answered either, everybody hears `response`: it may have happened. Raises Unavailable.
    """
    try:
        return await write(doors.write_deadline())
    except TimedOut:
        pass
    try:
        return await write(doors.read_deadline())
    except Unavailable:
        await doors.tell(msisdn, response, {"msisdn": msisdn, "at": doors.now().isoformat()}, dedupe)
        raise
