"""A number that rests is let go by hand, and the story knows who did it."""

from __future__ import annotations

import argparse
from datetime import timedelta

import pytest

from switchboard import unlocking
from tests.contracts.switchboard.stack import Stack

NUMBER = "+8613800000001"


async def lock(stack: Stack, *words: str) -> tuple[int, list[str]]:
    parser = argparse.ArgumentParser()
    unlocking.add_arguments(parser)
    return await unlocking.run(stack.stores, parser.parse_args(words))


async def test_a_lock_is_lifted_once_and_told_with_its_reason_and_no_full_number(stack: Stack) -> None:
    locks = stack.stores.locks
    await locks.lock(NUMBER, stack.clock() + timedelta(hours=24))
    lift = "lift", NUMBER, "--why", "checked in the shop", "--by", "lin"
    assert await lock(stack, *lift) == (0, ["138****0001 may order again"])
    assert await locks.until(NUMBER) is None
    assert await lock(stack, *lift) == (1, ["138****0001 is not locked"])
    (act,) = await locks.story.acts()
    assert (act.act, act.what, act.by, act.why) == ("lift", "138****0001", "lin", "checked in the shop")
    code, (told,) = await lock(stack, "story")
    assert code == 0 and "138****0001" in told


async def test_a_lock_is_not_lifted_without_a_reason(stack: Stack) -> None:
    with pytest.raises(SystemExit):
        await lock(stack, "lift", NUMBER)
