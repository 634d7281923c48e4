"""How an operation that orders one thing makes its offer: the right kind of thing, or a refusal."""

from __future__ import annotations

from crm.errors import NotFound, Refused
from crm.model import Category, ItemAction
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.quotes import Quote, issue
from crm.operations.results import Refusal


async def offer(
    doors: Doors, who: Context, operation: str, offering_id: str, kinds: tuple[Category, ...], action: ItemAction
) -> Quote | Refusal:
    """An offer for what is of one of these kinds. Raises Unavailable."""
    person = await admitted(doors, who, operation)
    if isinstance(person, Refusal):
        return person
    try:
        offering = await doors.crm.offering(offering_id, deadline=doors.read_deadline())
        if offering.category not in kinds:
            return Refusal("unknown_offering")
        return await issue(doors, who, operation, offering, action)
    except NotFound:
        return Refusal("unknown_offering")
    except Refused as refused:
        return Refusal(refused.reason, refused.values)
