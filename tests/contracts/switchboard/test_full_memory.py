"""A Redis that is full refuses what is new; what is stored waits, and who makes room may take over from the dead."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from switchboard.errors import StoreUnavailable
from switchboard.model import Address
from switchboard.redis.room import memory_share
from switchboard.redis.solo import Solo
from tests.contracts.switchboard.stack import Stack

LI = Address("web", "li")


@pytest.fixture
async def full(stack: Stack) -> AsyncIterator[Stack]:
    """With one message that waits, the lease of the log's writer held by a worker that died, and no room."""
    await stack.say(LI, "你好")
    assert await Solo(stack.stores.scripts, "writer", "w1").mine()
    await stack.stores.redis.config_set("maxmemory", 1)
    yield stack
    await stack.stores.redis.config_set("maxmemory", 0)


async def test_what_was_stored_waits_and_what_is_new_is_refused(full: Stack) -> None:
    worker = full.worker("w2")
    await full.until(lambda: len(worker.held) == 8)
    with pytest.raises(StoreUnavailable):
        await full.say(LI, "在吗")
    await full.stores.redis.config_set("maxmemory", 0)
    await full.until(full.web.texts)


async def test_the_log_gets_another_writer_who_makes_room(full: Stack) -> None:
    assert await Solo(full.stores.scripts, "writer", "w1").mine()
    entries = [entry async for entry in full.stores.log.read({}, 0.01)]
    await full.stores.log.trim({entry.partition: entry.entry for entry in entries})


async def test_how_full_it_is_can_be_asked(full: Stack) -> None:
    assert await memory_share(full.stores.redis) > 1
    await full.stores.redis.config_set("maxmemory", 0)
    assert await memory_share(full.stores.redis) == 0
