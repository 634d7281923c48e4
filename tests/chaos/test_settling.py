"""The reckoning waits for what has still to come."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from switchboard.model import Address, Notice
from tests.chaos.books import waiting
from tests.contracts.switchboard.stack import Stack


async def test_a_notice_of_ours_that_is_due_later_is_waited_for(redis_server: Path, tmp_path: Path) -> None:
    stack = Stack(redis_server, tmp_path)
    await stack.stores.redis.flushall()
    await stack.stores.ready()
    try:
        stack.worker()
        now, phone = stack.clock(), Address("sms", "+8613800001234")
        due = now + timedelta(seconds=2)
        await stack.notices.enter(Notice("n1", phone, "service", "looking_up", {}, "n1", due, due + timedelta(hours=1)))
        await stack.at_rest()
        assert await waiting(stack.stores.redis, ["n2"]) == 0
        assert await waiting(stack.stores.redis, ["n1", "n2"]) == 1
        await stack.until(stack.sms.texts)
        await stack.at_rest()
        assert await waiting(stack.stores.redis, ["n1"]) == 0
    finally:
        await stack.end()
