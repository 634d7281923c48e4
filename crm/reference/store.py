"""The reference CRM's database: SQLite in one file, or PostgreSQL by URL."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool
from sqlalchemy.sql import Select

from crm.reference.prepared import prepared

MIGRATIONS = Path(__file__).resolve().parents[2] / "deploy" / "migrations" / "crm"
BUSY_TIMEOUT_MS = 5000


class Reading:
    """What queries need of an AsyncConnection, on a connection of this thread. A row found by an index takes SQLite
    microseconds; to ask another thread for it takes a hundred times as long."""

    def __init__(self, connection: Connection) -> None:
        self.sync_connection = connection
        driver: Any = connection.connection.dbapi_connection
        self._driver: sqlite3.Connection = driver

    def rows(self, query: Select, values: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Of a query that is put together once."""
        return prepared(query, self.sync_connection.dialect).rows(self._driver, values)

    async def execute(self, query: Any, values: Any = None) -> Any:
        return self.sync_connection.execute(query, values)

    async def exec_driver_sql(self, text: str, values: Any = None) -> Any:
        return self.sync_connection.exec_driver_sql(text, values)

    def begin(self) -> None:
        """What is read from now on is of one moment. Raises OperationalError."""
        try:
            self._driver.execute("BEGIN")
        except sqlite3.Error as error:
            raise OperationalError("BEGIN", None, error) from error

    def end(self) -> None:
        if self.sync_connection.in_transaction():
            self.sync_connection.rollback()
        self._driver.rollback()

    def close(self) -> None:
        self.sync_connection.close()


class Store:
    """Hands out transactions. On SQLite a writing one takes the lock when it begins, so it never fails halfway."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._writers = self._engine()
        self._readers = self._local_engine() if self.sqlite else None
        self._free: list[Reading] = []

    def _engine(self) -> AsyncEngine:
        if not self.sqlite:
            return create_async_engine(self.url, pool_size=8, pool_timeout=5)
        if self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        # One writer: more would only wait for each other inside SQLite.
        size = {"poolclass": AsyncAdaptedQueuePool, "pool_size": 1, "max_overflow": 0, "pool_timeout": 5}
        engine = create_async_engine(self.url, **size)
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
        return engine

    def _local_engine(self) -> Engine:
        # Nobody may wait for a connection here: the whole loop would.
        engine = create_engine(self.url.set(drivername="sqlite+pysqlite"), future=True, poolclass=NullPool)
        event.listen(engine, "connect", _prepare_sqlite)
        return engine

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A consistent view of one moment."""
        if self._readers is not None:
            # SQLAlchemy's pool takes as long to hand out a connection as a query takes.
            local = self._free.pop() if self._free else Reading(self._readers.connect())
            with _reading(local, self._free):
                yield cast(AsyncConnection, local)
            return
        async with self._writers.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Committed when the block ends well, undone otherwise."""
        async with self._writers.begin() as connection:
            yield connection

    async def migrate(self) -> None:
        """Bring the tables to this version's shape. Does nothing when they have it."""
        await asyncio.to_thread(upgrade, self.url.render_as_string(hide_password=False))

    async def close(self) -> None:
        while self._free:
            self._free.pop().close()
        await self._writers.dispose()


def upgrade(url: str) -> None:
    """Run the migrations; the calling thread must have no running loop."""
    command.upgrade(_config(url), "head")


def downgrade(url: str, revision: str) -> None:
    """Take back what came after `revision`, and what only that knew with it."""
    command.downgrade(_config(url), revision)


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migration_engine(url: str) -> AsyncEngine:
    """A plain engine for Alembic."""
    engine = create_async_engine(url, poolclass=NullPool)
    if engine.url.get_backend_name() == "sqlite":
        event.listen(engine.sync_engine, "connect", _prepare_sqlite)
        event.listen(engine.sync_engine, "begin", _begin_immediate)
    return engine


def _prepare_sqlite(connection: Any, record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves; the driver would begin them too late
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", f"busy_timeout={BUSY_TIMEOUT_MS}", "synchronous=FULL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@contextmanager
def _reading(local: Reading, free: list[Reading]) -> Iterator[None]:
    """Between `begin` and `end`; then it is free for the next one."""
    try:
        local.begin()
        try:
            yield
        finally:
            local.end()
    except (DBAPIError, sqlite3.Error):
        local.close()
        raise
    except BaseException:
        free.append(local)
        raise
    free.append(local)


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
