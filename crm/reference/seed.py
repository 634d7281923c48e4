"""Fills an empty reference CRM: python -m crm.reference.seed --database URL --subscribers 5000 [--if-empty]."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Iterable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Table, exists, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.model import Subscriber
from crm.reference import schema
from crm.reference.cards import card_hash
from crm.reference.catalogue import demo_catalogue
from crm.reference.history import History, history_of
from crm.reference.keys import card_key, default_secret_file, read_secret
from crm.reference.papers import papers_of
from crm.reference.people import outlines
from crm.reference.people_kept import papers_row
from crm.reference.reads import all_rows, build, count
from crm.reference.schema import columns
from crm.reference.store import Store
from crm.reference.stories import demo_cards
from crm.reference.writes import item_row, order_row, product_row
from crm.worktime import CHINA, month_of

CHUNK = 500
Row = TypeVar("Row")


class NotEmpty(Exception):
    """There are subscribers already; nothing was changed."""


async def seed(store: Store, subscribers: int, now: datetime, key: bytes) -> None:
    """Write the demo operator's subscribers as of `now`. NotEmpty when there are any."""
    await store.migrate()
    async with store.writing() as connection:
        if await count(connection, schema.subscriber):
            raise NotEmpty()
        people = outlines(subscribers, now.astimezone(CHINA).date())
        for chunk in _chunks((history_of(o, demo_catalogue(), now) for o in people), CHUNK):
            for table, table_rows in _rows(chunk, now, key):
                if table_rows:
                    await connection.execute(insert(table), table_rows)
        await _cards(connection, key, now)
        if not store.sqlite:
            # Until it has looked at them by itself, PostgreSQL knows nothing of tables that were filled at once.
            await connection.exec_driver_sql("ANALYZE")


async def fill_papers(store: Store, key: bytes) -> int:
    """Give papers to subscribers of before papers were kept; how many. The demo's follow from the number."""
    person, papers = schema.subscriber, schema.papers
    query = select(person).where(~exists().where(papers.c.msisdn == person.c.msisdn))
    async with store.writing() as connection:
        without = [build(Subscriber, row) for row in await all_rows(connection, query)]
        for chunk in _chunks((papers_row(key, one.msisdn, papers_of(one)) for one in without), CHUNK):
            await connection.execute(insert(papers), chunk)
    return len(without)


def _rows(chunk: list[History], now: datetime, key: bytes) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """Parents before children, so that foreign keys hold."""
    month = month_of(now)
    yield schema.subscriber, [_without(columns(h.outline.subscriber), "joined_at") | {"cycle": month} for h in chunk]
    people = [h.outline.subscriber for h in chunk]
    yield schema.papers, [papers_row(key, person.msisdn, papers_of(person)) for person in people]
    yield (
        schema.bucket,
        [_without(columns(b), "name") | {"msisdn": h.outline.subscriber.msisdn} for h in chunk for b in h.buckets],
    )
    yield schema.product, [product_row(p) for h in chunk for p in h.products]
    yield (
        schema.allowance,
        [_without(columns(a), "name") | {"msisdn": h.outline.subscriber.msisdn} for h in chunk for a in h.allowances],
    )
    yield schema.usage, [columns(u) for h in chunk for u in h.usages]
    yield schema.bill, [_without(columns(b), "items") for h in chunk for b in h.bills]
    yield (
        schema.bill_item,
        [item_row(i, b.id) for h in chunk for b in h.bills for i in b.items],
    )
    yield schema.payment, [columns(p) for h in chunk for p in h.payments]
    yield schema.ledger, [columns(entry) for h in chunk for entry in h.ledger]
    yield schema.points_lot, [columns(lot) for h in chunk for lot in h.lots]
    yield schema.broadband, [columns(one) for h in chunk for one in h.broadband]
    yield schema.call_record, [columns(call) for h in chunk for call in h.calls]
    yield schema.orders, [order_row(o) for h in chunk for o in h.orders]


def _without(row: dict[str, Any], name: str) -> dict[str, Any]:
    del row[name]
    return row


async def _cards(connection: AsyncConnection, key: bytes, now: datetime) -> None:
    until = now.replace(year=now.year + 3, day=1)
    cards = [{"hash": card_hash(key, n), "amount_fen": fen, "valid_until": until} for n, fen in demo_cards().items()]
    await connection.execute(insert(schema.recharge_card), cards)


def _chunks(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m crm.reference.seed", description=__doc__)
    parser.add_argument("--database", default="sqlite+aiosqlite:///var/crm.db")
    parser.add_argument("--subscribers", type=int, default=5000)
    parser.add_argument("--secret-file", type=Path, default=default_secret_file())
    parser.add_argument("--if-empty", action="store_true", help="do nothing, and succeed, when there are subscribers")
    options = parser.parse_args(arguments)
    return asyncio.run(_seed(options))


async def _seed(options: argparse.Namespace) -> int:
    store = Store(options.database)
    try:
        await seed(store, options.subscribers, datetime.now(timezone.utc), card_key(read_secret(options.secret_file)))
    except NotEmpty:
        print("the CRM has subscribers already; nothing changed", file=sys.stderr)
        return 0 if options.if_empty else 1
    finally:
        await store.close()
    print(f"{options.subscribers} subscribers")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
