"""Timers come back as events, notices at their time."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from switchboard.model import Address, Notice, Reply, TimerRequest, TurnResult
from tests.contracts.switchboard.stack import Stack

LI, PHONE = Address("web", "li"), Address("sms", "+8613800000001")


async def test_a_timer_comes_back_as_an_event_and_a_later_one_replaces_it(stack: Stack) -> None:
    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        if getattr(item, "text", ""):
            return TurnResult(timers=(TimerRequest("remind", float(item.text), {"what": item.text}),))
        return TurnResult(replies=(Reply(f"{item.name} {item.values['what']}"),))

    stack.bot.think = think
    stack.worker()
    await stack.say(LI, "30")
    await stack.say(LI, "60")
    await stack.at_rest()
    stack.clock.forward(seconds=31)
    await asyncio.sleep(1.2)
    assert len(stack.web.sent) == 1
    stack.clock.forward(seconds=30)
    await stack.until(lambda: stack.web.texts()[-1] == "remind 60")


async def test_a_timer_can_be_cancelled(stack: Stack) -> None:
    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        return TurnResult(timers=(TimerRequest("remind", float(getattr(item, "text", -1))),))

    stack.bot.think = think
    stack.worker()
    await stack.say(LI, "1")
    await stack.say(LI, "-1")
    await stack.at_rest()
    await asyncio.sleep(2.2)
    assert len(stack.bot.ran) == 2


def notice(stack: Stack, kind: Any = "service", **more: Any) -> Notice:
    now = stack.clock()
    values = {"id": "n1", "address": LI, "kind": kind, "response": "looking_up", "values": {}, "dedupe": "d1"}
    return Notice(**{**values, "earliest": now, "latest": now + timedelta(hours=48), **more})


async def test_a_notice_is_said_once(stack: Stack) -> None:
    stack.worker()
    assert await stack.notices.enter(notice(stack))
    assert not await stack.notices.enter(notice(stack, id="n2"))
    await stack.at_rest()
    assert stack.web.texts() == ["正在为您查询，请稍候。"]


async def test_a_notice_waits_for_its_time(stack: Stack) -> None:
    stack.worker()
    await stack.notices.enter(notice(stack, earliest=stack.clock() + timedelta(minutes=5)))
    await stack.at_rest()
    assert not stack.web.sent
    stack.clock.forward(minutes=5, seconds=1)
    await stack.until(lambda: stack.web.sent)


async def test_a_notice_that_came_too_late_is_not_said(stack: Stack) -> None:
    stack.worker()
    await stack.notices.enter(notice(stack, latest=stack.clock() - timedelta(seconds=1)))
    await stack.at_rest()
    assert not stack.web.sent
    assert (await stack.logged("notice"))[0]["refused"] == "expired"


async def test_marketing_needs_consent_and_keeps_out_of_the_night(stack: Stack) -> None:
    stack.worker()
    while not 10 <= (stack.clock() + timedelta(hours=8)).hour < 20:
        stack.clock.forward(hours=1)
    await stack.notices.enter(notice(stack, "marketing"))
    await stack.at_rest()
    assert (await stack.logged("notice"))[0]["refused"] == "no_consent"
    await stack.stores.conversations.allow_marketing(stack.conversation(LI), True)
    while (stack.clock() + timedelta(hours=8)).hour != 23:
        stack.clock.forward(hours=1)
    await stack.notices.enter(notice(stack, "marketing", id="n2", dedupe="d2"))
    await stack.at_rest()
    assert not stack.web.sent
    stack.clock.forward(hours=9, minutes=1)
    await stack.until(lambda: stack.web.sent)
