"""Tells listeners what happened: to each in order, again until it was taken, at most once in a while where it fails.

What a listener refuses (4xx) is dropped for it, since it would be refused again; anything else that is not 2xx is tried
again, later each time, for a day. Who delivers to a listener holds it for a while, so several processes on one database
do not tell twice; one that dies between telling and noting it does, and the event has the same `eventId` then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import aiohttp
from sqlalchemy import delete, select, update

from crm.reference import schema
from crm.reference.http import MEDIA_TYPE
from crm.reference.hub import may_hear
from crm.reference.reads import Terms, all_rows
from crm.reference.repeat import repeating
from crm.reference.store import Store

LOOK_EVERY_S = 2.0
POST_S = 5.0
BATCH = 20
HELD = timedelta(seconds=POST_S * BATCH + 20)
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 900.0
KEPT = timedelta(days=1)
MOST_WAITING = 10_000
"""Events of one listener; of more the oldest are dropped."""
MOST_AT_ONCE = 8
AGAIN = (408, 425, 429)
log = logging.getLogger(__name__)


@asynccontextmanager
async def delivering(store: Store, terms: Callable[[], Terms], allowed: frozenset[str]) -> AsyncIterator[None]:
    """Tell listeners in the background while the block runs; nothing where no origin is allowed."""
    if not allowed:
        yield
        return
    async with listeners_session() as session:
        async with repeating(lambda: deliver(store, terms(), session, allowed), LOOK_EVERY_S):
            yield


def listeners_session() -> aiohttp.ClientSession:
    """No cookies, no proxy of the environment, and no more time than POST_S for anything."""
    return aiohttp.ClientSession(
        headers={"Content-Type": MEDIA_TYPE}, cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=POST_S), connector=aiohttp.TCPConnector(limit=MOST_AT_ONCE),
    )  # fmt: skip


async def deliver(store: Store, terms: Terms, session: aiohttp.ClientSession, allowed: frozenset[str]) -> int:
    """One pass over the listeners that are due; how many events were taken."""
    table, waiting = schema.hub_listener, schema.hub_event
    some = select(waiting.c.id).where(waiting.c.listener == table.c.id).exists()
    async with store.reading() as connection:
        due = await all_rows(connection, select(table).where(table.c.due_at <= terms.now, some))
    turn = asyncio.Semaphore(MOST_AT_ONCE)

    async def one(listener: Any) -> int:
        async with turn:
            return await _deliver_to(store, listener, terms, session, allowed)

    return sum(await asyncio.gather(*map(one, due)))


async def _deliver_to(
    store: Store, listener: Any, terms: Terms, session: aiohttp.ClientSession, allowed: frozenset[str]
) -> int:
    if not await _held(store, listener, terms):
        return 0
    await _forget(store, listener["id"], terms)
    table, taken, failures = schema.hub_event, 0, 0
    query = select(table).where(table.c.listener == listener["id"]).order_by(table.c.id).limit(BATCH)
    async with store.reading() as connection:
        events = await all_rows(connection, query)
    for event in events:
        # The operator may have taken an origin away since somebody registered it.
        told = may_hear(listener["callback"], allowed) and await _told(session, listener, event["document"])
        if not told:
            failures = int(listener["failures"]) + 1
            break
        taken += 1
        async with store.writing() as connection:
            await connection.execute(delete(table).where(table.c.id == event["id"]))
    await _let_go(store, listener["id"], failures, terms)
    return taken


async def _held(store: Store, listener: Any, terms: Terms) -> bool:
    """Whether this process is the one that tells it now."""
    table = schema.hub_listener
    mine = (table.c.id == listener["id"]) & (table.c.due_at == listener["due_at"])
    async with store.writing() as connection:
        held = await connection.execute(update(table).where(mine).values(due_at=terms.now + HELD))
    return bool(held.rowcount)


async def _let_go(store: Store, listener: str, failures: int, terms: Terms) -> None:
    wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(failures - 1, 12)) if failures else 0.0
    values = {"due_at": terms.now + timedelta(seconds=wait_s), "failures": failures}
    async with store.writing() as connection:
        table = schema.hub_listener
        await connection.execute(update(table).where(table.c.id == listener).values(values))


async def _forget(store: Store, listener: str, terms: Terms) -> None:
    """What nobody took in time, and the oldest of too many."""
    table = schema.hub_event
    mine = table.c.listener == listener
    newest = select(table.c.id).where(mine).order_by(table.c.id.desc()).offset(MOST_WAITING).limit(1)
    async with store.writing() as connection:
        beyond = (await connection.execute(newest)).scalar() or 0
        old = (table.c.at < terms.now - KEPT) | (table.c.id <= beyond)
        dropped = (await connection.execute(delete(table).where(mine & old))).rowcount
    if dropped:
        log.error("%s events were not taken by listener %s and are dropped", dropped, listener)


async def _told(session: aiohttp.ClientSession, listener: Any, document: str) -> bool:
    """Whether this event is done with for this listener."""
    try:
        async with session.post(listener["callback"], data=document.encode(), allow_redirects=False) as answer:
            status = answer.status
    except (aiohttp.ClientError, asyncio.TimeoutError, OSError, ValueError) as error:
        log.warning("listener %s is not reached: %s", listener["id"], type(error).__name__)
        return False
    if 400 <= status < 500 and status not in AGAIN:
        log.error("listener %s refused an event with %s; it is dropped", listener["id"], status)
        return True
    if not 200 <= status < 300:
        log.warning("listener %s answered %s", listener["id"], status)
    return 200 <= status < 300
