"""Looks into Redis four times a second: which timers are overdue, and how many conversations wait for a send.

Of a conversation one message at a time is on its way, so no more sends than that can be under way.
"""

from __future__ import annotations

import asyncio
import time

from redis import asyncio as aioredis
from redis.exceptions import RedisError

from tests.chaos.timeline import Ring, Timeline

EVERY_S = 0.25
ROUTES = ("sms", "web", "wechat")
LOOK = """
local now, found, out = redis.call('TIME'), {}, 0
local ms = now[1] * 1000 + math.floor(now[2] / 1000)
for partition = 0, redis.call('GET', 'partitions') - 1 do
  local tag = '{p' .. partition .. '}'
  for _, route in ipairs(ARGV) do out = out + math.min(1, redis.call('XLEN', tag .. ':out:' .. route)) end
  for _, word in ipairs(redis.call('ZRANGEBYSCORE', tag .. ':timers', '-inf', ms, 'WITHSCORES')) do
    table.insert(found, word)
  end
end
return {out, ms, found}
"""
"""By name: to search among the keys of an hour would keep Redis busy with nothing else."""


async def watch(redis: aioredis.Redis, timeline: Timeline) -> None:
    """For ever; cancel to stop. A timer that was never seen overdue rang in time."""
    overdue: dict[tuple[bytes, int], float] = {}
    while True:
        try:
            out, now_ms, found = await asyncio.wait_for(redis.eval(LOOK, 0, *ROUTES), 2)
            now = time.monotonic()
            timeline.out.append((now, out))
            timers = zip(found[::2], found[1::2], strict=True)
            seen = {(key, int(due)): now - (now_ms - int(due)) / 1000 for key, due in timers}
            timeline.rings += [Ring(due, now) for timer, due in overdue.items() if timer not in seen]
            overdue = seen
        except (RedisError, OSError, asyncio.TimeoutError):
            pass  # While Redis is away nothing rings; what was overdue is looked at again when it is back.
        await asyncio.sleep(EVERY_S)
