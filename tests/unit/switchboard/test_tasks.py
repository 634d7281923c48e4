"""What is ended has ended, also what ignores that once and what hangs below something else."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from switchboard.tasks import end, side_by_side


class Stubborn:
    """Goes on when it is cancelled for the first time, as `asyncio.wait_for` of Python 3.10 can make anybody do."""

    def __init__(self) -> None:
        self.over = False

    async def run(self) -> None:
        try:
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(60)
            await asyncio.sleep(60)
        finally:
            self.over = True


async def test_what_ignores_it_once_is_ended() -> None:
    stubborn = Stubborn()
    task = asyncio.create_task(stubborn.run())
    await asyncio.sleep(0)
    await end(task)
    assert stubborn.over and task.cancelled()


async def test_what_runs_side_by_side_has_ended_when_whoever_started_it_has() -> None:
    stubborn = Stubborn()
    task = asyncio.create_task(side_by_side(stubborn.run(), asyncio.sleep(60)))
    await asyncio.sleep(0.05)
    await end(task)
    assert stubborn.over and task.cancelled()


async def test_who_ends_others_can_be_cancelled_itself() -> None:
    stubborn = Stubborn()
    ending = asyncio.create_task(end(asyncio.create_task(stubborn.run())))
    await asyncio.sleep(0.05)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert stubborn.over


async def test_one_that_breaks_ends_the_others_and_its_error_is_seen() -> None:
    ended = asyncio.Event()

    async def for_ever() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    async def breaks() -> None:
        await asyncio.sleep(0)
        raise KeyError("odd")

    with pytest.raises(KeyError, match="odd"):
        await side_by_side(for_ever(), breaks())
    assert ended.is_set()


async def test_whoever_ends_it_ends_all() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def for_ever() -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    together = asyncio.create_task(side_by_side(for_ever()))
    await begun.wait()
    together.cancel()
    with pytest.raises(asyncio.CancelledError):
        await together
    assert ended.is_set()
