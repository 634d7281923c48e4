"""What a worker that died leaves behind is found as soon as it can be, not at the next look at the clock.

Looks by the clock are a minute apart here: whatever happens within seconds was not waited for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from math import inf

import pytest

from switchboard import partitions
from switchboard.errors import NotReachable
from switchboard.model import Address, Notice
from switchboard.redis.leases import Leases, Living, alive
from tests.contracts.switchboard.stack import Stack


@pytest.fixture
def seldom(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From now on nobody looks more than once a minute."""
    return lambda: monkeypatch.setattr(partitions, "TICK_S", 60.0)


async def died(stack: Stack) -> None:
    """Nobody is alive, and no lease is left."""
    await stack.stores.redis.delete("workers")
    async for key in stack.stores.redis.scan_iter("{p*}:lease"):
        await stack.stores.redis.delete(key)


async def test_what_came_due_while_nobody_held_it_rings_when_it_is_taken(
    stack: Stack, seldom: Callable[[], None]
) -> None:
    first, now = stack.worker("w1"), stack.clock()
    due, latest = now + timedelta(hours=1), now + timedelta(hours=9)
    await stack.notices.enter(
        Notice("n1", Address("sms", "+8613800001234"), "service", "looking_up", {}, "n1", due, latest)
    )
    await stack.at_rest()
    await stack.kill(first)
    await died(stack)
    seldom()
    stack.clock.forward(hours=2)
    stack.worker("w2")
    await stack.until(stack.sms.texts)


async def test_the_share_of_the_dead_is_taken_when_their_time_is_over(stack: Stack, seldom: Callable[[], None]) -> None:
    seldom()
    await stack.stores.redis.zadd("workers", {"w1": (time.time() + 2) * 1000})
    survivor = stack.worker("w2")
    await stack.until(lambda: len(survivor.held) == 4)
    await stack.until(lambda: len(survivor.held) == 8)


async def test_what_is_given_back_is_taken_soon(
    stack: Stack, seldom: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    lives = Leases.alive

    async def nobody_dies(leases: Leases) -> Living:
        return replace(await lives(leases), dead_in_s=inf)

    monkeypatch.setattr(Leases, "alive", nobody_dies)
    first = stack.worker("w1")
    await stack.until(lambda: len(first.held) == 8)
    seldom()
    second = stack.worker("w2")
    await stack.until(lambda: (len(first.held), len(second.held)) == (4, 4))


async def test_a_redis_that_could_not_be_reached_is_asked_again_soon(
    stack: Stack, seldom: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    seldom()
    lives, asked = Leases.alive, []

    async def away_once(leases: Leases) -> object:
        asked.append(leases)
        if len(asked) == 1:
            raise NotReachable("redis: away")
        return await lives(leases)

    monkeypatch.setattr(Leases, "alive", away_once)
    worker = stack.worker()
    await stack.until(lambda: len(worker.held) == 8)


async def test_what_others_hold_is_not_tried(stack: Stack) -> None:
    one, again, two = (Leases(stack.stores.scripts, name) for name in ("w1", "w1", "w2"))
    await one.acquire([0, 3])
    assert await two.free(range(5)) == [1, 2, 4]
    # Its own, of which it did not hear, and with `reclaim` those of the process before it.
    assert await one.free(range(5)) == [0, 1, 2, 3, 4]
    assert await again.free(range(5)) == [1, 2, 4]
    assert await again.free(range(5), reclaim=True) == [0, 1, 2, 3, 4]


async def test_leases_are_renewed_while_something_else_that_is_done_each_second_hangs(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew, renewed = Leases.renew, []

    async def counted(*asked: object) -> object:
        renewed.append(1)
        return await renew(*asked)  # type: ignore[arg-type]

    monkeypatch.setattr(Leases, "renew", counted)
    monkeypatch.setattr(stack.switches, "look", _hangs)
    worker = stack.worker()
    await stack.until(lambda: len(renewed) > 3 and len(worker.held) == 8)


async def _hangs() -> None:
    await asyncio.Event().wait()


async def test_a_worker_hears_how_many_live_and_when_the_next_of_the_others_counts_as_dead(stack: Stack) -> None:
    one, two = (Leases(stack.stores.scripts, name) for name in ("w1", "w2"))
    assert await one.alive() == Living(1, inf)
    both = await two.alive()
    assert both.count == 2
    assert 0 < both.dead_in_s <= 3
    assert await alive(stack.stores.redis) == 2
    await stack.stores.redis.zadd("workers", {"w1": 1.0})
    assert await alive(stack.stores.redis) == 1
    assert (await two.alive()).count == 1
