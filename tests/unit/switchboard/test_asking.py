"""Whether an order solved it is asked beside the order, which waits for nothing and fails for nothing."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone

import pytest

from switchboard.asking import MOST_AT_ONCE, AskingSolved
from switchboard.errors import NotReachable
from switchboard.raising import Happened


class Raising:
    """Tells once `heard` is set; then raises `error`, if any."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.heard, self.told = error, asyncio.Event(), 0

    async def tell(self, happened: Happened) -> str:
        await self.heard.wait()
        self.told += 1
        if self.error:
            raise self.error
        return "entered"


def asking(raising: Raising) -> AskingSolved:
    return AskingSolved(raising, lambda: datetime(2026, 11, 18, tzinfo=timezone.utc))  # type: ignore[arg-type]


async def ask(asked: AskingSolved, order: str = "O1") -> None:
    await asyncio.wait_for(asked.solved("+8613800000000", "S1", "5GB", order, "zh"), 1)


async def test_an_order_does_not_wait_for_the_question() -> None:
    raising = Raising()
    asked = asking(raising)
    await ask(asked)
    assert raising.told == 0
    raising.heard.set()
    await asked.close()
    assert raising.told == 1


@pytest.mark.parametrize("error", [NotReachable("crm"), ConnectionError("redis"), ValueError("x")])
async def test_nobody_fails_for_a_question_that_cannot_be_asked(error: Exception) -> None:
    raising = Raising(error)
    asked = asking(raising)
    raising.heard.set()
    await ask(asked)
    await asked.close()
    assert raising.told == 1


async def test_so_many_wait_and_no_more() -> None:
    raising = Raising()
    asked = asking(raising)
    for number in range(MOST_AT_ONCE + 5):
        await ask(asked, str(number))
    raising.heard.set()
    await asked.close()
    assert raising.told == MOST_AT_ONCE
