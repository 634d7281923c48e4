"""A reference CRM that runs inside the test's loop, on a free port and a database of its own."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

from aiohttp import web
from aiohttp.test_utils import TestServer
from aiohttp.typedefs import Middleware

from crm.carrier.adapter import CarrierCrm, carrier_crm
from crm.carrier.standin import carrier_app
from crm.port import Crm
from crm.reference.app import crm_app
from crm.reference.catalogue import demo_catalogue, demo_policy
from crm.reference.http import Office
from crm.reference.paygate import Paygate, paygate_app
from crm.reference.seed import seed
from crm.reference.store import Store
from tests import postgres

TOKEN = "a-token-of-the-tests"
CARD_KEY = b"k" * 32
PAYGATE_KEY = b"p" * 32
CARRIER_KEY = b"c" * 32
LISTENER = "http://127.0.0.1:9"
"""Who may listen; nobody does at this port."""
SUBSCRIBERS = 30
NOW = datetime(2026, 11, 18, 2, 30, tzinfo=timezone.utc)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@dataclass(frozen=True)
class Reference:
    """A running reference CRM."""

    office: Office
    paygate: Paygate
    url: str
    clock: Clock


async def fill(url: str) -> None:
    """Seed an empty database."""
    store = Store(url)
    await seed(store, SUBSCRIBERS, NOW, CARD_KEY)
    await store.close()


def make_seeded(path: Path) -> None:
    """Write a seeded database file; in a thread of its own, since the caller may be in a loop."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(fill(f"sqlite+aiosqlite:///{path}"))).result()


def copy_seeded(seeded: Path, folder: Path) -> None:
    """As crm.db in `folder`, with what is still in its journal."""
    for suffix in ("", "-wal"):
        if Path(f"{seeded}{suffix}").exists():
            shutil.copy(f"{seeded}{suffix}", folder / f"crm.db{suffix}")


@asynccontextmanager
async def serving(seeded: Path, folder: Path, clock: Clock, *around: Middleware) -> AsyncIterator[Reference]:
    """Serve a copy of a seeded database; `around` sees every request and answer."""
    copy_seeded(seeded, folder)
    async with _serving(Store(f"sqlite+aiosqlite:///{folder / 'crm.db'}"), clock, *around) as running:
        yield running


@contextmanager
def in_a_thread(seeded: Path, folder: Path) -> Iterator[str]:
    """The URL of a reference CRM that answers while the caller waits."""
    loop, known = asyncio.new_event_loop(), []
    ready, over = threading.Event(), asyncio.Event()

    async def serve() -> None:
        async with serving(seeded, folder, Clock()) as running:
            known.append(running.url)
            ready.set()
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(60)
        yield known[0]
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join(30)
        loop.close()


@asynccontextmanager
async def serving_postgres(template: str, clock: Clock) -> AsyncIterator[Reference]:
    """Serve a copy of a seeded database on PostgreSQL."""
    async with _serving(Store(await postgres.fresh("renji_crm", template)), clock) as running:
        yield running


@asynccontextmanager
async def standing_in(known: Crm, clock: Clock) -> AsyncIterator[CarrierCrm]:
    """The carrier's adapter before a stand-in that asks `known`."""
    app = web.Application()
    app.add_subapp("/carrier/", carrier_app(nullcontext(known), CARRIER_KEY, clock))
    async with TestServer(app, host="127.0.0.1") as server:
        async with carrier_crm(str(server.make_url("")).rstrip("/"), CARRIER_KEY, clock) as adapter:
            yield adapter


@asynccontextmanager
async def _serving(store: Store, clock: Clock, *around: Middleware) -> AsyncIterator[Reference]:
    office = Office(store, demo_catalogue(), demo_policy(), clock, TOKEN, CARD_KEY, frozenset({LISTENER}))
    app = crm_app(office)
    app.middlewares[:0] = around
    paygate = Paygate(store, PAYGATE_KEY, clock, "")
    app.add_subapp("/paygate/", paygate_app(paygate))
    async with TestServer(app, host="127.0.0.1") as server:
        yield Reference(office, paygate, str(server.make_url("")).rstrip("/"), clock)
    await store.close()
