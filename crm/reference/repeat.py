"""Work that is done again and again while a block runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

LEAVE_S = 6.0
log = logging.getLogger(__name__)


@asynccontextmanager
async def repeating(work: Callable[[], Awaitable[object]], every_s: float) -> AsyncIterator[None]:
    """Do `work`, wait `every_s`, and so on. A failure is logged and does not end it; the pass under way may finish."""
    leaving = asyncio.Event()
    task = asyncio.create_task(_repeat(work, every_s, leaving))
    try:
        yield
    finally:
        leaving.set()
        try:
            await asyncio.wait_for(task, LEAVE_S)
        except asyncio.TimeoutError:
            log.warning("%s did not end in time", work)


async def _repeat(work: Callable[[], Awaitable[object]], every_s: float, leaving: asyncio.Event) -> None:
    while not leaving.is_set():
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - a database locked for a while must not end it for good
            log.warning("failed, will be done again: %s", type(error).__name__)
        try:
            await asyncio.wait_for(leaving.wait(), every_s)
        except asyncio.TimeoutError:
            pass
