"""Messages that people fetch from Redis are there with the commit; what is still on its way goes first."""

from __future__ import annotations

import pytest

from switchboard.errors import ChannelUnreachable
from switchboard.model import Address, Origin, Reply, TurnResult
from switchboard.redis.exchange import Exchange
from tests.contracts.switchboard.stack import Stack

LI = Address("web", "li")


@pytest.fixture
def fetching(stack: Stack) -> Stack:
    """The stack, with web chat as the worker has it."""
    stores = stack.stores
    stack.exchange = Exchange(stores.scripts, stores.keys, stack.route, stack.clock, fetched={"web"})
    return stack


async def fetched(stack: Stack) -> list[str]:
    return [message.reply.text for _, message in await stack.stores.outbox.after(LI, "")]


async def test_the_commit_brings_them_and_nobody_sends_them(fetching: Stack) -> None:
    fetching.worker()
    await fetching.say(LI, "你好")
    await fetching.at_rest()
    assert (await fetched(fetching))[-1] == "echo 你好"
    assert not fetching.web.sent
    sent, replies = await fetching.logged("sent"), await fetching.logged("reply")
    assert [one["message"] for one in sent] == [one["message"]["id"] for one in replies]  # type: ignore[index]
    positions = [position for position, _ in await fetching.stores.outbox.after(LI, "")]
    assert [one["channel_ids"] for one in sent] == [[position] for position in positions]


async def test_an_offer_in_one_is_shown(fetching: Stack) -> None:
    fetching.bot.think = lambda *_: TurnResult(replies=(Reply("10元包，确认吗？", quote_id="q1"),))
    conversation = fetching.conversation(LI)
    await fetching.stores.quotes.issue(conversation, "q1", {}, 300)
    fetching.worker()
    await fetching.say(LI, "买")
    await fetching.at_rest()
    assert await fetching.stores.quotes.was_shown(conversation, "q1", "")


async def test_what_was_said_before_and_waits_goes_first(fetching: Stack) -> None:
    fetching.web.fail = lambda message: ChannelUnreachable("away") if message.origin is Origin.AGENT else None
    fetching.worker()
    await fetching.say(LI, "你好")
    await fetching.at_rest()
    conversation = fetching.conversation(LI)
    await fetching.handoffs.take(conversation, "lin")
    await fetching.handoffs.say(conversation, "lin", Reply("我是小林"), "1")
    await fetching.handoffs.hand_back(conversation, "lin")
    await fetching.say(LI, "在吗，查话费")
    await fetching.until(lambda: "web:m2" in fetching.bot.ran)
    assert "echo 在吗，查话费" not in await fetched(fetching)
    fetching.web.fail = lambda message: None
    await fetching.until(lambda: "echo 在吗，查话费" in fetching.web.texts())
    said = fetching.web.texts()
    assert said.index("我是小林") < said.index("echo 在吗，查话费")


async def test_a_code_for_a_person_is_put_in_by_the_sender(fetching: Stack) -> None:
    words = "⟦code:0123456789abcdef⟧"
    fetching.bot.think = lambda *_: TurnResult(replies=(Reply(words),))
    fetching.worker()
    await fetching.say(LI, "你好")
    await fetching.at_rest()
    # The bot only repeats what somebody wrote: that stays closed.
    assert (await fetched(fetching))[-1] == words
