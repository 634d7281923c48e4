"""Which worker brings the log of which partitions into SQL: groups of partitions, each with a lease, shared fairly."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from console.changes import RedisChanges
from console.writer import Writer
from switchboard.errors import NotReachable
from switchboard.redis.connection import connect
from switchboard.redis.leases import alive, fair_share
from switchboard.redis.log import RedisLog
from switchboard.redis.solo import Solo
from switchboard.redis.stores import Stores
from switchboard.settings import Settings
from switchboard.tasks import end, side_by_side

log = structlog.get_logger()
Work = Callable[[], Coroutine[Any, Any, None]]


def group(number: int, groups: int, partitions: int) -> list[int]:
    """The partitions of one group."""
    return list(range(number, partitions, groups))


class SqlWriter:
    """Runs what writes to SQL for all workers, while the lease is this worker's."""

    def __init__(self, solo: Solo, write: Work) -> None:
        self._solo, self._write = solo, write
        self._task: asyncio.Task[None] | None = None

    @property
    def runs(self) -> bool:
        return self._task is not None

    async def look(self) -> None:
        """Raises NotReachable. A writer that broke is started again: it must never stop the answers."""
        mine = await self._solo.mine()
        if self._task and self._task.done():
            task, self._task = self._task, None
            log.error("writer_broke", error=type(task.exception()).__name__)
        if mine and self._task is None:
            self._task = asyncio.create_task(self._write())
        if not mine:
            await self._end()

    async def stop(self) -> None:
        await self._end()
        with contextlib.suppress(NotReachable):
            await self._solo.release()

    async def _end(self) -> None:
        if self._task:
            await end(self._task)
            self._task = None


class SqlWriters:
    """This worker's share of the groups; `alive` tells how many workers there are."""

    def __init__(self, writers: Sequence[SqlWriter], alive: Callable[[], Awaitable[int]]) -> None:
        self._writers, self._alive = writers, alive

    @property
    def runs(self) -> int:
        """How many groups are this worker's."""
        return sum(writer.runs for writer in self._writers)

    async def look(self) -> None:
        """Keeps what it has up to its share, gives back what is more, takes what is free. Raises NotReachable."""
        share = fair_share(len(self._writers), await self._alive()) if len(self._writers) > 1 else 1
        left = share
        for writer in sorted(self._writers, key=lambda one: not one.runs):
            if left:
                await writer.look()
                left -= writer.runs
            elif writer.runs:
                await writer.stop()

    async def stop(self) -> None:
        for writer in self._writers:
            await writer.stop()


@asynccontextmanager
async def writing(settings: Settings, stores: Stores, engine: AsyncEngine, beside: Work) -> AsyncIterator[SqlWriters]:
    """What a worker has to look at each second; whoever has the first group also does what is done `beside`, once for
    all workers."""
    async with AsyncExitStack() as stack:
        groups, publish = settings.log_writers, RedisChanges(stores.redis).publish
        writers: list[SqlWriter] = []
        for number in range(groups):
            # Each waits for what is new, on a connection that nothing else uses.
            redis = connect(settings.redis_url)
            stack.push_async_callback(redis.aclose)
            part = RedisLog(redis, settings.partitions, group(number, groups, settings.partitions))
            rows = Writer(part, engine, publish).run
            solo = Solo(stores.scripts, f"writer-{number}" if number else "writer", settings.worker_name)
            writers.append(SqlWriter(solo, rows if number else partial(_both, rows, beside)))
        shared = SqlWriters(writers, partial(alive, stores.redis))
        stack.push_async_callback(shared.stop)
        yield shared


async def _both(rows: Work, beside: Work) -> None:
    await side_by_side(rows(), beside())
