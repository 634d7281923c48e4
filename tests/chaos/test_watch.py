"""The watch sees timers that are overdue, and who waits for a send."""

from __future__ import annotations

import asyncio
import time

from redis import asyncio as aioredis

from switchboard.redis.keys import tag
from switchboard.tasks import end
from tests.chaos.timeline import Timeline
from tests.chaos.watch import watch


async def test_what_is_overdue_and_what_waits_is_seen(redis: aioredis.Redis) -> None:
    await redis.set("partitions", 8)
    await redis.zadd(f"{tag(7)}:timers", {"sms:li|remind": int(time.time() * 1000) - 3000})
    await redis.xadd(f"{tag(0)}:out:wechat", {"body": ""})
    timeline = Timeline()
    watching = asyncio.create_task(watch(redis, timeline))
    try:
        await _until(lambda: timeline.out)
        await redis.delete(f"{tag(7)}:timers")
        await _until(lambda: timeline.rings)
    finally:
        await end(watching)
    assert timeline.out[0][1] == 1
    assert timeline.rings[0].late_s >= 3


async def _until(seen) -> None:  # type: ignore[no-untyped-def]
    for _ in range(200):
        if seen():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("nothing was seen")
