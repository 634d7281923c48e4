"""Everything that Redis holds of one person's conversations, so that it can be counted and erased.

Counters of one-time codes stay: they hold a HMAC only and end within a day; without them a lock on guessing would open.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass

from switchboard.codec import from_dict
from switchboard.errors import BadRecord
from switchboard.model import Address, Binding
from switchboard.redis.connection import Client, reaching
from switchboard.redis.keys import tag
from switchboard.redis.records import load_message, loads
from switchboard.redis.stores import Stores
from switchboard.redis.trail import pages

BATCH = 500
REWRITE_S = 120.0


@dataclass(frozen=True)
class Place:
    """A conversation as Redis knows it. `number` and `subscriber` are "" where nobody is bound."""

    conversation: str
    address: Address
    number: str = ""
    subscriber: str = ""


@dataclass(frozen=True)
class Piece:
    """Something to erase: what it is, for the person who reads the list, and the command that erases it."""

    kind: str
    command: tuple[str, ...]


async def places(redis: Client) -> AsyncIterator[Place]:
    """Every conversation. Walks all keys. Raises NotReachable."""
    with reaching():
        async for batch in batches(redis.scan_iter("{p*}:conv:*", count=10_000)):
            pipe = redis.pipeline(transaction=False)
            for key in batch:
                pipe.hmget(key, "address", "binding", "subscriber")
            for key, (address, binding, subscriber) in zip(batch, await pipe.execute(), strict=True):
                if address:
                    name, where = key.decode().partition(":conv:")[2], from_dict(Address, loads(address))
                    number = from_dict(Binding, loads(binding)).msisdn if binding else ""
                    yield Place(name, where, number, (subscriber or b"").decode())


async def pieces(stores: Stores, conversations: Sequence[str], addresses: Sequence[Address]) -> list[Piece]:
    """What there is of these conversations and Addresses. Changes nothing. Raises NotReachable."""
    names = [*conversations, *(address.id for address in addresses)]
    found: list[Piece] = []
    with reaching():
        async for batch in batches(stores.redis.scan_iter("*", count=10_000)):
            found += await _keys(stores.redis, batch, names, set(conversations))
        for partition in sorted({stores.keys.partition(name) for name in conversations}):
            async for piece in _shared(stores.redis, tag(partition), set(conversations)):
                found.append(piece)
    return found


async def erase(redis: Client, found: Sequence[Piece]) -> None:
    """Raises NotReachable."""
    with reaching():
        for at in range(0, len(found), BATCH):
            pipe = redis.pipeline(transaction=False)
            for piece in found[at : at + BATCH]:
                pipe.execute_command(*piece.command)
            await pipe.execute()


async def rewrite(redis: Client) -> bool:
    """Let Redis write its append-only file anew: the old one still holds what was erased. False if that took too long.

    Raises NotReachable.
    """
    with reaching():
        await redis.bgrewriteaof()
        for _ in range(int(REWRITE_S / 0.2)):
            state = await redis.info("persistence")
            if not state["aof_rewrite_in_progress"] and not state.get("aof_rewrite_scheduled"):
                return True
            await asyncio.sleep(0.2)
    return False


async def _keys(redis: Client, batch: Sequence[bytes], names: Sequence[str], ours: set[str]) -> list[Piece]:
    """Keys that are one conversation's alone: by their name, or by what they say whose they are."""
    found: list[Piece] = []
    asked: list[tuple[str, str]] = []
    pipe = redis.pipeline(transaction=False)
    for key in (name.decode() for name in batch):
        if any(name in key for name in names):
            found.append(Piece(_kind(key), ("UNLINK", key)))
        elif ":quote:" in key or ":handoff:" in key:
            pipe.hget(key, "conversation")
            asked.append((key, _kind(key)))
        elif key.startswith("sent:"):
            pipe.get(key)
            asked.append((key, "receipt's way back"))
    for (key, kind), value in zip(asked, await pipe.execute(), strict=True):
        owner = loads(value).get("conversation") if value and kind.startswith("receipt") else (value or b"").decode()
        if owner in ours:
            found.append(Piece(kind, ("UNLINK", key)))
    return found


async def _shared(redis: Client, t: str, ours: set[str]) -> AsyncIterator[Piece]:
    """Parts of what all conversations of a partition share."""
    for stream in ("in", "log", *[key.decode().split(":", 1)[1] async for key in redis.scan_iter(f"{t}:out:*")]):
        async for entry, fields in pages(redis, f"{t}:{stream}"):
            if _whose(fields) in ours:
                yield Piece(f"entry of {stream}", ("XDEL", f"{t}:{stream}", entry.decode()))
                if stream == "in":
                    yield Piece("count of attempts", ("HDEL", f"{t}:tries", entry.decode(), f"{entry.decode()}:early"))
    for name in [key.decode() async for key, _ in redis.zscan_iter(f"{t}:timers")]:
        if name.partition("|")[0] in ours:
            yield Piece("timer", ("ZREM", f"{t}:timers", name))
            yield Piece("timer", ("HDEL", f"{t}:timer", name))
    for entry, body in (await redis.hgetall(f"{t}:quarantine")).items():
        if json.loads(body)["conversation"] in ours:
            yield Piece("quarantined message", ("HDEL", f"{t}:quarantine", entry.decode()))
    for name in ours:
        if await redis.zscore(f"{t}:queue", name) is not None:
            yield Piece("place in the queue", ("ZREM", f"{t}:queue", name))
        if await redis.hexists(f"{t}:talks", name):
            yield Piece("talk with an agent", ("HDEL", f"{t}:talks", name))


def _whose(fields: dict[bytes, bytes]) -> str:
    if b"c" in fields:
        return fields[b"c"].decode()
    try:
        return load_message(fields[b"m"]).conversation
    except (BadRecord, KeyError):
        return ""


def _kind(key: str) -> str:
    """{p7}:conv:web:ab → conv."""
    words = key.split(":")
    return words[1] if words[0].startswith("{") and len(words) > 1 else words[0]


async def batches(keys: AsyncIterator[bytes]) -> AsyncIterator[list[bytes]]:
    batch: list[bytes] = []
    async for key in keys:
        batch.append(key)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def kinds(found: Iterable[Piece]) -> dict[str, int]:
    """How many of each kind."""
    counted: dict[str, int] = {}
    for piece in found:
        counted[piece.kind] = counted.get(piece.kind, 0) + 1
    return dict(sorted(counted.items()))
