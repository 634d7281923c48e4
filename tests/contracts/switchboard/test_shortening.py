"""Redis' file does not grow with what was written and is gone."""

from __future__ import annotations

import asyncio

from redis import asyncio as aioredis

from switchboard.redis.shortening import shorten


async def size_at_rest(redis: aioredis.Redis) -> int:
    for _ in range(200):
        state = await redis.info("persistence")
        if not state["aof_rewrite_in_progress"] and not state["aof_rewrite_scheduled"]:
            return int(state["aof_current_size"])
        await asyncio.sleep(0.05)
    raise AssertionError("the file is still being written")


async def test_a_file_that_is_longer_than_what_is_held_is_written_anew(redis: aioredis.Redis) -> None:
    for n in range(12):
        await redis.set("churn", bytes([n]) * 500_000)
    assert (await redis.info("persistence"))["aof_current_size"] > 6_000_000
    assert await shorten(redis, least_bytes=1_000_000) == 1
    assert await size_at_rest(redis) < 2_000_000
    assert await redis.get("churn") == bytes([11]) * 500_000


async def test_a_short_file_and_one_that_is_all_held_are_left_alone(redis: aioredis.Redis) -> None:
    await redis.bgrewriteaof()
    await size_at_rest(redis)
    assert await shorten(redis, least_bytes=10_000_000) == 0
    await redis.mset({f"kept{n}": bytes([n % 250]) * 10_000 for n in range(300)})
    assert await shorten(redis, least_bytes=1_000_000) == 0
