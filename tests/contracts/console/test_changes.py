"""The desk hears over a real Redis what the writer wrote."""

from __future__ import annotations

import asyncio

from redis import asyncio as aioredis

from console.changes import MOST_NAMED, RedisChanges


async def test_every_page_hears_of_every_change(redis: aioredis.Redis) -> None:
    gateway, writer = RedisChanges(redis), RedisChanges(redis)
    async with gateway.running(), gateway.watch() as first, gateway.watch() as second:
        # Listening begins with "everything may have changed".
        assert await first.changed(5) == frozenset("*")
        await second.changed(5)
        await writer.publish(frozenset({"web:a", "sms:b"}))
        assert await first.changed(5) == frozenset({"web:a", "sms:b"})
        assert await second.changed(5) == frozenset({"web:a", "sms:b"})
        assert await first.changed(0.05) == frozenset()


async def test_what_is_not_heard_at_once_is_heard_together(redis: aioredis.Redis) -> None:
    changes = RedisChanges(redis)
    async with changes.watch() as watcher:
        for name in ("web:a", "web:b", "web:a"):
            changes.tell(frozenset({name}))
        assert await watcher.changed(1) == frozenset({"web:a", "web:b"})


async def test_many_changes_are_told_as_everything(redis: aioredis.Redis) -> None:
    changes = RedisChanges(redis)
    async with changes.running(), changes.watch() as watcher:
        await watcher.changed(5)
        await changes.publish(frozenset(f"web:{n}" for n in range(MOST_NAMED + 1)))
        assert await watcher.changed(5) == frozenset("*")


async def test_a_word_that_is_not_ours_is_survived(redis: aioredis.Redis) -> None:
    changes = RedisChanges(redis)
    async with changes.running(), changes.watch() as watcher:
        await watcher.changed(5)
        await redis.publish("desk:changed", b"\xff{")
        assert await asyncio.wait_for(watcher.changed(5), 6) == frozenset("*")
        await changes.publish(frozenset({"web:a"}))
        assert await watcher.changed(5) == frozenset({"web:a"})


async def test_a_redis_that_is_away_does_not_stop_the_writer() -> None:
    away = aioredis.Redis(unix_socket_path="/nowhere/redis.sock")
    await RedisChanges(away).publish(frozenset({"web:a"}))
    await away.aclose()
