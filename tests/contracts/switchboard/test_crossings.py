"""Nobody is ever shown what is another's, and nothing is done on another's line, in whatever order things happen.

CROSSINGS says how many orders are tried (150); they are the same in every run. A second test breaks a rule and must be
told so.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import asyncio as aioredis

from crm.model import Product, Subscriber
from crm.operations import access
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal
from switchboard.redis.stores import Stores, open_stores
from switchboard.settings import Settings
from tests.contracts.switchboard.crossing_world import Carrier, Clock, Seen, World

COUNT = int(os.environ.get("CROSSINGS", "150"))


@dataclass
class Bench:
    stores: Stores
    crm: Carrier
    clock: Clock
    held: dict[str, list[Product]]
    """What each number has before an order of things begins."""

    async def tried(self, count: int) -> Seen:
        """Until the first crossing."""
        self.crm.seen = Seen()
        for seed in range(count):
            await self.stores.redis.flushall()
            self.crm.offers, self.crm.held = {}, {number: list(held) for number, held in self.held.items()}
            await World(self.stores, self.crm, self.clock, seed).play()
            if self.crm.seen.crossings:
                break
        return self.crm.seen


@pytest.fixture
async def bench(redis: aioredis.Redis, redis_server: Path, tmp_path: Path) -> AsyncIterator[Bench]:
    """A Redis that writes no file: no power is cut here."""
    (tmp_path / "secret").write_bytes(b"s" * 32)
    chosen = Settings(redis_url=f"unix://{redis_server}", secret_file=tmp_path / "secret", partitions=1)
    await redis.config_set("appendonly", "no")
    clock = Clock()
    stores, crm = open_stores(chosen, clock), Carrier.demo(clock, 4)
    assert isinstance(crm, Carrier)
    crm.offers = {}
    for number, buckets in crm.buckets.items():
        crm.buckets[number] = [bucket.__class__(**{**vars(bucket), "amount_fen": 10**9}) for bucket in buckets]
    yield Bench(stores, crm, clock, dict(crm.held))
    await stores.close()
    await redis.config_set("appendonly", "yes")


@pytest.mark.timeout(7200)
async def test_two_subscribers_never_meet_in_any_order(bench: Bench) -> None:
    seen = await bench.tried(COUNT)
    assert seen.crossings == []
    least = {"logins", "balance", "offer", "orders", "calls", "tickets", "given away"}
    assert least <= set(seen.counts), seen.counts
    print(f"{COUNT} orders, 0 crossings: {dict(seen.counts)}")


async def test_a_check_that_trusts_the_binding_is_caught(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    async def trusting(doors: Doors, who: Context) -> Subscriber | Refusal:
        if who.bound is None:
            return Refusal("not_bound")
        return await doors.crm.subscriber_of(who.bound.msisdn, deadline=doors.read_deadline())

    monkeypatch.setattr(access, "identify", trusting)
    assert (await bench.tried(150)).crossings
