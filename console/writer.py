"""The SQL writer: the switchboard's log becomes rows, once each, in the order of the log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from functools import cache, partial
from itertools import groupby
from typing import Any, cast

import sqlalchemy as sa
import structlog
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from console.database import insert, open_local
from console.entries import Change, Insert, Put, Update, changes, touches
from console.tables import log_cursors
from switchboard.errors import NotReachable
from switchboard.ports import Log, LogEntry

BATCH = 500
TRIM_EVERY_S = 5.0
GATHER_S = 0.25
"""What is logged meanwhile goes into one batch with what woke the writer: a commit costs as much for one row as for
many. The desk shows it so much later."""
RETRY_S = (0.2, 10.0)
"""First and longest wait when SQL or Redis cannot be reached."""

Publish = Callable[[frozenset[str]], Awaitable[None]]
"""Told which conversations changed, once their rows are committed; `RedisChanges.publish` is one."""

logger = structlog.get_logger()


class Moved(Exception):
    """Another writer moved a cursor: this one's batch is void."""


class Writer:
    """Run one at a time for a partition, under a lease (console/writers.py); a second one does no harm: a moved cursor
    voids its batch."""

    def __init__(self, log: Log, engine: AsyncEngine, publish: Publish) -> None:
        self._log, self._engine, self._publish = log, engine, publish
        self._local = open_local(engine)
        self._cursors: dict[int, str] | None = None
        self._untrimmed: dict[int, str] = {}
        self._trimmed_at = 0.0

    async def run(self) -> None:
        """For ever; cancel to stop. What was read and not committed is read again."""
        wait_s = RETRY_S[0]
        while True:
            try:
                if await self.step() < BATCH:
                    await asyncio.sleep(GATHER_S)
                wait_s = RETRY_S[0]
            except (NotReachable, SQLAlchemyError, OSError, Moved) as error:
                logger.warning("writer_waits", error=type(error).__name__, wait_s=wait_s)
                self._cursors = None
                await asyncio.sleep(wait_s)
                wait_s = min(wait_s * 2, RETRY_S[1])

    async def step(self, block_s: float = 1.0) -> int:
        """One batch: read, commit, publish, trim. How many entries it was."""
        if self._cursors is None:
            self._cursors = await self._load_cursors()
        entries: list[LogEntry] = []
        # The port promises an iterator; implementations are generators, which must be closed when left early.
        async with aclosing(cast(Any, self._log.read(self._cursors, block_s))) as read:
            async for entry in read:
                entries.append(entry)
                if len(entries) >= BATCH:
                    break
        if entries:
            await self._commit(entries)
        await self._trim()
        return len(entries)

    async def _load_cursors(self) -> dict[int, str]:
        async with self._engine.connect() as connection:
            rows = (await connection.execute(sa.select(log_cursors.c.partition, log_cursors.c.entry))).all()
        return {row.partition: row.entry for row in rows}

    async def _commit(self, entries: list[LogEntry]) -> None:
        assert self._cursors is not None
        last = {entry.partition: entry.entry for entry in entries}
        write = partial(_write, old=self._cursors, new=last, entries=entries)
        if self._local is not None:
            # By an asynchronous driver each statement of a batch would change threads several times.
            await asyncio.to_thread(_in_transaction, self._local, write)
        else:
            async with self._engine.begin() as connection:
                await connection.run_sync(write)
        self._cursors |= last
        self._untrimmed |= last
        await self._publish(frozenset(entry.conversation for entry in entries))

    async def _trim(self) -> None:
        now = asyncio.get_running_loop().time()
        # Each trim costs an fsync of Redis.
        if self._untrimmed and now - self._trimmed_at >= TRIM_EVERY_S:
            await self._log.trim(self._untrimmed)
            self._untrimmed, self._trimmed_at = {}, now


def _in_transaction(engine: Engine, write: Callable[[Connection], None]) -> None:
    with engine.begin() as connection:
        write(connection)


def _write(connection: Connection, old: Mapping[int, str], new: Mapping[int, str], entries: Sequence[LogEntry]) -> None:
    # First, so that a second writer waits here and then sees that it is late.
    _move_cursors(connection, old, new)
    apply(connection, touches(entries))
    apply(connection, [change for entry in entries for change in changes(entry)])


def _move_cursors(connection: Connection, old: Mapping[int, str], new: Mapping[int, str]) -> None:
    """Raises Moved when another writer was here: a cursor is not where we left it."""
    if connection.dialect.name == "sqlite":
        # It knows no FOR UPDATE, and begins by itself only with the first write.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    here = sa.select(log_cursors.c.partition, log_cursors.c.entry).where(log_cursors.c.partition.in_(sorted(new)))
    stored = {row.partition: row.entry for row in connection.execute(here.with_for_update())}
    moved = [partition for partition in new if stored.get(partition) != old.get(partition)]
    if moved:
        raise Moved(f"partitions {moved}")
    known = [{"at": n, "to": entry} for n, entry in sorted(new.items()) if n in old]
    fresh = [{"partition": n, "entry": entry} for n, entry in sorted(new.items()) if n not in old]
    if known:
        at = log_cursors.c.partition == sa.bindparam("at")
        connection.execute(log_cursors.update().where(at).values(entry=sa.bindparam("to")), known)
    if fresh:
        # Fails when a second writer puts the first cursor of a partition at the same time.
        connection.execute(log_cursors.insert(), fresh)


def apply(connection: Connection, made: Sequence[Change]) -> None:
    """Carry out a batch of changes; the same ones again change nothing more.

    New rows come first, and rows of one shape go together, since compiling a statement costs more than running it.
    Updates of different shapes touch different columns (console.entries), so only the order within a shape matters.
    """
    dialect = connection.dialect.name
    for shape, rows in _grouped(made, Insert, lambda c: (c.table, tuple(c.values)), lambda c: c.values):
        connection.execute(_insert(dialect, *shape), rows)
    # Puts of different shapes may set the same column: only neighbours go together.
    for shape, alike in groupby((change for change in made if isinstance(change, Put)), _put_shape):
        connection.execute(_put(dialect, *shape), [{**put.key, **put.first, **put.values} for put in alike])
    updates = _grouped(made, Update, lambda c: (c.table, tuple(c.key), tuple(c.values)), _update_row)
    for shape, rows in updates:
        connection.execute(_update(*shape), rows)


# Statements are put together once for each shape: there are as many as console.entries has kinds of changes.


@cache
def _insert(dialect: str, table: sa.Table, names: tuple[str, ...]) -> Any:
    statement = insert(dialect, table).values({name: sa.bindparam(name) for name in names})
    return statement.on_conflict_do_nothing()


@cache
def _put(dialect: str, table: sa.Table, keys: tuple[str, ...], values: tuple[str, ...], first: tuple[str, ...]) -> Any:
    statement = insert(dialect, table).values({name: sa.bindparam(name) for name in (*keys, *first, *values)})
    shown = {name: statement.excluded[name] for name in values}
    return statement.on_conflict_do_update(index_elements=list(keys), set_=shown)


@cache
def _update(table: sa.Table, keys: tuple[str, ...], names: tuple[str, ...]) -> Any:
    statement = table.update().where(*(table.c[key] == sa.bindparam(f"key_{key}") for key in keys))
    return statement.values({name: sa.bindparam(f"to_{name}") for name in names})


def _put_shape(change: Put) -> tuple[sa.Table, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    return change.table, tuple(change.key), tuple(change.values), tuple(change.first)


def _update_row(change: Update) -> dict[str, Any]:
    return {f"key_{k}": v for k, v in change.key.items()} | {f"to_{k}": v for k, v in change.values.items()}


def _grouped(
    made: Sequence[Change], kind: type, shape: Callable[[Any], Any], row: Callable[[Any], dict[str, Any]]
) -> list[tuple[Any, list[dict[str, Any]]]]:
    """The rows of one kind of change by their shape, in order."""
    groups: dict[Any, list[dict[str, Any]]] = {}
    for change in made:
        if isinstance(change, kind):
            groups.setdefault(shape(change), []).append(row(change))
    return list(groups.items())
