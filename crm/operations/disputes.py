"""I never ordered this: what is on record of it, and once it is cancelled, money back by the rules and a complaint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from crm.errors import Refused
from crm.model import Order, Product, Ticket
from crm.operations import reads, tickets
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal
from crm.refunds import record_of

OPERATION = "give_back"


@dataclass(frozen=True)
class Settled:
    """`refund_fen` is 0 where the rules give nothing back, or giving back is switched off."""

    refund_fen: int
    ticket: Ticket | Refusal


async def records(doors: Doors, who: Context, products: tuple[Product, ...]) -> dict[str, Order | None]:
    """Product id → the order that brought it, None where none is on record. Raises Unavailable."""
    orders = await reads.all_orders(doors, who)
    return {product.id: record_of(product, orders) for product in products}


async def settle(doors: Doors, who: Context, offering_id: str, text: str, wish: str) -> Settled | Refusal:
    """Give back what the rules give, and open a complaint. `wish` names this one: asked again, it is done once.

    Raises Unavailable.
    """
    person = await admitted(doors, who, OPERATION)
    refund_fen = 0
    if isinstance(person, Refusal):
        if person.code != "switched_off":
            return person
    else:
        key = hashlib.sha256(f"{who.conversation}\n{OPERATION}\n{wish}".encode()).hexdigest()[:32]
        deadline = doors.write_deadline()
        try:
            made = await doors.crm.refund(person.msisdn, offering_id, idempotency_key=key, deadline=deadline)
            refund_fen = made.amount_fen
        except Refused:
            pass  # What is not held any more is a person's to look at: the complaint says so.
    return Settled(refund_fen, await tickets.create(doors, who, "complaint", text, wish))
