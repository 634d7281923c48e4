"""The turn of the billing month: pending plan changes take effect, fees are charged, allowances begin anew.

Each subscriber carries the month they were last brought to; whoever is behind is brought forward in one transaction, so
a process that was down over the first of a month catches up, and one that dies halfway goes on where it stopped.
Whoever cannot be brought forward is logged, left as they were and tried again in the next pass; the others go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.documents.orders import order_to
from crm.effects import fee_item
from crm.reference import reads, schema
from crm.reference.hub import publish
from crm.reference.reads import Terms
from crm.reference.repeat import repeating
from crm.reference.schema import columns
from crm.reference.store import Store
from crm.reference.telling import BEGAN
from crm.reference.writes import charge, open_bill
from crm.rules import granted
from crm.worktime import CHINA, month_of

LOOK_EVERY_S = 30.0
CHUNK = 20
KEYS_KEPT = timedelta(days=90)
HOLD = "hold-wish"
PAYS_FEES_FIRST = ("dedicated", "gift")
log = logging.getLogger(__name__)


def run_cycles(store: Store, terms: Callable[[], Terms]) -> AbstractAsyncContextManager[None]:
    """Bring subscribers forward in the background while the block runs."""

    return repeating(lambda: bring_forward(store, terms()), LOOK_EVERY_S)


async def bring_forward(store: Store, terms: Terms) -> int:
    """Bring all subscribers that are behind to the month of `terms.now`; returns how many were."""
    moved, last = 0, ""
    while behind := await _behind(store, month_of(terms.now), last):
        for last in behind:
            moved += await _brought(store, last, terms)
    if not moved:
        await _forget_keys(store, terms)
    return moved


async def _behind(store: Store, month: str, after: str) -> list[str]:
    """The next few that are behind, by number, so that those who cannot be moved are passed by."""
    table = schema.subscriber
    query = select(table.c.msisdn).where(table.c.cycle < month, table.c.msisdn > after)
    async with store.reading() as connection:
        return list((await connection.execute(query.order_by(table.c.msisdn).limit(CHUNK))).scalars())


async def _brought(store: Store, msisdn: str, terms: Terms) -> bool:
    """Whether this subscriber is in the month now."""
    try:
        async with store.writing() as connection:
            await _turn(connection, msisdn, month_of(terms.now), terms)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one account, the others' month turns
        # The text of a database's error carries the row's values.
        log.error("the month of ****%s did not turn: %s", msisdn[-4:], type(error).__name__)
        return False
    return True


async def _forget_keys(store: Store, terms: Terms) -> None:
    table = schema.idempotency
    old = (table.c.at < terms.now - KEYS_KEPT) & (table.c.route != BEGAN)
    async with store.writing() as connection:
        await connection.execute(delete(table).where(old))


async def _turn(connection: AsyncConnection, msisdn: str, month: str, terms: Terms) -> None:
    person = await reads.subscriber(connection, msisdn, lock=True)
    table = schema.subscriber
    mine = (table.c.msisdn == msisdn) & (table.c.cycle < month)
    turned = await connection.execute(update(table).where(mine).values(cycle=month))
    if not turned.rowcount:
        return
    await _close_bills(connection, msisdn, month)
    await _change_products(connection, msisdn, terms)
    if person.suspended_for == "wish":
        await _begin_on_hold(connection, msisdn, month, terms)
    else:
        await _begin_anew(connection, msisdn, month, terms)
    empty = {"data_kb": 0, "voice_minutes": 0, "sms_count": 0, "roaming_data_kb": 0}
    await connection.execute(insert(schema.usage).values(msisdn=msisdn, month=month, **empty))


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
    done = list((await connection.execute(select(orders.c.id).where(due))).scalars())
    await connection.execute(update(orders).where(due).values(state="completed", completed_at=terms.now))
    for order_id in done:
        order = order_to(await reads.order(connection, order_id))
        await publish(connection, "ProductOrderStateChangeEvent", order, terms)


async def _begin_anew(connection: AsyncConnection, msisdn: str, month: str, terms: Terms) -> None:
    await open_bill(connection, msisdn, terms)
    first = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=CHINA)
    active = [p for p in await reads.products(connection, msisdn, terms) if p.status == "active" and p.until is None]
    # What was bought since the month began was charged and granted when it was bought.
    held = [p for p in active if p.since <= first]
    fees = [fee_item(terms.catalogue, p.offering_id, _monthly(terms, p.offering_id), first.date()) for p in held]
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


async def _begin_on_hold(connection: AsyncConnection, msisdn: str, month: str, terms: Terms) -> None:
    """The fee of the hold in place of all others, and nothing to use."""
    await open_bill(connection, msisdn, terms)
    first = datetime(int(month[:4]), int(month[5:]), 1, tzinfo=CHINA)
    fee = fee_item(terms.catalogue, HOLD, _monthly(terms, HOLD), first.date())
    await charge(connection, msisdn, (fee,), terms)


def _monthly(terms: Terms, offering_id: str) -> int:
    return terms.catalogue.offering(offering_id).monthly_fen
