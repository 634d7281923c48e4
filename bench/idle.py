"""What idle conversations hold of Redis' memory, with many of them in it:

    python -m bench.idle [--conversations 20000] [--talks 60]

Some conversations of eight turns are really had with a whole stack; what Redis keeps of each is then copied under new
ids, byte by byte, until there are as many as are asked for, and memory is measured before and after. Copied is what
lies under the conversation's own keys; entries of indexes (whose number, what expires when) are not.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from bench.measure.dialogs import VISIT
from bench.measure.figures import KEPT, machine
from bench.measure.sides import Product
from switchboard import logs

AT_ONCE = 500
SETTLES_S = 7.0
"""The writer empties the log every few seconds."""
Kept = list[tuple[bytes, int, bytes]]
"""Keys of a conversation: name, ms to live (0: for good), value as Redis dumps it."""


async def measured(side: Product, talks: int, conversations: int) -> dict[str, float]:
    """Bytes a conversation: a day after it was had, and when all that expires within three days is gone."""
    await side.start()
    await side.crowd.visits(8, talks, VISIT)
    await asyncio.sleep(SETTLES_S)
    redis = side.redis()
    had = [kept async for kept in _conversations(redis)]
    return {
        "just then": await _held(redis, had, conversations),
        "later": await _held(redis, [_lasting(kept) for kept in had], conversations),
    }


async def _conversations(redis: Any) -> AsyncIterator[tuple[bytes, Kept]]:
    """(id, keys) of each conversation that has been talked in."""
    async for name in redis.scan_iter(match="{p*}:conv:*", count=1000):
        partition, identifier = name.split(b":conv:", 1)
        keys = [key async for key in redis.scan_iter(match=partition + b":*" + identifier + b"*", count=5000)]
        yield identifier, [(key, max(0, await redis.pttl(key)), await redis.dump(key)) for key in keys]


def _lasting(kept: tuple[bytes, Kept]) -> tuple[bytes, Kept]:
    identifier, keys = kept
    return identifier, [key for key in keys if not 0 < key[1] <= KEPT * 1000]


async def _held(redis: Any, had: Sequence[tuple[bytes, Kept]], conversations: int) -> float:
    """Bytes that each of so many copies holds."""
    before, made = await _memory(redis), Kept()
    for (identifier, keys), _ in zip(itertools.cycle(had), range(conversations), strict=False):
        channel, _, name = identifier.partition(b":")
        new = channel + b":" + secrets.token_hex(len(name)).encode()[: len(name)]
        made += [(key.replace(identifier, new), ttl, value) for key, ttl, value in keys]
        if len(made) >= AT_ONCE:
            await _restore(redis, made)
            made = []
    await _restore(redis, made)
    return (await _memory(redis) - before) / conversations


async def _restore(redis: Any, made: Sequence[tuple[bytes, int, bytes]]) -> None:
    pipe = redis.pipeline(transaction=False)
    for key, ttl, value in made:
        pipe.restore(key, ttl, value)
    await pipe.execute()


async def _memory(redis: Any) -> int:
    return int((await redis.info("memory"))["used_memory"])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.idle", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--conversations", type=int, default=20_000)
    parser.add_argument("--talks", type=int, default=60)
    asked = parser.parse_args()
    logs.configure("bench", "warning")
    print(machine())
    folder = Path(tempfile.mkdtemp(prefix="renji-bench-"))
    side = Product(folder)
    try:
        found = asyncio.run(_whole(side, asked.talks, asked.conversations))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for when, held in found.items():
        print(f"{when:12}{held:8.0f} bytes a conversation, {held / 1e3:6.2f} GB for 1,000,000")


async def _whole(side: Product, talks: int, conversations: int) -> dict[str, float]:
    try:
        return await measured(side, talks, conversations)
    finally:
        await side.stop()


if __name__ == "__main__":
    main()
