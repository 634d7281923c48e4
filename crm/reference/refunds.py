"""Charges that are given back: each once."""

from __future__ import annotations

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.effects import new_id
from crm.errors import Refused
from crm.model import BillItem, Refund
from crm.reference import reads, schema
from crm.reference.reads import Terms
from crm.reference.writes import give
from crm.refunds import refundable


async def refund(connection: AsyncConnection, msisdn: str, offering_id: str, terms: Terms) -> Refund:
    """Give back what crm.refunds says and was not given back before. Refused: not_active."""
    await reads.subscriber(connection, msisdn, lock=True)
    held = [p for p in await reads.products(connection, msisdn, terms) if p.offering_id == offering_id]
    if not held:
        raise Refused("not_active", {"offering": offering_id})
    orders = await reads.orders(connection, msisdn=msisdn)
    charges = await _charges(connection, msisdn, offering_id, terms)
    found = {key: fen for p in held for key, fen in refundable(charges, p, orders, terms.policy, terms.now)}
    made = Refund(new_id("R", terms.now), msisdn, offering_id, sum(found.values()), terms.now)
    if found:
        own = {"id": made.id, "msisdn": msisdn, "at": terms.now}
        rows = [{"bill_item_id": key, "amount_fen": fen, **own} for key, fen in found.items()]
        await connection.execute(insert(schema.refund), rows)
        await give(connection, msisdn, made.amount_fen, made.id, "refund", terms)
    return made


async def _charges(
    connection: AsyncConnection, msisdn: str, offering_id: str, terms: Terms
) -> list[tuple[int, BillItem]]:
    """Of this offering, with their ids, without those that were given back."""
    bill, item, back = schema.bill, schema.bill_item, schema.refund
    joined = item.join(bill, item.c.bill_id == bill.c.id).outerjoin(back, back.c.bill_item_id == item.c.id)
    of_it = (bill.c.msisdn == msisdn) & (item.c.offering_id == offering_id) & back.c.bill_item_id.is_(None)
    query = select(item).select_from(joined).where(of_it).order_by(item.c.id)
    return [(int(r["id"]), reads.item_of(r, terms.catalogue)) for r in await reads.all_rows(connection, query)]
