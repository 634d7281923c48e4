"""Whose partition is taken over counts as crashed only if it could have kept it: its messages become suspects."""

from __future__ import annotations

import pytest

from switchboard.redis.leases import Lease, Leases
from tests.contracts.switchboard.stack import Stack


async def taken_over(stack: Stack, ticks_s: list[float]) -> Lease:
    """What w2 gets of w1, whose lease ran out, after it reached Redis at these times."""
    now = [0.0]
    w1, w2 = (Leases(stack.stores.scripts, name, lambda: now[0]) for name in ("w1", "w2"))
    await w1.acquire([0])
    for now[0] in ticks_s:
        await w2.alive()
    await stack.stores.redis.delete("{p0}:lease")
    (lease,) = await w2.acquire([0])
    return lease


async def test_a_holder_that_was_silent_while_others_were_not_crashed(stack: Stack) -> None:
    assert (await taken_over(stack, [1, 2, 3, 4])).crashed


@pytest.mark.parametrize("ticks_s", [[1, 2, 7], [1, 2, 7, 8]])
async def test_a_holder_that_nobody_could_reach_redis_beside_did_not_crash(stack: Stack, ticks_s: list[float]) -> None:
    assert not (await taken_over(stack, ticks_s)).crashed
