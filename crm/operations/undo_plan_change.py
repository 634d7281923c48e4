"""Take back a change of plan that waits for the next billing cycle."""

from __future__ import annotations

from datetime import timedelta

from crm.errors import NotFound
from crm.model import Offering, Order
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.quotes import QUOTE_TTL_S, Quote, quote_id
from crm.operations.results import Refusal

OPERATION = "undo_plan_change"


async def waiting(doors: Doors, who: Context) -> Offering | None:
    """The plan that is ordered and has not begun. Raises Unavailable."""
    if who.bound is None:
        return None
    for order in await doors.crm.orders(who.bound.msisdn, deadline=doors.read_deadline()):
        if order.state == "pending" and order.items[0].action == "modify":
            return await doors.crm.offering(order.items[0].offering_id, deadline=doors.read_deadline())
    return None


async def quote(doors: Doors, who: Context, offering_id: str) -> Quote | Refusal:
    """An offer to take this change back; it costs nothing. Raises Unavailable."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    offering = await waiting(doors, who)
    if offering is None or offering.id != offering_id:
        return Refusal("nothing_to_cancel")
    order = await _order(doors, person.msisdn, offering.id)
    issued = Quote(
        id=quote_id(who, OPERATION, offering.id),
        operation=OPERATION,
        msisdn=person.msisdn,
        subscriber_id=person.id,
        items=order.items,
        name=offering.name,
        provider=offering.provider,
        price_fen=0,
        due_now_fen=0,
        monthly_fen=0,
        effective_at=order.effective_at,
        catalogue_version=offering.version,
        expires_at=doors.now() + timedelta(seconds=QUOTE_TTL_S),
        channel=who.channel,
    )
    await doors.quotes.issue(who.conversation, issued.id, issued.to_body(), QUOTE_TTL_S)
    return issued


async def take_back(doors: Doors, quote: Quote) -> Order:
    """The order, cancelled; the same answer each time. Raises Refused, NotFound, Unavailable."""
    order = await _order(doors, quote.msisdn, quote.items[0].offering_id)
    return await doors.crm.cancel_order(order.id, idempotency_key=quote.id, deadline=doors.write_deadline())


async def _order(doors: Doors, msisdn: str, offering_id: str) -> Order:
    """The newest change to this plan, also one that was just taken back. Raises NotFound, Unavailable."""
    for order in await doors.crm.orders(msisdn, deadline=doors.read_deadline()):
        if order.items[0].action == "modify" and order.items[0].offering_id == offering_id:
            return order
    raise NotFound("order", offering_id)
