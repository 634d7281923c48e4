"""What is published: one subscription, as long as its connection holds."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from switchboard.redis.connection import Client
from switchboard.redis.wire import Shared


async def heard(redis: Client, channel: str, patterns: Sequence[str] = ()) -> AsyncIterator[tuple[str, bytes]]:
    """(channel, data); ("", b"") first, when nothing is missed any more. Raises one of connection.LOST."""
    if isinstance(redis, Shared):
        async for told in redis.listen(channel, patterns):
            yield told
        return
    async with redis.pubsub() as pubsub:
        await pubsub.subscribe(channel)
        if patterns:
            await pubsub.psubscribe(*patterns)
        yield "", b""
        while True:
            told = await pubsub.get_message(ignore_subscribe_messages=True, timeout=2.0)
            if told:
                yield told["channel"].decode(), told["data"]
