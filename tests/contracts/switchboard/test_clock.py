"""A worker whose clock is wrong, or is set while it works, keeps nobody waiting."""

from __future__ import annotations

import asyncio

import pytest

from switchboard import lanes
from switchboard.model import Address
from tests.contracts.switchboard.stack import Stack

LI = Address("web", "li")


async def test_an_opener_is_answered_soon_where_the_workers_clock_is_behind(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "FOLLOWS_S", 0.3)
    stack.clock.forward(hours=-1)
    stack.worker()
    await stack.say(LI, "你好")
    await stack.until(lambda: "echo 你好" in stack.web.texts())


async def test_an_opener_is_answered_soon_when_the_clock_is_set_back_meanwhile(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "FOLLOWS_S", 1.0)
    stack.worker()
    await stack.say(LI, "你好")
    await asyncio.sleep(0.3)
    stack.clock.forward(hours=-1)
    await stack.until(lambda: "echo 你好" in stack.web.texts())


async def test_one_moment_is_said_in_time_where_the_workers_clock_is_behind(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "EARLY_S", 1.0)
    stack.clock.forward(hours=-1)
    told = asyncio.Event()
    stack.bot.before_append = lambda message_id: told.wait()
    stack.worker()
    await stack.say(LI, "查话费")
    await stack.until(lambda: any(message.id.endswith("/early") for message in stack.web.sent))
    told.set()
    await stack.until(lambda: "echo 查话费" in stack.web.texts())
