"""A menu click counts as its text."""

from __future__ import annotations

from switchboard.errors import TurnFailed
from switchboard.model import Address, ChannelEvent, TurnResult
from tests.contracts.switchboard.stack import Stack

LI = Address("web", "li")


async def test_a_menu_click_is_answered_as_its_text(stack: Stack) -> None:
    click = ChannelEvent("web:click", LI, "menu", stack.clock(), {"text": "查话费"})
    stack.worker()
    await stack.accept(click)
    await stack.until(lambda: "echo 查话费" in stack.web.texts())
    await stack.at_rest()
    assert stack.bot.ran == ["web:click"]


async def test_a_menu_click_that_cannot_be_answered_is_told_and_queued(stack: Stack) -> None:
    def think(*turn: object) -> TurnResult:
        raise TurnFailed("cannot", permanent=True)

    stack.bot.think = think
    stack.worker()
    await stack.handoffs.present("lin", "小林", [])
    await stack.accept(ChannelEvent("web:click", LI, "menu", stack.clock(), {"text": "查话费"}))
    await stack.until(lambda: any("没能处理好" in text for text in stack.web.texts()))
    await stack.at_rest()
    assert [waiting.reason for waiting in await stack.handoffs.waiting()] == ["failed"]
