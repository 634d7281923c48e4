"""Queries of the reference CRM: rows to the nouns of crm.model. All of them find their rows by an index."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import Table, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import Select

from crm.catalogue import RANK, Catalogue
from crm.errors import NotFound
from crm.model import (
    Allowance,
    Balance,
    BalanceBucket,
    Bill,
    BillItem,
    CallRecord,
    Order,
    OrderItem,
    Payment,
    PointsLot,
    Product,
    Reckoning,
    Subscriber,
    Ticket,
    TopUp,
    UsageSummary,
)
from crm.policy import Policy
from crm.reference import schema
from crm.reference.store import Reading
from crm.rules import Situation

N = TypeVar("N")
OPEN_ORDERS = ("acknowledged", "pending", "held", "inProgress")
_NUMBER, _NOW = bindparam("number"), bindparam("now", type_=schema.Moment())
# What every turn asks is put together once: SQLAlchemy takes longer to build a query than SQLite to answer it.
_PERSON = select(schema.subscriber).where(schema.subscriber.c.msisdn == _NUMBER)
_BUCKETS = select(schema.bucket).where(
    schema.bucket.c.msisdn == _NUMBER, or_(schema.bucket.c.valid_until.is_(None), schema.bucket.c.valid_until > _NOW)
)
_ALLOWANCES = (
    select(schema.allowance)
    .where(schema.allowance.c.msisdn == _NUMBER, schema.allowance.c.valid_until > _NOW)
    .order_by(schema.allowance.c.valid_until, schema.allowance.c.id)
)
_HELD = select(schema.product).where(
    schema.product.c.msisdn == _NUMBER,
    schema.product.c.status != "terminated",
    or_(schema.product.c.until.is_(None), schema.product.c.until > _NOW),
)
_OPEN_ORDERS = (
    select(schema.orders)
    .where(schema.orders.c.msisdn == _NUMBER, or_(*(schema.orders.c.state == state for state in OPEN_ORDERS)))
    .order_by(schema.orders.c.placed_at.desc(), schema.orders.c.id.desc())
)
_POINTS = (
    select(schema.points_lot)
    .where(schema.points_lot.c.msisdn == _NUMBER)
    .order_by(schema.points_lot.c.expires_at, schema.points_lot.c.id)
)


@dataclass(frozen=True)
class Terms:
    """What every query and every act needs beside the rows: catalogue, policy, the moment they run at, and the origins
    that may hear what happens."""

    catalogue: Catalogue
    policy: Policy
    now: datetime
    listeners: frozenset[str] = frozenset()


def build(noun: type[N], row: Mapping[str, Any], **more: Any) -> N:
    """A noun from the columns that bear its fields' names, and `more`."""
    names = _names(noun)  # type: ignore[arg-type]
    return noun(**{k: v for k, v in row.items() if k in names} | more)


@cache
def _names(noun: Any) -> frozenset[str]:
    return frozenset(f.name for f in fields(noun))


async def all_rows(connection: AsyncConnection, query: Select, **values: Any) -> Sequence[Mapping[str, Any]]:
    """A query that takes values is one that is put together once."""
    if values and isinstance(connection, Reading):
        return connection.rows(query, values)
    return list((await connection.execute(query, values)).mappings().all())


async def one_row(connection: AsyncConnection, query: Select, what: str, key: str, **values: Any) -> Mapping[str, Any]:
    """The first row, or NotFound(what)."""
    rows = await all_rows(connection, query, **values)
    if not rows:
        raise NotFound(what, key)
    return dict(rows[0])


async def subscriber(connection: AsyncConnection, msisdn: str, *, lock: bool = False) -> Subscriber:
    """`lock` keeps other writers of this subscriber out until the transaction ends (SQLite has one writer anyway)."""
    query = _PERSON.with_for_update() if lock else _PERSON
    return build(Subscriber, await one_row(connection, query, "subscriber", msisdn, number=msisdn))


async def customers(connection: AsyncConnection, *, msisdn: str = "", account_id: str = "") -> list[Subscriber]:
    if msisdn:
        return [build(Subscriber, r) for r in await all_rows(connection, _PERSON, number=msisdn)]
    table = schema.subscriber
    query = select(table).where(table.c.account_id == account_id).order_by(table.c.msisdn)
    return [build(Subscriber, r) for r in await all_rows(connection, query)]


async def customer(connection: AsyncConnection, customer_id: str) -> Subscriber:
    query = select(schema.subscriber).where(schema.subscriber.c.id == customer_id)
    return build(Subscriber, await one_row(connection, query, "subscriber", customer_id))


async def balance(connection: AsyncConnection, msisdn: str, terms: Terms) -> Balance:
    """Buckets that are still valid, the general one first."""
    rows = await all_rows(connection, _BUCKETS, number=msisdn, now=terms.now)
    buckets = [build(BalanceBucket, r, name=terms.catalogue.labels.buckets[r["kind"]]) for r in rows]
    return Balance(msisdn, tuple(sorted(buckets, key=lambda b: (b.kind != "general", b.kind))), terms.now)


async def bucket(connection: AsyncConnection, bucket_id: str, terms: Terms) -> tuple[BalanceBucket, str]:
    """One bucket and whose it is."""
    query = select(schema.bucket).where(schema.bucket.c.id == bucket_id)
    row = await one_row(connection, query, "bucket", bucket_id)
    return build(BalanceBucket, row, name=terms.catalogue.labels.buckets[row["kind"]]), row["msisdn"]


async def allowances(connection: AsyncConnection, msisdn: str, terms: Terms) -> list[Allowance]:
    rows = await all_rows(connection, _ALLOWANCES, number=msisdn, now=terms.now)
    labels = terms.catalogue.labels.allowances
    return [build(Allowance, r, name=labels[(r["type"], r["scope"])]) for r in rows]


async def usage(connection: AsyncConnection, msisdn: str, month: str) -> UsageSummary:
    table = schema.usage
    query = select(table).where(table.c.msisdn == msisdn, table.c.month == month)
    return build(UsageSummary, await one_row(connection, query, "usage", month))


async def bills(connection: AsyncConnection, msisdn: str) -> list[Bill]:
    """Newest first, without items."""
    table = schema.bill
    query = select(table, _from_gifts()).where(table.c.msisdn == msisdn).order_by(table.c.month.desc())
    return [build(Bill, r, gift_fen=int(r["gift_fen"])) for r in await all_rows(connection, query)]


async def bill(connection: AsyncConnection, bill_id: str) -> Bill:
    query = select(schema.bill, _from_gifts()).where(schema.bill.c.id == bill_id)
    row = await one_row(connection, query, "bill", bill_id)
    return build(Bill, row, gift_fen=int(row["gift_fen"]))


def _from_gifts() -> Any:
    """What gift and dedicated credit paid of a bill, as a column `gift_fen` beside the bill's own."""
    bill, entry, bucket = schema.bill, schema.ledger, schema.bucket
    own = (entry.c.msisdn == bill.c.msisdn) & (entry.c.ref == bill.c.id) & (entry.c.cause == "charge")
    given = own & (entry.c.bucket_id == bucket.c.id) & bucket.c.kind.in_(("gift", "dedicated"))
    taken = select(func.coalesce(-func.sum(entry.c.amount_fen), 0)).where(given)
    return taken.correlate(bill).scalar_subquery().label("gift_fen")


async def bill_items(connection: AsyncConnection, bill_id: str, terms: Terms) -> list[tuple[str, BillItem]]:
    """(rate id, item) in the order in which they were charged."""
    table = schema.bill_item
    rows = await all_rows(connection, select(table).where(table.c.bill_id == bill_id).order_by(table.c.id))
    return [(str(r["id"]), item_of(r, terms.catalogue)) for r in rows]


def item_of(row: Mapping[str, Any], catalogue: Catalogue) -> BillItem:
    """A charge with its name and, where it was reckoned, the figures."""
    figures = Reckoning(row["reckoned"], row["count"], row["each_fen"], row["of"]) if row["reckoned"] else None
    return build(BillItem, row, name=_item_name(row, catalogue), reckoning=figures)


def _item_name(row: Mapping[str, Any], catalogue: Catalogue) -> Any:
    return catalogue.offering(row["offering_id"]).name if row["offering_id"] else catalogue.labels.causes[row["cause"]]


async def products(connection: AsyncConnection, msisdn: str, terms: Terms) -> list[Product]:
    """Held and coming ones, the plan first."""
    rows = await all_rows(connection, _HELD, number=msisdn, now=terms.now)
    built = [_product(r, terms.catalogue) for r in rows]
    return sorted(built, key=lambda p: (RANK[p.category], p.status != "active", p.since, p.id))


async def product(connection: AsyncConnection, product_id: str, terms: Terms) -> Product:
    query = select(schema.product).where(schema.product.c.id == product_id)
    return _product(await one_row(connection, query, "product", product_id), terms.catalogue)


def _product(row: Mapping[str, Any], catalogue: Catalogue) -> Product:
    offering = catalogue.offering(row["offering_id"])
    return build(Product, row, name=offering.name, category=offering.category)


async def orders(
    connection: AsyncConnection, *, msisdn: str = "", external_id: str = "", open_only: bool = False
) -> list[Order]:
    """Newest first; of one MSISDN, or with one external id."""
    if msisdn and open_only:
        return [_order(r) for r in await all_rows(connection, _OPEN_ORDERS, number=msisdn)]
    table = schema.orders
    query = select(table).where(table.c.msisdn == msisdn if msisdn else table.c.external_id == external_id)
    return [_order(r) for r in await all_rows(connection, query.order_by(table.c.placed_at.desc(), table.c.id.desc()))]


async def order(connection: AsyncConnection, order_id: str) -> Order:
    query = select(schema.orders).where(schema.orders.c.id == order_id)
    return _order(await one_row(connection, query, "order", order_id))


def _order(row: Mapping[str, Any]) -> Order:
    return build(Order, row, items=tuple(OrderItem(action, offering) for action, offering in json.loads(row["items"])))


async def tickets(connection: AsyncConnection, msisdn: str) -> list[Ticket]:
    table = schema.ticket
    query = select(table).where(table.c.msisdn == msisdn).order_by(table.c.created_at.desc(), table.c.id.desc())
    return [build(Ticket, r) for r in await all_rows(connection, query)]


async def ticket(connection: AsyncConnection, ticket_id: str) -> Ticket:
    query = select(schema.ticket).where(schema.ticket.c.id == ticket_id)
    return build(Ticket, await one_row(connection, query, "ticket", ticket_id))


async def payments(connection: AsyncConnection, msisdn: str) -> list[Payment]:
    table = schema.payment
    query = select(table).where(table.c.msisdn == msisdn).order_by(table.c.created_at.desc(), table.c.id.desc())
    return [build(Payment, r) for r in await all_rows(connection, query)]


async def payment(connection: AsyncConnection, payment_id: str) -> Payment:
    query = select(schema.payment).where(schema.payment.c.id == payment_id)
    return build(Payment, await one_row(connection, query, "payment", payment_id))


async def points_lots(connection: AsyncConnection, msisdn: str) -> list[PointsLot]:
    """All that were ever earned, the first to expire first."""
    return [build(PointsLot, r) for r in await all_rows(connection, _POINTS, number=msisdn)]


async def points_lot(connection: AsyncConnection, lot_id: str) -> PointsLot:
    query = select(schema.points_lot).where(schema.points_lot.c.id == lot_id)
    return build(PointsLot, await one_row(connection, query, "points", lot_id))


async def call_records(connection: AsyncConnection, msisdn: str, since: datetime, until: datetime) -> list[CallRecord]:
    """Newest first, from `since` until before `until`."""
    table = schema.call_record
    within = and_(table.c.msisdn == msisdn, table.c.at >= since, table.c.at < until)
    rows = await all_rows(connection, select(table).where(within).order_by(table.c.at.desc(), table.c.id.desc()))
    return [build(CallRecord, r) for r in rows]


async def call_record(connection: AsyncConnection, record_id: str) -> CallRecord:
    query = select(schema.call_record).where(schema.call_record.c.id == record_id)
    return build(CallRecord, await one_row(connection, query, "usage", record_id))


async def top_ups(connection: AsyncConnection, msisdn: str) -> list[TopUp]:
    table = schema.top_up
    query = select(table).where(table.c.msisdn == msisdn).order_by(table.c.at.desc(), table.c.id.desc())
    return [build(TopUp, r) for r in await all_rows(connection, query)]


async def top_up(connection: AsyncConnection, top_up_id: str) -> TopUp:
    query = select(schema.top_up).where(schema.top_up.c.id == top_up_id)
    return build(TopUp, await one_row(connection, query, "top-up", top_up_id))


async def situation(connection: AsyncConnection, msisdn: str, terms: Terms, *, lock: bool = False) -> Situation:
    """All that the ordering rules look at."""
    person = await subscriber(connection, msisdn, lock=lock)
    return Situation(
        person, tuple(await products(connection, msisdn, terms)),
        tuple(await orders(connection, msisdn=msisdn, open_only=True)), await balance(connection, msisdn, terms),
        terms.catalogue, terms.policy, terms.now, tuple(await points_lots(connection, msisdn)),
    )  # fmt: skip


async def count(connection: AsyncConnection, table: Table) -> int:
    """Rows in a table."""
    return int((await connection.execute(select(func.count()).select_from(table))).scalar_one())
