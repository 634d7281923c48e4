"""Change the main plan from the next billing cycle on."""

from __future__ import annotations

from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.offers import offer
from crm.operations.quotes import Quote
from crm.operations.results import Refusal

OPERATION = "change_plan"


async def quote(doors: Doors, who: Context, offering_id: str) -> Quote | Refusal:
    """An offer to change to this plan. Raises Unavailable."""
    return await offer(doors, who, OPERATION, offering_id, ("plan",), "modify")
