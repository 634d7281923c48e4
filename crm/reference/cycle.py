"""The turn of the billing month: pending plan changes take effect, fees are charged, allowances begin anew.

Each subscriber carries the month they were last brought to; whoever is behind is brought forward in one transaction, so
a process that was down over the first of a month catches up, and one that dies halfway goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.effects import fee_item
from crm.reference import reads, schema
from crm.reference.reads import Terms
from crm.reference.repeat import repeating
from crm.reference.schema import columns
from crm.reference.store import Store
from crm.reference.writes import charge, open_bill
from crm.rules import granted
from crm.worktime import month_of

LOOK_EVERY_S = 30.0
KEYS_KEPT = timedelta(days=90)
PAYS_FEES_FIRST = ("dedicated", "gift")


def run_cycles(store: Store, terms: Callable[[], Terms]) -> AbstractAsyncContextManager[None]:
    """Bring subscribers forward in the background while the block runs."""

    async def all_of_them() -> None:
        moved = 1
        while moved:
            moved = await bring_forward(store, terms())

    return repeating(all_of_them, LOOK_EVERY_S)


async def bring_forward(store: Store, terms: Terms, most: int = 20) -> int:
    """Bring up to `most` subscribers that are behind to the month of `terms.now`; returns how many."""
    month, table = month_of(terms.now), schema.subscriber
    async with store.reading() as connection:
        query = select(table.c.msisdn).where(table.c.cycle < month).order_by(table.c.cycle).limit(most)
        behind = list((await connection.execute(query)).scalars())
    if not behind:
        await _forget_keys(store, terms)
    for msisdn in behind:
        async with store.writing() as connection:
            await _turn(connection, msisdn, month, terms)
    return len(behind)


async def _forget_keys(store: Store, terms: Terms) -> None:
    old = schema.idempotency.c.at < terms.now - KEYS_KEPT
    async with store.writing() as connection:
        await connection.execute(delete(schema.idempotency).where(old))


async def _turn(connection: AsyncConnection, msisdn: str, month: str, terms: Terms) -> None:
    await reads.subscriber(connection, msisdn, lock=True)
    table = schema.subscriber
    mine = (table.c.msisdn == msisdn) & (table.c.cycle < month)
    turned = await connection.execute(update(table).where(mine).values(cycle=month))
    if not turned.rowcount:
        return
    await _close_bills(connection, msisdn, month)
    await _change_products(connection, msisdn, terms)
    await _begin_anew(connection, msisdn, month, terms)


async def _close_bills(connection: AsyncConnection, msisdn: str, month: str) -> None:
    table = schema.bill
    past = (table.c.msisdn == msisdn) & (table.c.month < month) & (table.c.state == "open")
    await connection.execute(update(table).where(past & (table.c.due_fen > 0)).values(state="overdue"))
    await connection.execute(update(table).where(past & (table.c.due_fen == 0)).values(state="settled"))


async def _change_products(connection: AsyncConnection, msisdn: str, terms: Terms) -> None:
    """A waiting plan takes the place of the old one; what was cancelled ends."""
    table, orders = schema.product, schema.orders
    ended = (table.c.msisdn == msisdn) & (table.c.until <= terms.now)
    await connection.execute(update(table).where(ended).values(status="terminated"))
    held = await reads.products(connection, msisdn, terms)
    coming = [p for p in held if p.status == "pendingActive" and p.since <= terms.now]
    for product in coming:
        old = [p.id for p in held if p.category == "plan" and p.status == "active"]
        over = {"status": "terminated", "until": terms.now}
        await connection.execute(update(table).where(table.c.id.in_(old)).values(over))
        await connection.execute(update(table).where(table.c.id == product.id).values(status="active"))
    due = (orders.c.msisdn == msisdn) & (orders.c.state == "pending") & (orders.c.effective_at <= terms.now)
    await connection.execute(update(orders).where(due).values(state="completed", completed_at=terms.now))


async def _begin_anew(connection: AsyncConnection, msisdn: str, month: str, terms: Terms) -> None:
    await open_bill(connection, msisdn, terms)
    first = date(int(month[:4]), int(month[5:]), 1)
    held = [p for p in await reads.products(connection, msisdn, terms) if p.status == "active" and p.until is None]
    fees = [fee_item(terms.catalogue, p.offering_id, _monthly(terms, p.offering_id), first) for p in held]
    fees = [fee for fee in fees if fee.amount_fen]
    plan_fees = tuple(f for f in fees if f.cause == "monthly_fee")
    if plan_fees:
        await charge(connection, msisdn, plan_fees, terms, first_kinds=PAYS_FEES_FIRST)
    others = tuple(f for f in fees if f.cause != "monthly_fee")
    if others:
        await charge(connection, msisdn, others, terms)
    for product in held:
        offering = terms.catalogue.offering(product.offering_id)
        for fresh in granted(offering, product.id, terms.catalogue, terms.now):
            row = columns(replace(fresh)) | {"msisdn": msisdn}
            row.pop("name")
            await connection.execute(insert(schema.allowance).values(row))
    empty = {"data_kb": 0, "voice_minutes": 0, "sms_count": 0, "roaming_data_kb": 0}
    await connection.execute(insert(schema.usage).values(msisdn=msisdn, month=month, **empty))


def _monthly(terms: Terms, offering_id: str) -> int:
    return terms.catalogue.offering(offering_id).monthly_fen
