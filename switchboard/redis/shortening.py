"""Append-only files kept short: a Redis that starts again reads what is there, not all that ever was.

Redis itself compares a file with what it was at the start, so one that starts often never begins to write it anew.
"""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from redis.exceptions import ResponseError

from switchboard.errors import NotReachable
from switchboard.redis.connection import Client, reaching
from switchboard.redis.topology import masters

EVERY_S = 30.0
REFUSED_S = 3600.0
"""Until a Redis that forbade it is asked again."""
LEAST_BYTES = 32 * 1024 * 1024
"""Read within two seconds: not worth the writing."""
_log = structlog.get_logger()


async def keep_short(
    redis: Client, least_bytes: int = LEAST_BYTES, every_s: float = EVERY_S, refused_s: float = REFUSED_S
) -> None:
    """For ever; cancel to stop. Where Redis belongs to somebody who forbids it, that is logged once."""
    told = ""
    while True:
        wait_s = every_s
        try:
            await shorten(redis, least_bytes)
        except (NotReachable, OSError) as error:
            _log.info("not_shortened", error=str(error))
        except ResponseError as error:
            wait_s = refused_s
            if told != str(error):
                told = str(error)
                _log.warning("never_shortened", error=told)
        await asyncio.sleep(wait_s)


async def shorten(redis: Client, least_bytes: int = LEAST_BYTES) -> int:
    """Let each master begin to write its file anew that has more than `least_bytes` in single commands, as far as it
    knows; how many began. Raises NotReachable, ResponseError.
    """
    begun = 0
    with reaching():
        async with masters(redis) as found:
            for _, master in found:
                if _is_long(await master.info("persistence"), least_bytes):
                    begun += await _began(master)
    return begun


async def _began(master: Any) -> bool:
    try:
        await master.bgrewriteaof()
    except ResponseError as error:
        # Somebody else told it so since we looked.
        if "already in progress" in str(error):
            return False
        raise
    return True


def _is_long(state: dict[str, int], least_bytes: int) -> bool:
    if not state["aof_enabled"] or state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"]:
        return False
    # A Redis that wrote nothing anew since its start does not know how much of its file is single commands, which take
    # far longer to read than what was written anew.
    known = 0 if state["aof_last_rewrite_time_sec"] < 0 else state["aof_base_size"]
    return state["aof_current_size"] - known > max(least_bytes, known)
