"""Append-only files written anew, on masters and replicas: the old ones still hold what was erased."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from redis import asyncio as aioredis
from redis.exceptions import RedisError, ResponseError

from switchboard.redis.connection import Client, reaching
from switchboard.redis.topology import beside, masters

REWRITE_S, PAUSE_S = 120.0, 0.2
CAUGHT_UP_S = 10.0
"""A replica says each second how far it is."""


async def rewrite(redis: Client) -> bool:
    """Let every server write its append-only file anew. False where one could not, took too long, or is a replica that
    does not answer here or lags behind. Raises NotReachable.
    """
    with reaching():
        async with masters(redis) as found:
            return all([await _with_replicas(master) for _, master in found])


async def _with_replicas(master: Client) -> bool:
    offset = int((await master.info("replication"))["master_repl_offset"])
    if not await _caught_up(master, offset):
        return False
    async with _replicas(master) as followers:
        done = [await _rewritten(one) for one in (master, *followers)]
        return all(done)


async def _caught_up(master: Client, offset: int) -> bool:
    """Whether every replica that the master knows has what was written before this offset."""
    for _ in range(int(CAUGHT_UP_S / PAUSE_S)):
        if all(replica["state"] == "online" and replica["offset"] >= offset for replica in await _known(master)):
            return True
        await asyncio.sleep(PAUSE_S)
    return False


async def _known(master: Client) -> list[Mapping[str, Any]]:
    told = await master.info("replication")
    return [value for name, value in told.items() if name.startswith("slave") and isinstance(value, Mapping)]


@asynccontextmanager
async def _replicas(master: Client) -> AsyncIterator[list[aioredis.Redis]]:
    async with AsyncExitStack() as opened:
        found = [beside(master, str(one["ip"]), int(one["port"])) for one in await _known(master)]
        for client in found:
            opened.push_async_callback(client.aclose)
        yield found


async def _rewritten(server: Client) -> bool:
    """One that was under way already counts for nothing: it may have begun before the erasure."""
    begun = False
    try:
        for _ in range(int(REWRITE_S / PAUSE_S)):
            state = await server.info("persistence")
            if not state["aof_rewrite_in_progress"] and not state.get("aof_rewrite_scheduled"):
                if begun:
                    return bool(state["aof_last_bgrewrite_status"] == "ok")
                begun = await _begun(server)
            await asyncio.sleep(PAUSE_S)
    except (RedisError, OSError):
        return False
    return False


async def _begun(server: Client) -> bool:
    """Raises ResponseError where it cannot be done at all."""
    try:
        await server.bgrewriteaof()
        return True
    except ResponseError as error:
        if "already in progress" not in str(error):
            raise
        return False
