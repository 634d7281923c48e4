"""Charges that are given back: each once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.effects import Effects, new_id
from crm.model import BillItem, Refund
from crm.reference import reads, schema
from crm.reference.reads import Terms
from crm.reference.writes import apply, give
from crm.refunds import Claim, GivenBack, given_back


async def refund(connection: AsyncConnection, msisdn: str, offering_id: str, terms: Terms) -> Refund:
    """Give back what crm.refunds says and end what it is given back for. Refused: as there."""
    await reads.subscriber(connection, msisdn, lock=True)
    back = given_back(await _claim(connection, msisdn, offering_id, terms))
    made = Refund(new_id("R", terms.now), msisdn, offering_id, sum(back.amounts.values()), terms.now)
    if back.amounts:
        own = {"id": made.id, "msisdn": msisdn, "at": terms.now}
        rows = [{"bill_item_id": key, "amount_fen": fen, **own} for key, fen in back.amounts.items()]
        await connection.execute(insert(schema.refund), rows)
        await _end(connection, msisdn, back, terms)
        await give(connection, msisdn, made.amount_fen, made.id, "refund", terms)
    return made


async def _claim(connection: AsyncConnection, msisdn: str, offering_id: str, terms: Terms) -> Claim[int]:
    return Claim(
        offering_id=offering_id,
        held=[p for p in await reads.products(connection, msisdn, terms) if p.offering_id == offering_id],
        charges=await _charges(connection, msisdn, offering_id, terms),
        orders=await reads.orders(connection, msisdn=msisdn),
        allowances=await reads.allowances(connection, msisdn, terms),
        last=await _last(connection, msisdn, offering_id),
        policy=terms.policy,
        now=terms.now,
    )


async def _end(connection: AsyncConnection, msisdn: str, back: GivenBack[int], terms: Terms) -> None:
    await apply(connection, msisdn, Effects(changed=back.products), terms)
    table, ids = schema.allowance, [a.id for a in back.allowances]
    await connection.execute(update(table).where(table.c.id.in_(ids)).values(valid_until=terms.now))


async def _last(connection: AsyncConnection, msisdn: str, offering_id: str) -> datetime | None:
    """When something was last given back for this offering."""
    item, back = schema.bill_item, schema.refund
    joined = back.join(item, back.c.bill_item_id == item.c.id)
    mine = (back.c.msisdn == msisdn) & (item.c.offering_id == offering_id)
    query = select(back.c.at).select_from(joined).where(mine).order_by(back.c.at.desc()).limit(1)
    found: datetime | None = (await connection.execute(query)).scalar()
    return found


async def _charges(
    connection: AsyncConnection, msisdn: str, offering_id: str, terms: Terms
) -> list[tuple[int, BillItem]]:
    """Of this offering, with their ids, without those that were given back."""
    bill, item, back = schema.bill, schema.bill_item, schema.refund
    joined = item.join(bill, item.c.bill_id == bill.c.id).outerjoin(back, back.c.bill_item_id == item.c.id)
    of_it = (bill.c.msisdn == msisdn) & (item.c.offering_id == offering_id) & back.c.bill_item_id.is_(None)
    query = select(item).select_from(joined).where(of_it).order_by(item.c.id)
    return [(int(r["id"]), reads.item_of(r, terms.catalogue)) for r in await reads.all_rows(connection, query)]
