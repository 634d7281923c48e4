"""Buy a data pack, or switch a service on: at once, paid from the general balance."""

from __future__ import annotations

from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.offers import offer
from crm.operations.quotes import Quote
from crm.operations.results import Refusal

OPERATION = "order_data_pack"


async def quote(doors: Doors, who: Context, offering_id: str) -> Quote | Refusal:
    """An offer for one pack or service on sale. Raises Unavailable."""
    return await offer(doors, who, OPERATION, offering_id, ("data_pack", "service"), "add")
