"""At the cap the gateway says 503 to everybody, keeps its memory and Redis', and loses nothing that it took."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

import aiohttp
import psutil
import pytest

from connectors.simulators.sms import SmsProvider
from connectors.sms.signing import credentials
from gateway import serving_at
from switchboard.redis.records import load_item
from switchboard.redis.stores import open_stores, utc_now
from tests.contracts.connectors.stage import demo_settings

CAP, FLOOD = 80, 480
MIB = 1 << 20


@pytest.fixture
async def small(tmp_path, redis, redis_server):
    """A gateway with a small cap and nobody who answers: `taken` are the messages that `take` took out."""
    limits = {"rate_address_per_minute": 0, "rate_person_per_minute": 0, "rate_all_per_s": 0}
    settings = demo_settings(tmp_path, redis_server, in_cap=CAP, **limits)
    stores = open_stores(settings)
    taken = []

    async def take():
        for n in range(settings.partitions):
            for entry, fields in await stores.redis.xrange(f"{{p{n}}}:in"):
                taken.append(load_item(fields[b"i"]).id)
                await stores.redis.xdel(f"{{p{n}}}:in", entry)

    async with aiohttp.ClientSession() as http, serving_at(settings):
        provider = SmsProvider(credentials(settings), settings.public_url, http, utc_now)
        yield SimpleNamespace(provider=provider, taken=taken, take=take)
    await stores.close()


async def flood(provider, numbers):
    """Messages under these numbers, eight at a time: number → status."""
    statuses, waiting = {}, list(numbers)

    async def one_after_another():
        while waiting:
            n = waiting.pop(0)
            body = {"id": f"f{n}", "from": f"1380000{n:04}", "to": "10690000", "text": "查话费" * 20}
            statuses[n] = await provider.post("/sms/mo", body)

    await asyncio.gather(*(one_after_another() for _ in range(8)))
    return statuses


async def test_a_flood_above_the_cap_is_refused_and_nothing_that_was_taken_is_lost(small, redis):
    statuses = await flood(small.provider, range(CAP * 3))
    assert set(statuses.values()) == {200, 503}
    full = (await redis.info("memory"))["used_memory"], psutil.Process().memory_info().rss
    statuses |= await flood(small.provider, range(CAP * 3, FLOOD))
    after = (await redis.info("memory"))["used_memory"], psutil.Process().memory_info().rss
    assert list(statuses.values()).count(200) <= CAP
    assert after[0] - full[0] < MIB and after[1] - full[1] < 8 * MIB
    await small.take()
    assert sorted(small.taken) == sorted(f"sms:f{n}" for n, status in statuses.items() if status == 200)


async def test_who_was_refused_at_the_cap_is_taken_once_when_they_come_again(small):
    statuses = await flood(small.provider, range(CAP * 2))
    while refused := [n for n, status in statuses.items() if status == 503]:
        await small.take()
        statuses |= await flood(small.provider, refused)
    # The platform has not heard some of our answers and repeats everything.
    await small.take()
    assert set((await flood(small.provider, range(CAP * 2))).values()) == {200}
    await small.take()
    assert sorted(small.taken) == sorted(f"sms:f{n}" for n in range(CAP * 2))
