"""Opens the console's SQL database: SQLite by default, PostgreSQL by URL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, QueuePool

SQLITE_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=5000",
    # The log in Redis is trimmed after a commit here, so a commit must survive a power cut.
    "PRAGMA synchronous=FULL",
)


def open_engine(url: str) -> AsyncEngine:
    """An engine for `sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`; connects when first used."""
    if make_url(url).get_backend_name() != "sqlite":
        return create_async_engine(url, pool_pre_ping=True, pool_size=8, max_overflow=8)
    database = make_url(url).database
    if database and database != ":memory:":
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url, poolclass=AsyncAdaptedQueuePool, pool_size=4, max_overflow=4)
    sa.event.listen(engine.sync_engine, "connect", _set_pragmas)
    return engine


def open_local(engine: AsyncEngine) -> Engine | None:
    """A plain engine for the same SQLite file, for somebody who has a thread of their own; None for anything else."""
    if engine.url.get_backend_name() != "sqlite" or engine.url.database in (None, "", ":memory:"):
        return None
    # One writer, but its thread may be another one each time.
    local = sa.create_engine(
        engine.url.set(drivername="sqlite+pysqlite"),
        future=True,
        poolclass=QueuePool,
        pool_size=1,
        connect_args={"check_same_thread": False},
    )
    sa.event.listen(local, "connect", _set_pragmas)
    return local


def _set_pragmas(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    for pragma in SQLITE_PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def insert(dialect: str, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT in the dialect of this name."""
    return (postgresql if dialect == "postgresql" else sqlite).insert(table)


async def upsert(connection: AsyncConnection, table: sa.Table, key: dict[str, Any], values: dict[str, Any]) -> None:
    """Insert `key` with `values`, or set `values` where `key` is there already."""
    statement = insert(connection.dialect.name, table).values(**key, **values)
    await connection.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))
