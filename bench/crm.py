"""How fast the reference CRM answers over TM Forum HTTP, on SQLite and, where TEST_POSTGRES names one, on PostgreSQL.

python -m bench.crm                                  # 1,000 subscribers, seconds
deploy/with_postgresql.sh python -m bench.crm --subscribers 100000 --seconds 5

Each call is about a random subscriber. Client and server share this process. Every query that the calls make is
explained; one that no index serves is listed, and ends the run with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from aiohttp import web
from sqlalchemy import event
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from crm.errors import Refused
from crm.model import OrderItem, OrderRequest
from crm.port import Crm, within
from crm.reference.app import crm_app
from crm.reference.catalogue import demo_catalogue, demo_policy
from crm.reference.http import Office
from crm.reference.people import FIRST_ORDINARY, read_named
from crm.reference.seed import seed
from crm.reference.store import Store
from crm.tmf import tmf_crm
from crm.worktime import month_of

KEY = b"k" * 32
LANES = 8
DATABASE = "renji_bench_crm"
Call = Callable[[Crm, str, int], Awaitable[object]]


def now() -> datetime:
    return datetime.now(timezone.utc)


async def paid_order(crm: Crm, msisdn: str, n: int) -> object:
    """A payment, its credit and an order; who has five day packs already is refused, which takes as long."""
    key = f"{msisdn}-{n}-{time.time_ns()}"
    payment = await crm.create_payment(msisdn, 1000, "bench", idempotency_key=key, deadline=within(30))
    await crm.top_up_paid(payment.id, 1000, idempotency_key=key, deadline=within(30))
    request = OrderRequest(msisdn, (OrderItem("add", "pack-day-1g"),), key, "web")
    try:
        return await crm.place_order(request, idempotency_key=key, deadline=within(30))
    except Refused:
        return None


async def ticket(crm: Crm, msisdn: str, n: int) -> object:
    key = f"t{msisdn}-{n}-{time.time_ns()}"
    return await crm.create_ticket(msisdn, "fault", "没有信号", idempotency_key=key, deadline=within(30))


CALLS: dict[str, Call] = {
    "subscriber": lambda crm, who, n: crm.subscriber_of(who, deadline=within(30)),
    "numbers": lambda crm, who, n: crm.numbers_of_account(who, deadline=within(30)),
    "balance": lambda crm, who, n: crm.balance(who, deadline=within(30)),
    "allowances": lambda crm, who, n: crm.allowances(who, deadline=within(30)),
    "usage": lambda crm, who, n: crm.usage(who, month_of(now()), deadline=within(30)),
    "bills": lambda crm, who, n: crm.bills(who, deadline=within(30)),
    "bill, items": lambda crm, who, n: crm.bill(who, month_of(now()), deadline=within(30)),
    "products": lambda crm, who, n: crm.products(who, deadline=within(30)),
    "orders": lambda crm, who, n: crm.orders(who, deadline=within(30)),
    "payments": lambda crm, who, n: crm.payments(who, deadline=within(30)),
    "points": lambda crm, who, n: crm.points(who, deadline=within(30)),
    "qualification": lambda crm, who, n: crm.qualify(who, [OrderItem("add", "pack-5g")], deadline=within(30)),
    "catalogue": lambda crm, who, n: crm.offerings(deadline=within(30)),
    "ticket": ticket,
    "paid order": paid_order,
}
"""What is measured; the last two write."""


@dataclass
class Seen:
    """Every statement that was sent, each once with values that it had."""

    queries: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> Seen:
        event.listen(Engine, "before_cursor_execute", self._note)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(Engine, "before_cursor_execute", self._note)

    def _note(self, _: Any, __: Any, statement: str, values: Any, ___: Any, ____: bool) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")) and " WHERE " in " ".join(statement.split()):
            self.queries.setdefault(statement, values)

    async def scans(self, store: Store) -> list[str]:
        """Those that no index serves. PostgreSQL reads a small table whole by choice, so the choice is taken away."""
        found = []
        explain = "EXPLAIN QUERY PLAN " if store.sqlite else "EXPLAIN "
        async with store.reading() as connection:
            if not store.sqlite:
                await connection.exec_driver_sql("SET enable_seqscan = off")
            for query, values in list(self.queries.items()):
                plan = [" ".join(map(str, row)) for row in await connection.exec_driver_sql(explain + query, values)]
                if any("SCAN " in step or "Seq Scan" in step for step in plan):
                    found.append(" ".join(query.split()))
        return found


@asynccontextmanager
async def served(store: Store) -> AsyncIterator[Crm]:
    office = Office(store, demo_catalogue(), demo_policy(), now, "t", KEY)
    runner = web.AppRunner(crm_app(office), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        async with tmf_crm(f"http://127.0.0.1:{runner.addresses[0][1]}", "t", now) as crm:
            yield crm
    finally:
        await runner.cleanup()


async def measure(crm: Crm, call: Call, subscribers: int, seconds: float, lanes: int) -> tuple[list[float], float]:
    """(milliseconds of each call, seconds in all), `lanes` at a time."""
    ordinary = max(1, subscribers - len(read_named()))
    draw, taken, end = random.Random(1), list[float](), time.perf_counter() + seconds

    async def lane() -> None:
        while time.perf_counter() < end or not taken:
            began = time.perf_counter()
            await call(crm, f"+86{FIRST_ORDINARY + draw.randrange(ordinary)}", len(taken))
            taken.append((time.perf_counter() - began) * 1000)

    began = time.perf_counter()
    await asyncio.gather(*(lane() for _ in range(lanes)))
    return taken, time.perf_counter() - began


async def bench(name: str, url: str, subscribers: int, seconds: float) -> list[str]:
    """Prints the table of one database; returns the queries that no index serves."""
    store, began = Store(url), time.perf_counter()
    try:
        await seed(store, subscribers, now(), KEY)
        print(f"\n{name}: {subscribers:,} subscribers, seeded in {time.perf_counter() - began:.0f} s")
        print(f"{'call':<14} {'p50 ms':>8} {'p95 ms':>8} {f'calls/s, {LANES} at a time':>24}", flush=True)
        with Seen() as seen:
            async with served(store) as crm:
                for call, act in CALLS.items():
                    await _row(crm, call, act, subscribers, seconds)
        scans = await seen.scans(store)
    finally:
        await store.close()
    print(f"{len(seen.queries)} queries explained, {len(scans)} without an index")
    for query in scans:
        print(f"  {query[:160]}")
    return scans


async def _row(crm: Crm, call: str, act: Call, subscribers: int, seconds: float) -> None:
    alone, _ = await measure(crm, act, subscribers, seconds, 1)
    many, spent = await measure(crm, act, subscribers, seconds, LANES)
    most = statistics.quantiles(alone, n=20)[18] if len(alone) > 1 else alone[0]
    print(f"{call:<14} {statistics.median(alone):>8.2f} {most:>8.2f} {len(many) / spent:>24.0f}", flush=True)


async def postgres(url: str) -> str:
    """The URL of a new, empty database beside `url`."""
    engine = create_async_engine(url, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        await connection.exec_driver_sql(f"CREATE DATABASE {DATABASE}")
    await engine.dispose()
    return make_url(url).set(database=DATABASE).render_as_string(hide_password=False)


async def main(subscribers: int, seconds: float, server: str) -> int:
    with tempfile.TemporaryDirectory() as folder:
        scans = await bench("SQLite", f"sqlite+aiosqlite:///{folder}/crm.db", subscribers, seconds)
    if server:
        scans += await bench("PostgreSQL", await postgres(server), subscribers, seconds)
    else:
        print("\nPostgreSQL: TEST_POSTGRES names none")
    return 1 if scans else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.crm", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--subscribers", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=0.5, help="per call and load")
    options = parser.parse_args()
    sys.exit(asyncio.run(main(options.subscribers, options.seconds, os.environ.get("TEST_POSTGRES", ""))))
