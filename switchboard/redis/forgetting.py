"""Everything that Redis holds of one person's conversations, so that it can be counted and erased.

Counters of one-time codes stay: they hold a HMAC only and end within a day; without them a lock on guessing would open.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from switchboard.codec import from_dict
from switchboard.errors import BadRecord
from switchboard.model import Address, Binding
from switchboard.redis.connection import Client, reaching
from switchboard.redis.incidents import FOLLOWERS, REPORTS
from switchboard.redis.keys import tag
from switchboard.redis.numbers import KIND as NUMBERS
from switchboard.redis.records import load_message, loads, moment
from switchboard.redis.stores import Stores
from switchboard.redis.trail import pages

BATCH = 500


@dataclass(frozen=True)
class Place:
    """A conversation as Redis knows it. `number` and `subscriber` are "" and `since` is None where nobody is bound."""

    conversation: str
    address: Address
    number: str = ""
    subscriber: str = ""
    since: datetime | None = None


Span = tuple[datetime, datetime | None]
"""From a moment on, up to another; None: until now."""


@dataclass(frozen=True)
class Share:
    """What of a conversation is theirs: all of it, or only what is from some spans."""

    address: Address | None = None
    spans: tuple[Span, ...] | None = None

    @property
    def now(self) -> bool:
        return self.spans is None or any(end is None for _, end in self.spans)

    def holds(self, at: datetime) -> bool:
        return self.spans is None or any(start <= at and (end is None or at < end) for start, end in self.spans)


def told_spans(spans: Sequence[Span] | None) -> list[list[str | None]] | None:
    """As JSON has them."""
    if spans is None:
        return None
    return [[start.isoformat(), end.isoformat() if end else None] for start, end in spans]


def read_spans(told: Sequence[Sequence[str]] | None) -> tuple[Span, ...] | None:
    """What `told_spans` made."""
    if told is None:
        return None
    read = datetime.fromisoformat
    return tuple((read(start), read(end) if end else None) for start, end in told)


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
                    bound = from_dict(Binding, loads(binding)) if binding else None
                    number, since = (bound.msisdn, bound.bound_at) if bound else ("", None)
                    yield Place(name, where, number, (subscriber or b"").decode(), since)


async def pieces(stores: Stores, theirs: Mapping[str, Share]) -> list[Piece]:
    """What there is of these conversations. Changes nothing. Raises NotReachable."""
    found: list[Piece] = []
    with reaching():
        async for batch in batches(stores.redis.scan_iter("*", count=10_000)):
            found += await _keys(stores, batch, theirs)
        for partition in sorted({stores.keys.partition(name) for name in theirs}):
            async for piece in _shared(stores.redis, tag(partition), theirs):
                found.append(piece)
        async for piece in _outages(stores.redis, [name for name, share in theirs.items() if share.now]):
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


async def _keys(stores: Stores, batch: Sequence[bytes], theirs: Mapping[str, Share]) -> list[Piece]:
    """Keys that are one conversation's alone: by their name, or by what they say whose they are."""
    now = {name: share for name, share in theirs.items() if share.now}
    seen = [_seen(stores, name, share.address) for name, share in now.items() if share.address]
    found: list[Piece] = []
    asked: list[tuple[str, str]] = []
    pipe = stores.redis.pipeline(transaction=False)
    for key in (name.decode() for name in batch):
        # Whole parts: a name of one person may be the beginning of another's, or of a key that is everybody's.
        if any(f":{name}:" in f":{key}:" for name in now) or key.startswith(tuple(seen)):
            found.append(Piece(_kind(key), ("UNLINK", key)))
        elif _kind(key) in ("quote", "handoff"):
            pipe.hmget(key, "conversation", "since_ms")
            asked.append((key, _kind(key)))
        elif key.startswith("sent:"):
            pipe.get(key)
            asked.append((key, "receipt's way back"))
        elif key.endswith(f":{NUMBERS}"):
            pipe.smembers(key)
            asked.append((key, NUMBERS))
    for (key, kind), value in zip(asked, await pipe.execute(), strict=True):
        if kind == NUMBERS:
            held = sorted({name.decode() for name in value} & set(now))
            found += [Piece("number's conversation", ("SREM", key, name)) for name in held]
            continue
        owner, at = _owner(value)
        if (share := theirs.get(owner)) and (share.holds(at) if at else share.now):
            found.append(Piece(kind, ("UNLINK", key)))
    return found


def _seen(stores: Stores, conversation: str, address: Address) -> str:
    """How the keys begin that remember ids of messages from this Address."""
    return f"{stores.keys.of(conversation, 'seen', address.channel, address.id)}:"


def _owner(value: Any) -> tuple[str, datetime | None]:
    """The conversation that a quote, a hand-off or a receipt's way back names, and since when where it says so."""
    if not isinstance(value, list):
        return str(loads(value).get("conversation", "")) if value else "", None
    name, since_ms = value
    return (name or b"").decode(), moment(int(since_ms)) if since_ms else None


async def _shared(redis: Client, t: str, theirs: Mapping[str, Share]) -> AsyncIterator[Piece]:
    """Parts of what all conversations of a partition share."""
    for stream in ("in", "log", *[key.decode().split(":", 1)[1] async for key in redis.scan_iter(f"{t}:out:*")]):
        async for entry, fields in pages(redis, f"{t}:{stream}"):
            share = theirs.get(_whose(fields))
            # Evidence that SQL has not got yet is on its way there.
            if share and share.holds(_when(entry, fields)) and fields.get(b"k") != b"evidence":
                yield Piece(f"entry of {stream}", ("XDEL", f"{t}:{stream}", entry.decode()))
                if stream == "in":
                    yield Piece("count of attempts", ("HDEL", f"{t}:tries", entry.decode(), f"{entry.decode()}:early"))
    for entry, body in (await redis.hgetall(f"{t}:quarantine")).items():
        stored = json.loads(body)
        share = theirs.get(stored["conversation"])
        if share and share.holds(moment(int(stored["at_ms"]))):
            yield Piece("quarantined message", ("HDEL", f"{t}:quarantine", entry.decode()))
    async for piece in _standing(redis, t, {name for name, share in theirs.items() if share.now}):
        yield piece


async def _standing(redis: Client, t: str, ours: set[str]) -> AsyncIterator[Piece]:
    """What belongs to whoever has the conversation now."""
    for name in [key.decode() async for key, _ in redis.zscan_iter(f"{t}:timers")]:
        if name.partition("|")[0] in ours:
            yield Piece("timer", ("ZREM", f"{t}:timers", name))
            yield Piece("timer", ("HDEL", f"{t}:timer", name))
    for name in ours:
        if await redis.zscore(f"{t}:queue", name) is not None:
            yield Piece("place in the queue", ("ZREM", f"{t}:queue", name))
        if await redis.hexists(f"{t}:talks", name):
            yield Piece("talk with an agent", ("HDEL", f"{t}:talks", name))


async def _outages(redis: Client, theirs: Sequence[str]) -> AsyncIterator[Piece]:
    """Who wants to hear of an outage's end, and who reported one."""
    for key in [key.decode() async for key in redis.scan_iter(f"{FOLLOWERS}*")]:
        for name in theirs:
            if await redis.hexists(key, name):
                yield Piece("wish to hear of an outage's end", ("HDEL", key, name))
    for key in [key.decode() async for key in redis.scan_iter(f"{REPORTS}*")]:
        for name in theirs:
            if await redis.zscore(key, name) is not None:
                yield Piece("report of an outage", ("ZREM", key, name))


def _when(entry: bytes, fields: Mapping[bytes, bytes]) -> datetime:
    """The log says it itself, by the clock that bindings go by; else when it came into the stream."""
    if b"k" in fields:
        return datetime.fromisoformat(fields[b"t"].decode())
    return moment(int(entry.partition(b"-")[0]))


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
