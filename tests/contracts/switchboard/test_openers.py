"""One thought in several messages is read as one; nothing of it is lost, and nobody waits who need not."""

from __future__ import annotations

import asyncio
import time

import pytest

from switchboard import lanes
from switchboard.model import Address
from tests.contracts.switchboard.stack import Stack

LI = Address("web", "li")


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "FOLLOWS_S", 0.6)


async def test_openers_are_read_together_with_what_follows(stack: Stack) -> None:
    stack.worker()
    for text in ("在吗", "我想查一下", "上个月的话费"):
        await stack.say(LI, text)
        await asyncio.sleep(0.2)
    await stack.until(lambda: len(stack.web.sent) >= 2)
    await stack.at_rest()
    assert stack.web.texts()[1:] == ["echo 在吗，我想查一下，上个月的话费"]
    told = [entry["item"]["text"] for entry in await stack.logged("inbound")]  # type: ignore[index]
    assert told == ["在吗", "我想查一下", "上个月的话费"]


async def test_an_opener_that_nothing_follows_is_answered_alone(stack: Stack) -> None:
    stack.worker()
    began = time.monotonic()
    await stack.say(LI, "在吗")
    await stack.until(lambda: len(stack.web.sent) == 2)
    assert time.monotonic() - began >= 0.6
    await stack.say(LI, "查话费")
    await stack.until(lambda: len(stack.web.sent) == 3)
    assert stack.web.texts()[1:] == ["echo 在吗", "echo 查话费"]


async def test_a_tap_after_an_opener_stands_for_itself(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.say(LI, "x", token="stale")
    await stack.until(lambda: len(stack.web.sent) == 3)
    assert stack.web.texts()[1] == "echo 你好"


async def test_a_human_who_has_the_conversation_sees_an_opener_at_once(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "FOLLOWS_S", 30.0)
    stack.worker()
    await stack.handoffs.present("lin", "小林", [])
    await stack.say(LI, "人工")
    await stack.until(lambda: any("正在为您转接" in text for text in stack.web.texts()))
    await stack.say(LI, "在吗")
    await stack.at_rest(within_s=5.0)
    told = [entry["item"]["text"] for entry in await stack.logged("inbound")]  # type: ignore[index]
    assert told == ["人工", "在吗"]


async def test_after_a_crash_the_same_messages_are_one_thought_again(stack: Stack) -> None:
    stuck = asyncio.Event()

    async def die(_: str) -> None:
        stuck.set()
        await asyncio.sleep(30)

    stack.bot.before_append = die
    first = stack.worker("w1")
    await stack.say(LI, "你好")
    await stack.say(LI, "查流量")
    await asyncio.wait_for(stuck.wait(), 5)
    await stack.kill(first)
    stack.bot.before_append = lambda message_id: None
    stack.worker("w1")
    await stack.until(lambda: len(stack.web.sent) == 2)
    await stack.at_rest()
    assert stack.web.texts()[1:] == ["echo 你好，查流量"]


async def test_an_opener_is_not_lost_when_a_human_takes_over_meanwhile(stack: Stack) -> None:
    stuck, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_: str) -> None:
        stuck.set()
        await go_on.wait()

    stack.worker()
    await stack.handoffs.present("lin", "小林", [])
    await stack.say(LI, "查账单")
    await stack.until(lambda: len(stack.web.sent) == 2)
    stack.bot.before_append = wait
    await stack.say(LI, "你好")
    await stack.say(LI, "我的账单不对")
    await asyncio.wait_for(stuck.wait(), 5)
    await stack.handoffs.take(stack.conversation(LI), "lin")
    go_on.set()
    await stack.at_rest()
    told = [(e["item"]["text"], e["owner"]) for e in await stack.logged("inbound")]  # type: ignore[index]
    assert told[1:] == [("你好", "agent"), ("我的账单不对", "agent")]
