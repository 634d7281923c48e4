"""Buy a data pack, or switch a service on: at once, paid from the general balance."""

from __future__ import annotations

from crm.errors import NotFound, Refused
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.quotes import Quote, issue
from crm.operations.results import Refusal

OPERATION = "order_data_pack"


async def quote(doors: Doors, who: Context, offering_id: str) -> Quote | Refusal:
    """An offer for one pack or service on sale. Raises Unavailable."""
    try:
        offering = await doors.crm.offering(offering_id, deadline=doors.read_deadline())
        if offering.category not in ("data_pack", "service"):
            return Refusal("unknown_offering")
        return await issue(doors, who, OPERATION, offering, "add")
    except NotFound:
        return Refusal("unknown_offering")
    except Refused as refused:
        return Refusal(refused.reason, refused.values)
