"""The Log port: what happened, for the one SQL writer and for the desk's live view.

| kind | body |
|---|---|
| inbound | item (with `type`), owner, address, language, region, release_id, trace |
| turn | message (inbound id), understanding, context, release_id |
| reply, agent, notice | message: an OutboundMessage; a notice also has kind service, marketing or security |
| sent, failed, dropped | message (outbound id), channel_ids or reason |
| receipt | message (outbound id), state, reason |
| owner | owner, was, epoch, agent, handoff, reason |
| handoff | handoff, state, reason, skill, priority, agent, code, note, context |
| outcome | message (inbound id), wish, how |
| quarantine | item, reason, attempts |
| evidence | what proves a purchase: quote, items, price, who agreed by which message, proof, order |
| replayed, discarded | entry (of the quarantine), by |
| binding | state (bound, unbound), number (masked), subscriber_id, proof, region, reason |

A hand-off's state: queued, human, requeued, handed_back, closed, abandoned.
Messages and items are JSON of the model's types: fields that equal their default are left out. Texts are masked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from switchboard.ports import LogEntry
from switchboard.redis.connection import Client, reaching
from switchboard.redis.keys import tag
from switchboard.redis.records import load_log
from switchboard.redis.topology import is_cluster
from switchboard.redis.wire import Shared

Found = list[tuple[bytes, Mapping[bytes, bytes]]]
"""Entries of a stream: id and fields."""
POLL_S = 0.25
AT_ONCE = 200
"""So many entries of a partition are read in one step."""


class RedisLog:
    """Reads {pN}:log of all partitions, or of those that `only` names."""

    def __init__(self, redis: Client, partitions: int, only: Sequence[int] | None = None) -> None:
        self._redis = redis
        self._partitions = range(partitions) if only is None else only
        self._streams = [f"{tag(n)}:log" for n in self._partitions]

    async def read(self, cursors: Mapping[int, str], block_s: float) -> AsyncIterator[LogEntry]:
        """Entries after the cursors (a partition that is not among them: from the beginning of what is kept).

        Waits up to `block_s` for the first. Ends when there are no more. Raises NotReachable.
        """
        at = {n: cursors.get(n, "0") for n in self._partitions}
        # Redis closes nothing while it blocks, but our socket has a time-out.
        wait = max(1, int(min(block_s, 4.0) * 1000))
        if is_cluster(self._redis):
            async for entry in self._polled(at, min(block_s, 4.0)):
                yield entry
            return
        while True:
            with reaching():
                answer = await self._xread(list(at.values()), wait)
            more = False
            for name, found in answer:
                partition = int(name.decode()[2:].split("}")[0])
                more = more or len(found) >= AT_ONCE
                for at_entry, fields in found:
                    at[partition] = at_entry.decode()
                    yield load_log(partition, at_entry, fields)
            if not more:
                return
            wait = 1

    async def _xread(self, cursors: Sequence[str], wait_ms: int) -> list[tuple[bytes, Found]]:
        """What lies behind the cursors of all partitions, by stream."""
        if isinstance(self._redis, Shared):
            # redis-py takes milliseconds to pack so many words.
            head = ("XREAD", "COUNT", AT_ONCE, "BLOCK", wait_ms, "STREAMS")
            told = await self._redis.execute_patiently(*head, *self._streams, *cursors)
            return [(name, [(entry, _pairs(words)) for entry, words in found]) for name, found in (told or {}).items()]
        streams: Any = dict(zip(self._streams, cursors, strict=True))
        answer = await self._redis.xread(streams, count=AT_ONCE, block=wait_ms)
        # Redis answers RESP3 with one more list around the entries.
        return [
            (name, found[0] if found and isinstance(found[0], list) else found)
            for name, found in (answer.items() if isinstance(answer, dict) else answer) or ()
        ]

    async def _polled(self, at: dict[int, str], block_s: float) -> AsyncIterator[LogEntry]:
        """The same on a Cluster, where one blocking read cannot wait for streams of several slots."""
        until = asyncio.get_running_loop().time() + block_s
        while True:
            with reaching():
                pipe = self._redis.pipeline(transaction=False)
                for n, cursor in at.items():
                    pipe.xrange(f"{tag(n)}:log", min=f"({cursor}" if cursor != "0" else "-", count=AT_ONCE)
                answers = await pipe.execute()
            for n, entries in zip(list(at), answers, strict=True):
                for entry, fields in entries:
                    at[n] = entry.decode()
                    yield load_log(n, entry, fields)
            if any(answers):
                until = 0.0  # what came meanwhile, and no waiting for more
            elif asyncio.get_running_loop().time() + POLL_S > until:
                return
            else:
                await asyncio.sleep(POLL_S)

    async def ends(self) -> dict[int, str]:
        """Where each partition's log ends now: the cursors of somebody who only wants what is new."""
        with reaching():
            pipe = self._redis.pipeline(transaction=False)
            for n in self._partitions:
                pipe.xrevrange(f"{tag(n)}:log", count=1)
            answers = await pipe.execute()
        ended = zip(self._partitions, answers, strict=True)
        return {n: (answer[0][0].decode() if answer else "0") for n, answer in ended}

    async def trim(self, cursors: Mapping[int, str]) -> None:
        """Entries up to the cursors are in SQL now; the last one stays, so that `ends` never goes back."""
        with reaching():
            pipe = self._redis.pipeline(transaction=False)
            for n, cursor in cursors.items():
                if cursor != "0":
                    pipe.xtrim(f"{tag(n)}:log", minid=cursor, approximate=False)
            await pipe.execute()


def _pairs(words: Sequence[bytes]) -> dict[bytes, bytes]:
    return dict(zip(words[::2], words[1::2], strict=True))
