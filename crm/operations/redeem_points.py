"""Spend points on a reward, which is there at once."""

from __future__ import annotations

from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.offers import offer
from crm.operations.quotes import Quote
from crm.operations.results import Refusal

OPERATION = "redeem_points"


async def quote(doors: Doors, who: Context, offering_id: str) -> Quote | Refusal:
    """An offer for one reward. Raises Unavailable."""
    return await offer(doors, who, OPERATION, offering_id, ("reward",), "add")
