"""I never ordered this: what is on record of it, and once it is cancelled, money back by the rules and a complaint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from crm.errors import Refused, Unavailable
from crm.model import Order, Product, Ticket
from crm.operations import reads, tickets
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal
from crm.refunds import record_of

OPERATION = "give_back"


Why = Literal["given_back", "on_record", "nothing", "again", "off", "refused"]


@dataclass(frozen=True)
class Settled:
    """`why` so much came back, 0 but for given_back: on_record, there is an order and the rules give nothing; nothing
    was charged; again, it was given back before; off, giving back is switched off; refused by the CRM.

    `ticket` is None where the CRM did not answer in time.
    """

    refund_fen: int
    why: Why
    ticket: Ticket | Refusal | None


async def records(doors: Doors, who: Context, products: tuple[Product, ...]) -> dict[str, Order | None]:
    """Product id → the order that brought it, None where none is on record. Raises Unavailable."""
    orders = await reads.all_orders(doors, who)
    return {product.id: record_of(product, orders) for product in products}


async def settle(doors: Doors, who: Context, offering_id: str, text: str, wish: str) -> Settled | Refusal:
    """Give back what the rules give, and open a complaint. `wish` names this one: asked again, it is done once.

    Raises Unavailable where it is not known whether anything was given back.
    """
    person = await admitted(doors, who, OPERATION)
    if not isinstance(person, Refusal):
        refund_fen, why = await _give_back(doors, who, offering_id, wish)
    elif person.code == "switched_off":
        refund_fen, why = 0, "off"
    else:
        return person
    try:
        ticket = await tickets.create(doors, who, "complaint", text, wish)
    except Unavailable:
        return Settled(refund_fen, why, None)
    return Settled(refund_fen, why, ticket)


async def _give_back(doors: Doors, who: Context, offering_id: str, wish: str) -> tuple[int, Why]:
    key = hashlib.sha256(f"{who.conversation}\n{OPERATION}\n{wish}".encode()).hexdigest()[:32]
    deadline, msisdn = doors.write_deadline(), reads.number(who)
    try:
        made = await doors.crm.refund(msisdn, offering_id, idempotency_key=key, deadline=deadline)
    except Refused as refused:
        return 0, "again" if refused.reason == "refunded_before" else "refused"
    if made.amount_fen:
        return made.amount_fen, "given_back"
    held = [p for p in await reads.products(doors, who) if p.offering_id == offering_id]
    return 0, "on_record" if any((await records(doors, who, tuple(held))).values()) else "nothing"
