"""Whatever breaks in a lane, no later message overtakes an earlier one, and nothing is sent twice."""

from __future__ import annotations

import asyncio

import pytest

from switchboard import lanes, sender
from switchboard.errors import NotReachable
from switchboard.model import Address
from tests.contracts.switchboard.stack import Stack

LI = Address("web", "li")


@pytest.mark.parametrize("kind", [lanes.Work, sender.Delivery])
async def test_a_lane_that_broke_is_taken_up_again_in_order(
    kind: type[lanes.Work] | type[sender.Delivery], stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "BROKEN_S", 0.3)
    whole, broken = kind.done, []

    async def done(work: lanes.Work | sender.Delivery) -> None:
        if not broken:
            broken.append(work)
            raise ValueError("nobody foresaw this")
        await whole(work)

    monkeypatch.setattr(kind, "done", done)
    stack.worker()
    await stack.say(LI, "1")
    await stack.until(lambda: broken)
    await stack.say(LI, "2")
    await stack.until(lambda: len(stack.web.sent) == 3)
    assert stack.web.texts()[1:] == ["echo 1", "echo 2"]
    assert len(broken) == 1


async def test_a_redis_that_is_away_after_the_send_ends_no_send_lane_and_repeats_nothing(stack: Stack) -> None:
    remember, calls = stack.exchange.receipts.remember, []

    async def away_twice(message, channel_ids):
        calls.append(message.id)
        if len(calls) <= 2:
            raise NotReachable("redis")
        await remember(message, channel_ids)

    stack.exchange.receipts.remember = away_twice
    stack.worker()
    await stack.say(LI, "1")
    await stack.until(lambda: len(stack.web.sent) == 2)
    await stack.say(LI, "2")
    await stack.until(lambda: len(stack.web.sent) == 3)
    assert stack.web.texts()[1:] == ["echo 1", "echo 2"]
    assert calls.count(calls[0]) == 3


async def test_a_message_of_slow_parts_goes_out_once(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each part takes a while, as a slow platform's do; together they take longer than one may."""
    send, attempts = stack.web.send, []

    async def slowly(message, skip_parts=frozenset()):
        attempts.append(message.reply.text)
        await asyncio.sleep(10.5 if message.reply.text.startswith("echo") else 0)
        return await send(message, skip_parts)

    monkeypatch.setattr(stack.web, "send", slowly)
    stack.worker()
    await stack.say(LI, "1")
    await stack.until(lambda: "echo 1" in stack.web.texts(), within_s=15)
    await stack.at_rest()
    assert attempts.count("echo 1") == 1
