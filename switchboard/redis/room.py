"""How much of its memory Redis has used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from switchboard.redis.connection import Client, reaching


async def memory_share(redis: Client) -> float:
    """Of the limit, 1 for full, 0 where there is none; the fullest master's of a Cluster. Raises NotReachable."""
    with reaching():
        told = await redis.info("memory")
    nodes = [told] if "used_memory" in told else list(told.values())
    return max(_share(node) for node in nodes)


def _share(told: Mapping[str, Any]) -> float:
    most = int(told.get("maxmemory", 0))
    return int(told["used_memory"]) / most if most else 0.0
