"""Stop the own line by wish or because its SIM is lost."""

from __future__ import annotations

from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.offers import offer
from crm.operations.quotes import Quote
from crm.operations.results import Refusal

SUSPEND, LOST = "suspend_number", "report_lost_sim"
WISH_HOLD, LOST_HOLD = "hold-wish", "hold-lost"


async def quote_suspend(doors: Doors, who: Context, offering_id: str) -> Quote | Refusal:
    """An offer to put the line on hold. Raises Unavailable."""
    return await offer(doors, who, SUSPEND, offering_id, ("hold",), "add")


async def quote_lost(doors: Doors, who: Context, offering_id: str) -> Quote | Refusal:
    """An offer to stop the line of a lost phone. Raises Unavailable."""
    return await offer(doors, who, LOST, offering_id, ("hold",), "add")
