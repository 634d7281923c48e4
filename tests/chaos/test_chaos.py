"""kill -9 of any process, at random, under load: nothing is lost, nothing done twice, no order broken.

CHAOS_SECONDS says for how long (120). The ledger is printed; a breach fails.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from redis import asyncio as aioredis

from tests.chaos.crowd import Crowd
from tests.chaos.ledger import Ledger, reckon
from tests.people import open_world
from tests.stack import Stack, free_port, outside

SECONDS = int(os.environ.get("CHAOS_SECONDS", "120"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
SETTLE_S = 90.0
CHATTERS, BUYERS, BROWSERS = 5, 20, 3
WAITING = """
local waiting = 0
for _, pattern in ipairs({'{p*}:in', '{p*}:out:*'}) do
  for _, key in ipairs(redis.call('KEYS', pattern)) do waiting = waiting + redis.call('XLEN', key) end
end
return waiting
"""
pytestmark = [pytest.mark.chaos, pytest.mark.rasa, pytest.mark.timeout(SECONDS + 900)]


@pytest.fixture
def chaos_port() -> int:
    return free_port()


@pytest.fixture
def chaos_stack(tmp_path: Path, chaos_port: int) -> Iterator[Stack]:
    built = Stack(tmp_path / "s", workers=2, slots=2, settings=outside(chaos_port))
    try:
        built.start()
        yield built
    finally:
        built.stop()


class Supervisor:
    """Kills by chance and starts again what died, as supervisord does: after half a second."""

    def __init__(self, stack: Stack, seed: int) -> None:
        self.stack, self.kills = stack, Counter[str]()
        self._random = random.Random(seed)
        self._round: list[str] = []

    async def kill_until(self, over: float) -> None:
        while time.monotonic() < over:
            await asyncio.sleep(self._random.uniform(3, 7))
            name = await asyncio.to_thread(self._next)
            self.stack.kill(name)
            self.kills[name] += 1
            await asyncio.sleep(0.5)
            self.stack.spawn(name)

    def _next(self) -> str:
        """In an order of chance, but everything once before anything twice."""
        # Two slots promise that one may die: the other must have come back first.
        spared = () if all(self._ready(slot) for slot in self.stack.slots) else self.stack.slots
        if not set(self._round) - set(spared):
            self._round += self._random.sample(self.stack.names, len(self.stack.names))
        name = next(name for name in self._round if name not in spared)
        self._round.remove(name)
        return name

    def _ready(self, slot: str) -> bool:
        try:
            self.stack.wait_ready(slot, 0)
        except RuntimeError:
            return False
        return True


def subscribers(database: Path, count: int) -> list[str]:
    """Numbers that can pay for a pack, and that no story of the demo needs."""
    query = """
        SELECT s.msisdn FROM subscriber s JOIN bucket b ON b.msisdn = s.msisdn AND b.kind = 'general'
        WHERE s.status = 'active' AND b.amount_fen > 5000 AND s.language = 'zh' ORDER BY s.id DESC LIMIT ?
    """
    with closing(sqlite3.connect(database)) as connection:
        found = [row[0] for row in connection.execute(query, (count,))]
    assert len(found) == count, "too few subscribers with money"
    return found


def orders(database: Path) -> dict[str, int]:
    """Orders of this run by number; seeded ones came by other channels."""
    query = "SELECT msisdn, count(*) FROM product_order WHERE channel = 'sms' AND placed_at >= ? GROUP BY msisdn"
    with closing(sqlite3.connect(database)) as connection:
        return dict(connection.execute(query, (STARTED,)).fetchall())


STARTED = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())


async def quarantined(redis: aioredis.Redis, database: Path) -> frozenset[str]:
    """Ids of entries that nobody could answer, from the log and from SQL."""
    with closing(sqlite3.connect(database)) as connection:
        bodies = [row[0] for row in connection.execute("SELECT body FROM records WHERE kind = 'quarantine'")]
    async for key in redis.scan_iter("{p*}:log"):
        entries = await redis.xrange(key)
        bodies += [fields[b"b"] for _, fields in entries if fields[b"k"] == b"quarantine"]
    return frozenset(str(json.loads(body)["item"].get("id", "")) for body in bodies)


async def read_with(redis: aioredis.Redis, database: Path) -> dict[str, str]:
    """Openers and the messages that they were read together with, from the log and from SQL."""
    query = "SELECT message, json_extract(extras, '$.read_with') FROM messages WHERE extras LIKE '%read_with%'"
    with closing(sqlite3.connect(database)) as connection:
        found = dict(connection.execute(query).fetchall())
    async for key in redis.scan_iter("{p*}:log"):
        bodies = [json.loads(fields[b"b"]) for _, fields in await redis.xrange(key) if fields[b"k"] == b"inbound"]
        found |= {body["item"]["id"]: body["read_with"] for body in bodies if "read_with" in body}
    return found


async def settled(redis: aioredis.Redis) -> None:
    """Wait until nothing waits any more, in or out."""
    deadline = time.monotonic() + SETTLE_S
    while await redis.eval(WAITING, 0):
        assert time.monotonic() < deadline, f"{await redis.eval(WAITING, 0)} entries are stuck"
        await asyncio.sleep(0.5)
    # What was just sent has still to reach its person's ledger.
    await asyncio.sleep(2)


async def test_nothing_is_lost_doubled_or_out_of_order(
    chaos_stack: Stack, chaos_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    stack = chaos_stack
    crm, console = stack.folder / "crm.db", stack.folder / "console.db"
    numbers = subscribers(crm, CHATTERS + BUYERS)
    over = time.monotonic() + SECONDS
    supervisor = Supervisor(stack, SEED)
    redis = aioredis.Redis(unix_socket_path=str(stack.redis_socket))
    async with open_world(stack.environment(), stack.url, chaos_port) as world:
        crowd = Crowd(world, numbers[:CHATTERS], numbers[CHATTERS:], BROWSERS, lambda: time.monotonic() > over)
        await asyncio.gather(crowd.run(), supervisor.kill_until(over))
        await settled(redis)
        await crowd.leave()
        unanswered, together = await quarantined(redis, console), await read_with(redis, console)
        ledger = reckon(crowd.talks, crowd.purchases, orders(crm), unanswered, supervisor.kills, together)
    await redis.aclose()
    show(ledger, capsys)
    assert not ledger.breaches


def show(ledger: Ledger, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\nLedger of {SECONDS} s of chaos (seed {SEED})\n{ledger}")
        for name, found in ledger.breaches.items():
            print(f"BREACH {name}: {', '.join(found[:10])}")
