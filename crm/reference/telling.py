"""Tells the product what happened to subscribers: allowances used up, money low, bills, ends, orders and tickets.

A look finds what holds now; what was told once under its key is not told again (`idempotency`, actor `tell`). What held
before the first look of all is history and not told. Thresholds are policy (data/policy.yml, notices).
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, time, timedelta
from typing import Any

import aiohttp
from sqlalchemy import and_, case, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql import Select

from crm.happenings import Event, event_to
from crm.reference import schema
from crm.reference.reads import Terms, all_rows
from crm.reference.repeat import repeating
from crm.reference.store import Store
from crm.worktime import CHINA, month_before, month_of

LOOK_EVERY_S = 30.0
POST_S = 5.0
ACTOR, BEGAN = "tell", "began"
OVER = ("resolved", "closed")
ASYNCHRONOUS = timedelta(minutes=1)
"""An order that took longer was not answered with its result."""
log = logging.getLogger(__name__)


@asynccontextmanager
async def telling(store: Store, terms: Callable[[], Terms], url: str, token: str) -> AsyncIterator[None]:
    """Look and tell in the background while the block runs; nothing where `url` is ""."""
    if not url:
        yield
        return
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        async with repeating(lambda: tell(store, terms(), session, url), LOOK_EVERY_S):
            yield


async def tell(store: Store, terms: Terms, session: aiohttp.ClientSession, url: str) -> int:
    """One look; how many were told. What the product did not store is told by the next look. Raises ClientError."""
    async with store.reading() as connection:
        told = await _told(connection)
        fresh = [event for event in await happened(connection, terms) if (event.kind, event.key) not in told]
    if (BEGAN, BEGAN) not in told:
        await _keep(store, [(BEGAN, BEGAN), *((event.kind, event.key) for event in fresh)], terms.now)
        return 0
    for event in fresh:
        limit = aiohttp.ClientTimeout(total=POST_S)
        async with session.post(url, json=event_to(event), timeout=limit) as answer:
            if answer.status >= 500:
                answer.raise_for_status()
            if answer.status != 200:
                log.error("%s was refused with %s", event.kind, answer.status)
        await _keep(store, [(event.kind, event.key)], terms.now)
    return len(fresh)


async def happened(connection: AsyncConnection, terms: Terms) -> list[Event]:
    """All that holds now."""
    found: list[Event] = []
    for look in (_data, _balances, _bills, _shocks, _ends, _orders, _tickets):
        found += await look(connection, terms)
    return found


async def _told(connection: AsyncConnection) -> set[tuple[str, str]]:
    table = schema.idempotency
    query = select(table.c.route, table.c.key).where(table.c.actor == ACTOR)
    return {(row["route"], row["key"]) for row in await all_rows(connection, query)}


async def _keep(store: Store, keys: Iterable[tuple[str, str]], now: datetime) -> None:
    rest = {"actor": ACTOR, "request_hash": "", "status": 200, "answer": "", "at": now}
    rows = [{"route": kind, "key": key, **rest} for kind, key in keys]
    async with store.writing() as connection:
        await connection.execute(insert(schema.idempotency), rows)


def _of_people(table: Any, *more: Any) -> Select:
    """Rows of a table with whose they are."""
    person = schema.subscriber
    whose = (person.c.id.label("person"), person.c.language, person.c.msisdn.label("number"))
    return select(*whose, *more).join_from(table, person, table.c.msisdn == person.c.msisdn)


def _event(what: str, key: str, row: Any, terms: Terms, **values: Any) -> Event:
    language = "en" if row["language"] == "en" else "zh"
    return Event(what, f"{key}:{row['number']}", row["number"], row["person"], language, terms.now, values)


async def _data(connection: AsyncConnection, terms: Terms) -> list[Event]:
    """What was bought after the rest was used up is fresh: eight tenths of the whole are no news then."""
    table, month = schema.allowance, month_of(terms.now)
    total, used = func.sum(table.c.total), func.sum(table.c.used)
    mine = and_(table.c.type == "data", table.c.scope == "general", table.c.valid_until > terms.now)
    open_total = func.sum(case((table.c.used < table.c.total, table.c.total), else_=0))
    open_used = func.sum(case((table.c.used < table.c.total, table.c.used), else_=0))
    sums = (total.label("total"), used.label("used"), open_total.label("open_total"), open_used.label("open_used"))
    query = _of_people(table, *sums).where(mine, table.c.total > 0)
    person = schema.subscriber
    query = query.group_by(person.c.id, person.c.language, person.c.msisdn).having(used * 100 >= total * 80)
    events = []
    for row in await all_rows(connection, query):
        gone = row["used"] >= row["total"]
        if not gone and row["open_used"] * 100 < row["open_total"] * 80:
            continue
        values = {} if gone else {"left_kb": int(row["total"] - row["used"])}
        events.append(_event("data_100" if gone else "data_80", month, row, terms, **values))
    return events


async def _balances(connection: AsyncConnection, terms: Terms) -> list[Event]:
    table, low = schema.bucket, int(terms.policy.terms["notices"]["low_balance_fen"])
    mine = and_(table.c.kind == "general", table.c.amount_fen >= 0, table.c.amount_fen < low)
    rows = await all_rows(connection, _of_people(table, table.c.amount_fen).where(mine))
    return [_event("balance_low", month_of(terms.now), row, terms, balance_fen=int(row["amount_fen"])) for row in rows]


async def _bills(connection: AsyncConnection, terms: Terms) -> list[Event]:
    """Of closed months: ready after the billing run, due a few days before the day, overdue after it."""
    table, today = schema.bill, terms.now.astimezone(CHINA).date()
    rules = terms.policy.terms["notices"]
    soon = timedelta(days=rules["due_days"])
    recent = month_of(terms.now - timedelta(days=62))
    mine = and_(table.c.month < month_of(terms.now), table.c.month >= recent)
    query = _of_people(table, table.c.month, table.c.total_fen, table.c.due_fen, table.c.due_on).where(mine)
    last, events = month_of(datetime.combine(today.replace(day=1), time(), CHINA) - timedelta(days=1)), []
    for row in await all_rows(connection, query):
        month, due_on = row["month"], row["due_on"]
        if month == last and today.day > terms.policy.billing_run_days:
            events.append(_event("bill_ready", month, row, terms, month=month, total_fen=int(row["total_fen"])))
        if row["due_fen"] > 0 and due_on - soon <= today:
            kind = "bill_overdue" if today > due_on else "bill_due"
            values = {"month": month, "due_fen": int(row["due_fen"]), "due_on": due_on.isoformat()}
            events.append(_event(kind, month, row, terms, **values))
    return events


async def _shocks(connection: AsyncConnection, terms: Terms) -> list[Event]:
    """Who has so many times of charges this month as in those before: the law has them told.

    Nobody without so many months, nor who was charged nothing in them.
    """
    table, rules = schema.bill, terms.policy.terms["notices"]
    times, months = int(rules["shock_times"]), int(rules["shock_months"])
    now, closed = month_of(terms.now), [month_of(terms.now)]
    for _ in range(months):
        closed.append(month_before(closed[-1]))
    before = table.alias()
    spent = func.sum(before.c.total_fen)
    mine = and_(before.c.msisdn == table.c.msisdn, before.c.month.in_(closed[1:]))
    usual = select(spent).where(mine).having(func.count() == months).correlate(table).scalar_subquery()
    query = _of_people(table, table.c.total_fen, usual.label("usual_fen"))
    query = query.where(table.c.month == now, table.c.total_fen * months > usual * times, usual >= months)
    return [
        _event("bill_shock", now, row, terms, month=now, total_fen=int(row["total_fen"]),
               mean_fen=int(row["usual_fen"]) // months, times=times, months=months)
        for row in await all_rows(connection, query)
    ]  # fmt: skip


async def _ends(connection: AsyncConnection, terms: Terms) -> list[Event]:
    """What was cancelled ends by the person's own wish and is not told."""
    table, days = schema.product, int(terms.policy.terms["notices"]["expiry_days"])
    soon = and_(table.c.until > terms.now, table.c.until <= terms.now + timedelta(days=days))
    query = _of_people(table, table.c.id, table.c.offering_id, table.c.until, table.c.since)
    events = []
    for row in await all_rows(connection, query.where(soon, table.c.status == "active")):
        # What lasts no longer than the warning is over before it could be used.
        if row["until"] - row["since"] <= timedelta(days=days):
            continue
        offering = terms.catalogue.offerings[row["offering_id"]]
        again = offering.id if offering.category == "data_pack" and offering.sale_state == "on_sale" else ""
        values = {"name": offering.name.of(row["language"]), "until": row["until"].isoformat(), "offering": again}
        events.append(_event("expiry", row["id"], row, terms, **values))
    return events


async def _orders(connection: AsyncConnection, terms: Terms) -> list[Event]:
    table = schema.orders
    recent = and_(table.c.state == "completed", table.c.completed_at > terms.now - timedelta(days=2))
    query = _of_people(table, table.c.id, table.c["items"], table.c.placed_at, table.c.completed_at)
    rows = [row for row in await all_rows(connection, query.where(recent)) if _took_long(row)]
    return [_event("order_finished", row["id"], row, terms, name=_names(row, terms), order=row["id"]) for row in rows]


def _took_long(row: Any) -> bool:
    return bool(row["completed_at"] - row["placed_at"] > ASYNCHRONOUS)


async def _tickets(connection: AsyncConnection, terms: Terms) -> list[Event]:
    table, hours = schema.ticket, int(terms.policy.terms["notices"]["ticket_due_hours"])
    query = _of_people(table, table.c.id, table.c.kind, table.c.state, table.c.due_at, table.c.accountable)
    asked = query.where(
        table.c.kind.in_(("complaint", "fault", "lead")), table.c.due_at > terms.now - timedelta(days=30)
    )
    events = []
    for row in await all_rows(connection, asked):
        # A ticket that was opened again has another deadline: it is another time.
        key = f"{row['id']}:{row['due_at']:%Y%m%d%H%M}"
        if row["state"] in OVER:
            events.append(_event("ticket_solved", key, row, terms, ticket=row["id"], kind=row["kind"]))
        elif row["state"] != "cancelled" and terms.now < row["due_at"] <= terms.now + timedelta(hours=hours):
            values = {"due_at": row["due_at"].isoformat(), "accountable": row["accountable"]}
            events.append(_event("ticket_due", key, row, terms, ticket=row["id"], **values))
    return events


def _names(row: Any, terms: Terms) -> str:
    ids: Sequence[Sequence[str]] = json.loads(row["items"])
    names = [terms.catalogue.offerings[offering].name.of(row["language"]) for _, offering in ids]
    return (", " if row["language"] == "en" else "、").join(names)
