"""How often a process of ours ended itself because its loop no longer turned."""

from __future__ import annotations

from switchboard.redis.connection import Client, connect, reaching

STALLS = "stalls"


async def count_stall(url: str) -> None:
    """From a process that ends: with a connection of its own. Raises NotReachable."""
    redis = connect(url)
    try:
        with reaching():
            await redis.incr(STALLS)
    finally:
        await redis.aclose()


async def stalls(redis: Client) -> int:
    """Raises NotReachable."""
    with reaching():
        return int(await redis.get(STALLS) or 0)
