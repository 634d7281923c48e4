"""Ending tasks for sure."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel until all have ended. Once is not enough on Python 3.10: `asyncio.wait_for`, which the Redis client uses
    for each command, drops a cancellation that arrives together with the result."""
    waiting, cancelled = set(tasks), False
    while waiting:
        for task in waiting:
            task.cancel()
        try:
            await asyncio.wait(waiting, timeout=0.5)
        except asyncio.CancelledError:
            # Who is ended while it ends others does so first: what it left running would run beside its successor.
            cancelled = True
        waiting = {task for task in waiting if not task.done()}
    await asyncio.gather(*tasks, return_exceptions=True)
    if cancelled:
        raise asyncio.CancelledError


async def side_by_side(*works: Coroutine[Any, Any, None]) -> None:
    """All at once until one ends, which ends the others: whoever started them sees its error and starts all again."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        await end(*tasks)
