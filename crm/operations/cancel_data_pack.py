"""Cancel a renewing data pack, or a service, that is held."""

from __future__ import annotations

from crm.model import Product
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.offers import offer
from crm.operations.quotes import Quote
from crm.operations.results import Refusal

OPERATION = "cancel_data_pack"


async def cancellable(doors: Doors, who: Context) -> tuple[Product, ...]:
    """The renewing packs and the services that the number holds; a one-time pack just ends. Raises Unavailable."""
    if who.bound is None:
        return ()
    deadline = doors.read_deadline()
    products = await doors.crm.products(who.bound.msisdn, deadline=deadline)
    held = [p for p in products if p.category in ("data_pack", "service") and p.status == "active"]
    found = []
    for product in held:
        offering = await doors.crm.offering(product.offering_id, deadline=deadline)
        if offering.monthly_fen or offering.category == "service":
            found.append(product)
    return tuple(found)


async def quote(doors: Doors, who: Context, offering_id: str) -> Quote | Refusal:
    """An offer to cancel. Raises Unavailable."""
    return await offer(doors, who, OPERATION, offering_id, ("data_pack", "service"), "delete")
