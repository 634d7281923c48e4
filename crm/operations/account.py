"""The other numbers of an account, for its holder: they are read and paid for, and nothing else is done to them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from crm.errors import NotFound, Unavailable
from crm.operations import reads
from crm.operations.context import Context
from crm.operations.doors import Doors


@dataclass(frozen=True)
class Line:
    """What is left on another number, arrears below zero; None where it cannot be read now."""

    msisdn: str
    left_fen: int | None


async def others(doors: Doors, who: Context) -> tuple[str, ...]:
    """Ascending; () for whoever only uses a number that another holds. Raises Unavailable."""
    own = reads.number(who)
    numbers = await doors.crm.numbers_of_account(own, deadline=doors.read_deadline())
    return tuple(number for number in numbers if number != own)


async def other(doors: Doors, who: Context, said: str) -> str | None:
    """The one that ends in `said`, or with "" the only one; None where there is none, or more than one. Raises
    Unavailable.
    """
    found = [number for number in await others(doors, who) if number.endswith(said)]
    return found[0] if len(found) == 1 else None


async def lines(doors: Doors, numbers: Sequence[str]) -> tuple[Line, ...]:
    """Each with what is left: one read a number, so not for a whole company. Raises Unavailable if none can be read."""
    deadline = doors.read_deadline()
    found = await asyncio.gather(*(_line(doors, number, deadline) for number in numbers))
    if found and all(line.left_fen is None for line in found):
        raise Unavailable("no balance of the account can be read")
    return tuple(found)


async def _line(doors: Doors, number: str, deadline: float) -> Line:
    try:
        balance = await doors.crm.balance(number, deadline=deadline)
    except (NotFound, Unavailable):
        return Line(number, None)
    return Line(number, -balance.arrears_fen or balance.total_fen - balance.kind_fen("frozen"))
