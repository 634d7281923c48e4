"""Works side by side: one that breaks ends the others and is seen."""

from __future__ import annotations

import asyncio

import pytest

from switchboard.tasks import side_by_side


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
