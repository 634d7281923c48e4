"""What our side wrote down: the console's SQL, the CRM's, and what Redis still holds of the desk."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections import Counter
from collections.abc import Collection, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from redis import asyncio as aioredis
from redis.exceptions import RedisError

SETTLE_S = 90.0
WAITING = """
local waiting, notices = 0, {}
for _, notice in ipairs(ARGV) do notices['notice:' .. notice] = true end
for _, pattern in ipairs({'{p*}:in', '{p*}:out:*'}) do
  for _, key in ipairs(redis.call('KEYS', pattern)) do waiting = waiting + redis.call('XLEN', key) end
end
for _, key in ipairs(redis.call('KEYS', '{p*}:timers')) do
  for _, name in ipairs(redis.call('ZRANGE', key, 0, -1)) do
    if notices[string.match(name, '[^|]+$')] then waiting = waiting + 1 end
  end
end
return waiting
"""
"""All at one moment: an entry moves from one to the other."""
SENT = ("sent", "delivered")
HUMAN = ("queue", "agent")


@dataclass(frozen=True)
class Said:
    """A message of ours: `fate` is sent, delivered, failed, dropped, or "" while nobody knows."""

    id: str
    text: str
    fate: str
    cause: str


@dataclass(frozen=True)
class Books:
    """`said` by conversation, in order; the others by message id, number or conversation.

    `held` are messages that came while a human had the conversation; `handoffs` are those that did not end, by
    conversation, and `desk` where Redis says that a human has it or should come.
    """

    said: Mapping[str, tuple[Said, ...]] = field(default_factory=dict)
    orders: Mapping[str, int] = field(default_factory=dict)
    payments: Mapping[str, int] = field(default_factory=dict)
    quarantined: frozenset[str] = frozenset()
    read_with: Mapping[str, str] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    handoffs: Mapping[str, str] = field(default_factory=dict)
    desk: Mapping[str, str] = field(default_factory=dict)
    handoffs_ended: int = 0


def trade(crm: Path) -> tuple[Counter[str], Counter[str]]:
    """(orders, payments by card) by number, seeded ones too."""
    with closing(sqlite3.connect(crm)) as connection:
        orders = connection.execute("SELECT msisdn, count(*) FROM product_order GROUP BY msisdn").fetchall()
        paid = "SELECT msisdn, count(*) FROM payment WHERE method = 'card' GROUP BY msisdn"
        return Counter(dict(orders)), Counter(dict(connection.execute(paid).fetchall()))


def subscribers(crm: Path, count: int) -> list[str]:
    """Numbers that can pay for a pack, and that no story of the demo needs."""
    query = """
        SELECT s.msisdn FROM subscriber s JOIN bucket b ON b.msisdn = s.msisdn AND b.kind = 'general'
        WHERE s.status = 'active' AND b.amount_fen > 5000 AND s.language = 'zh' ORDER BY s.id DESC LIMIT ?
    """
    with closing(sqlite3.connect(crm)) as connection:
        found = [row[0] for row in connection.execute(query, (count,))]
    assert len(found) == count, "too few subscribers with money"
    return found


async def settled(redis: aioredis.Redis, console: Path, notices: Collection[str] = ()) -> None:
    """Wait until nothing waits any more, in or out, each of the notices has rung, and SQL has the whole log."""
    deadline = time.monotonic() + SETTLE_S
    while left := await _unsettled(redis, console, notices):
        assert time.monotonic() < deadline, f"still waiting after {SETTLE_S} s: {left}"
        await asyncio.sleep(0.5)
    # What was just sent has still to reach its person.
    await asyncio.sleep(2)


async def waiting(redis: aioredis.Redis, notices: Collection[str]) -> int:
    """How much came, or is to be sent, and how many of the notices have not rung yet."""
    return int(await redis.eval(WAITING, 0, *notices))


async def _unsettled(redis: aioredis.Redis, console: Path, notices: Collection[str]) -> str:
    try:
        if entries := await waiting(redis, notices):
            return f"{entries} entries"
        with closing(sqlite3.connect(console)) as connection:
            written = dict(connection.execute("SELECT partition, entry FROM log_cursors").fetchall())
        async for key in redis.scan_iter("{p*}:log"):
            last = await redis.xrevrange(key, count=1)
            partition = int(key.decode()[2:].split("}")[0])
            if last and written.get(partition) != last[0][0].decode():
                return f"the log of partition {partition}"
    except RedisError as error:
        return f"Redis: {error}"
    return ""


async def read_books(
    redis: aioredis.Redis, console: Path, crm: Path, before: tuple[Counter[str], Counter[str]]
) -> Books:
    """When everything has settled. `before` is what `trade` said at the beginning."""
    orders, payments = trade(crm)
    with closing(sqlite3.connect(console)) as connection:
        books = Books(
            said=_said(connection),
            orders=orders - before[0],
            payments=payments - before[1],
            quarantined=_quarantined(connection),
            read_with=dict(connection.execute(READ_WITH).fetchall()),
            held=_held(connection),
            handoffs=dict(connection.execute(OPEN_HANDOFFS).fetchall()),
            desk=await _desk(redis),
            handoffs_ended=connection.execute("SELECT count(*) FROM handoffs WHERE ended_at IS NOT NULL").fetchone()[0],
        )
    return books


OPEN_HANDOFFS = "SELECT conversation, how FROM handoffs WHERE ended_at IS NULL"
READ_WITH = """
    SELECT message, json_extract(extras, '$.read_with') FROM messages
    WHERE json_extract(extras, '$.read_with') IS NOT NULL
"""


def _said(connection: sqlite3.Connection) -> dict[str, tuple[Said, ...]]:
    query = "SELECT conversation, message, text, state, in_reply_to FROM messages WHERE origin <> 'person' ORDER BY id"
    found: dict[str, list[Said]] = {}
    for conversation, *rest in connection.execute(query):
        found.setdefault(conversation, []).append(Said(*rest))
    return {conversation: tuple(said) for conversation, said in found.items()}


def _quarantined(connection: sqlite3.Connection) -> frozenset[str]:
    bodies = connection.execute("SELECT body FROM records WHERE kind = 'quarantine'").fetchall()
    return frozenset(str(json.loads(body)["item"].get("id", "")) for (body,) in bodies)


def _held(connection: sqlite3.Connection) -> frozenset[str]:
    """The log is in order within a partition: who had the conversation is what the last change before said."""
    query = """
        SELECT conversation, entry, body, '' FROM records WHERE kind = 'owner'
        UNION ALL SELECT conversation, entry, '', message FROM messages WHERE origin = 'person'
    """
    story = [
        (conversation, _place(entry), body, message) for conversation, entry, body, message in connection.execute(query)
    ]
    owner: dict[str, str] = {}
    held = set()
    for conversation, _, body, message in sorted(story):
        if body:
            owner[conversation] = json.loads(body)["owner"]
        elif owner.get(conversation) in HUMAN:
            held.add(message)
    return frozenset(held)


def _place(entry: str) -> tuple[int, int]:
    milliseconds, _, number = entry.partition("-")
    return int(milliseconds), int(number)


async def _desk(redis: aioredis.Redis) -> dict[str, str]:
    waiting = {
        c.decode(): "queue" async for key in redis.scan_iter("{p*}:queue") for c in await redis.zrange(key, 0, -1)
    }
    async for key in redis.scan_iter("{p*}:talks"):
        waiting |= {c.decode(): "agent" for c in await redis.hgetall(key)}
    return waiting
