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
from datetime import datetime, timedelta
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
FORGET_EVERY_S = 60.0
POST_S = 5.0
PASS_S = 30.0
"""For one listener; it goes on in the next look."""
HELD = timedelta(seconds=PASS_S + POST_S + 25)
FIRST_WAIT_S, LONGEST_WAIT_S = 2.0, 900.0
KEPT = timedelta(days=1)
MOST_WAITING = 10_000
"""Events of one listener; of more the oldest are dropped."""
MOST_AT_ONCE = 8
AGAIN = (408, 425, 429)
log = logging.getLogger(__name__)


@asynccontextmanager
async def delivering(store: Store, terms: Callable[[], Terms]) -> AsyncIterator[None]:
    """Tell listeners in the background while the block runs. What waited too long is forgotten even where no origin is
    allowed any more: events hold what people wrote."""
    async with listeners_session() as session, repeating(lambda: forget(store, terms()), FORGET_EVERY_S):
        async with Delivery(store, terms, session).running():
            yield


def listeners_session() -> aiohttp.ClientSession:
    """No cookies, no proxy of the environment, and no more time than POST_S for anything."""
    return aiohttp.ClientSession(
        headers={"Content-Type": MEDIA_TYPE}, cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=POST_S), connector=aiohttp.TCPConnector(limit=MOST_AT_ONCE),
    )  # fmt: skip


async def forget(store: Store, terms: Terms) -> None:
    """What nobody took in time."""
    table = schema.hub_event
    async with store.writing() as connection:
        dropped = (await connection.execute(delete(table).where(table.c.at < terms.now - KEPT))).rowcount
    if dropped:
        log.error("%s events were taken by no listener within a day and are dropped", dropped)


class Delivery:
    """A task for each listener that is due, so that a slow one holds up no other. Calls take turns, MOST_AT_ONCE at
    once."""

    def __init__(self, store: Store, terms: Callable[[], Terms], session: aiohttp.ClientSession) -> None:
        self._store, self._terms, self._session = store, terms, session
        self._running: dict[str, asyncio.Task[int]] = {}
        self._turn = asyncio.Semaphore(MOST_AT_ONCE)
        self._leaving = False

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """At the end the calls under way may finish."""
        try:
            async with repeating(self.look, LOOK_EVERY_S):
                try:
                    yield
                finally:
                    self._leaving = True
        finally:
            if tasks := list(self._running.values()):
                _, late = await asyncio.wait(tasks, timeout=POST_S)
                for task in late:
                    task.cancel()
                await asyncio.gather(*late, return_exceptions=True)

    async def look(self) -> list[asyncio.Task[int]]:
        """Begin with each listener that is due and may hear; each task gives how many events were taken."""
        table, waiting, terms = schema.hub_listener, schema.hub_event, self._terms()
        some = select(waiting.c.id).where(waiting.c.listener == table.c.id).exists()
        async with self._store.reading() as connection:
            due = await all_rows(connection, select(table).where(table.c.due_at <= terms.now, some))
        # The operator may have taken an origin away since somebody registered it.
        return [
            self._begin(listener) for listener in due
            if listener["id"] not in self._running and may_hear(listener["callback"], terms.listeners)
        ]  # fmt: skip

    def _begin(self, listener: Any) -> asyncio.Task[int]:
        task = asyncio.create_task(self._deliver_to(listener))
        self._running[listener["id"]] = task
        task.add_done_callback(lambda done: self._ended(listener["id"], done))
        return task

    def _ended(self, listener: str, done: asyncio.Task[int]) -> None:
        del self._running[listener]
        if not done.cancelled() and (error := done.exception()):
            log.warning("listener %s was not told, will be again: %s", listener, type(error).__name__)

    async def _deliver_to(self, listener: Any) -> int:
        until = self._terms().now + HELD
        if not await _held(self._store, listener, until):
            return 0
        taken, failures = 0, int(listener["failures"])
        ends = asyncio.get_running_loop().time() + PASS_S
        try:
            await _forget_oldest(self._store, listener["id"])
            while event := await _next(self._store, listener["id"]):
                async with self._turn:
                    if self._leaving or asyncio.get_running_loop().time() > ends:
                        break
                    told = await _told(self._session, listener, event["document"])
                if not told:
                    failures += 1
                    break
                taken, failures = taken + 1, 0
                await _drop(self._store, listener["id"], event["id"])
        finally:
            # Also when this process ends or the database failed: nobody else may wait until the hold is over.
            await _let_go(self._store, listener["id"], until, failures, self._terms().now)
        return taken


async def _held(store: Store, listener: Any, until: datetime) -> bool:
    """Whether this process is the one that tells it now."""
    table = schema.hub_listener
    mine = (table.c.id == listener["id"]) & (table.c.due_at == listener["due_at"])
    async with store.writing() as connection:
        held = await connection.execute(update(table).where(mine).values(due_at=until))
    return bool(held.rowcount)


async def _let_go(store: Store, listener: str, until: datetime, failures: int, now: datetime) -> None:
    """Not what another holds since."""
    table = schema.hub_listener
    wait_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(failures - 1, 12)) if failures else 0.0
    values = {"due_at": now + timedelta(seconds=wait_s), "failures": failures}
    async with store.writing() as connection:
        mine = (table.c.id == listener) & (table.c.due_at == until)
        await connection.execute(update(table).where(mine).values(values))


async def _next(store: Store, listener: str) -> Any:
    """The oldest event that waits for it, None for none."""
    table = schema.hub_event
    query = select(table).where(table.c.listener == listener).order_by(table.c.id).limit(1)
    async with store.reading() as connection:
        return next(iter(await all_rows(connection, query)), None)


async def _drop(store: Store, listener: str, event: int) -> None:
    table = schema.hub_event
    async with store.writing() as connection:
        await connection.execute(delete(table).where(table.c.id == event, table.c.listener == listener))


async def _forget_oldest(store: Store, listener: str) -> None:
    """Of too many."""
    table = schema.hub_event
    mine = table.c.listener == listener
    newest = select(table.c.id).where(mine).order_by(table.c.id.desc()).offset(MOST_WAITING).limit(1)
    async with store.writing() as connection:
        beyond = (await connection.execute(newest)).scalar() or 0
        dropped = (await connection.execute(delete(table).where(mine & (table.c.id <= beyond)))).rowcount
    if dropped:
        log.error("%s events too many waited for listener %s and are dropped", dropped, listener)


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
