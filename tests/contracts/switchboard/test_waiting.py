"""Who waits for a human: how they leave, what they hear, and what becomes of what they say meanwhile."""

from __future__ import annotations

import asyncio

import pytest

from switchboard.handoff import WAITING
from switchboard.model import Address, Binding, ConversationEvent, Owner, Reply, TurnResult
from switchboard.redis.records import dump_item
from switchboard.waiting import AGAIN
from tests.contracts.switchboard.stack import Stack
from tests.contracts.switchboard.test_handoff import LI, PHONE, WANG, owner, queued

KEPT = "已为您记下，人工客服接通后会看到，您是下一位。不想等了请回复“取消排队”。"
PLACE = "还在为您排队，您是下一位。回复“取消排队”可由机器人继续。"
LEFT = "已取消排队，我是智能客服助手，继续为您服务。"


async def a_minute(stack: Stack, *at_desk: str) -> None:
    """The clock goes on, and who is at the desk stays there."""
    stack.clock.forward(seconds=61)
    for agent in at_desk:
        await stack.handoffs.present(agent, agent, [])
    await asyncio.sleep(1.3)
    await stack.at_rest()


async def rings(stack: Stack, conversation: str, minute: int) -> None:
    """The timer of who waits, for the nth time."""
    known = await stack.stores.conversations.get(conversation)
    assert known is not None
    values = {"handoff": known.handoff, "looks": minute - 1}
    await stack.accept(ConversationEvent(f"looked:{minute}", conversation, WAITING, stack.clock(), values))
    await stack.at_rest()


@pytest.mark.parametrize("text", ["取消排队", "不等了", "我不等了", "算了不用了", "取消", "No, thanks.", "never mind"])
async def test_who_does_not_want_to_wait_any_more_has_the_bot_again(stack: Stack, text: str) -> None:
    conversation = await queued(stack)
    await stack.say(LI, text)
    await stack.at_rest()
    left = {LEFT, "You have left the queue. I am the automated assistant; please go on asking."}
    assert stack.web.texts()[-1] in left
    assert await owner(stack, conversation) == (Owner.BOT, 2, "")
    assert await stack.handoffs.waiting() == []
    states = [(record["state"], record["reason"]) for record in await stack.logged("handoff")]
    assert states == [("queued", "asked"), ("abandoned", "left")]
    await stack.say(LI, "查话费")
    await stack.until(lambda: stack.web.texts()[-1] == "echo 查话费")


async def test_the_words_that_leave_mean_nothing_of_the_kind_to_the_bot_or_to_an_agent(stack: Stack) -> None:
    conversation = await queued(stack)
    await stack.handoffs.take(conversation, "lin")
    await stack.say(LI, "取消")
    await stack.at_rest()
    assert (await owner(stack, conversation))[0] is Owner.AGENT
    await stack.say(WANG, "取消")
    await stack.until(lambda: stack.web.texts()[-1] == "echo 取消")


async def test_what_was_asked_while_waiting_is_kept_for_the_agent_and_that_is_said_once(stack: Stack) -> None:
    conversation = await queued(stack)
    for text in ("查话费", "帮我看下流量"):
        await stack.say(LI, text)
        await stack.at_rest()
    assert stack.web.texts()[2:] == [KEPT]
    assert (await owner(stack, conversation))[0] is Owner.QUEUE
    assert stack.bot.ran == []


async def test_the_last_thing_asked_is_answered_by_the_bot_when_the_person_leaves(stack: Stack) -> None:
    await queued(stack)
    for text in ("查话费", "查流量", "取消排队"):
        await stack.say(LI, text)
    await stack.until(lambda: stack.web.texts()[-1] == "echo 查流量")
    assert stack.web.texts()[-2:] == [LEFT, "echo 查流量"]
    said = [record["item"]["text"] for record in await stack.logged("inbound")]
    assert said == ["转人工", "查话费", "查流量", "取消排队"]


async def test_who_leaves_with_a_wish_in_the_same_line_is_answered(stack: Stack) -> None:
    await queued(stack)
    await stack.say(LI, "不排了，查话费")
    await stack.until(lambda: stack.web.texts()[-2:] == [LEFT, "echo 查话费"])


async def test_who_leaves_in_two_breaths_with_a_wish_is_answered(stack: Stack) -> None:
    await queued(stack)
    await stack.say(LI, "算了，不等了，查话费")
    await stack.until(lambda: stack.web.texts()[-2:] == [LEFT, "echo 查话费"])


@pytest.mark.parametrize(
    "text",
    [
        "算了，我还是等人工",
        "取消，我说的是99元那个套餐",
        "停止，你们别扣我的钱",
        "机器人，太笨了",
        "stop, you took my money",
    ],
)
async def test_a_word_that_may_be_about_something_else_leaves_no_queue_at_the_head_of_a_line(
    stack: Stack, text: str
) -> None:
    conversation = await queued(stack)
    await stack.say(LI, text)
    await stack.at_rest()
    assert (await owner(stack, conversation))[0] is Owner.QUEUE


async def test_what_the_one_before_left_unanswered_is_not_brought_to_who_has_the_number_now(stack: Stack) -> None:
    conversation = await queued(stack)
    bind = stack.stores.conversations.bind
    await bind(conversation, Binding("+8613800000001", "s1", stack.clock(), "code"), "zj", LI)
    await stack.say(LI, "查话费")
    await stack.at_rest()
    await bind(conversation, Binding("+8613800000001", "s2", stack.clock(), "code"), "zj", LI)
    standing = await stack.exchange.standing(conversation, LI)
    assert standing is not None and (standing.unanswered, standing.conversation.owner) == ("", Owner.QUEUE)


async def test_the_last_thing_asked_is_answered_by_the_bot_when_the_last_agent_leaves(stack: Stack) -> None:
    await queued(stack)
    await stack.say(LI, "查话费")
    await stack.at_rest()
    await stack.handoffs.absent("lin")
    await a_minute(stack)
    await stack.until(lambda: stack.web.texts()[-1] == "echo 查话费")
    assert "没有人工客服在线" in stack.web.texts()[-2]


async def test_a_number_said_while_waiting_picks_nothing_from_a_list_shown_later(stack: Stack) -> None:
    await queued(stack)
    await stack.say(LI, "1")
    await stack.at_rest()
    await stack.handoffs.absent("lin")
    await a_minute(stack)
    await a_minute(stack)
    assert "没有人工客服在线" in stack.web.texts()[-1] and stack.bot.ran == []


async def test_what_the_agent_left_unanswered_goes_with_the_conversation_back_to_the_bot(stack: Stack) -> None:
    conversation = await queued(stack)
    await stack.handoffs.take(conversation, "lin")
    await stack.say(LI, "查话费")
    await stack.at_rest()
    await stack.handoffs.hand_back(conversation, "lin")
    await stack.until(lambda: stack.web.texts()[-1] == "echo 查话费")


async def test_what_was_kept_is_not_answered_after_what_was_said_later(stack: Stack) -> None:
    """A message may lie in the log before the kept line comes back."""
    stack.worker()
    kept, released = stack.message(LI, "查话费"), stack.clock()
    stack.clock.forward(seconds=1)
    await stack.say(LI, "你好")
    await stack.at_rest()
    event = ConversationEvent("again:1", stack.conversation(LI), AGAIN, released, {"item": dump_item(kept)})
    await stack.accept(event)
    await stack.at_rest()
    assert stack.web.texts()[-1] == "echo 你好"


@pytest.mark.parametrize("answered", [True, False])
async def test_what_the_agent_answered_or_closed_is_not_answered_again(stack: Stack, answered: bool) -> None:
    conversation = await queued(stack)
    await stack.handoffs.take(conversation, "lin")
    await stack.say(LI, "查话费")
    await stack.at_rest()
    if answered:
        await stack.handoffs.say(conversation, "lin", Reply("23.50元"), "c1")
        await stack.handoffs.hand_back(conversation, "lin")
    else:
        await stack.handoffs.close(conversation, "lin", "solved")
    await stack.at_rest()
    await a_minute(stack)
    assert "echo 查话费" not in stack.web.texts()


@pytest.mark.parametrize("text", ["人工还要等多久", "什么时候轮到我？", "我前面还有几个人", "when is it my turn?"])
async def test_who_asks_how_long_hears_the_place(stack: Stack, text: str) -> None:
    await queued(stack, WANG)
    await queued(stack)
    await stack.say(LI, text)
    await stack.at_rest()
    english = 'You are still in the queue. People ahead of you: 1. Reply "cancel queue" to go on with the assistant.'
    assert stack.web.texts()[-1] in {PLACE.replace("您是下一位", "前面还有1位"), english}


async def test_who_asks_how_long_hears_how_long_it_took_others(stack: Stack) -> None:
    for n in range(3):
        other = await queued(stack, WANG)
        stack.clock.forward(seconds=100 + n)
        await stack.handoffs.present("lin", "小林", [])
        await stack.handoffs.take(other, "lin")
        await stack.handoffs.close(other, "lin", "solved")
        await stack.at_rest()
        stack.web.sent.clear()
    await queued(stack)
    await stack.say(LI, "还要等多久")
    await stack.at_rest()
    assert stack.web.texts()[-1] == PLACE.replace("下一位", "下一位，刚才的客户等了约2分钟")


async def test_who_waits_hears_after_two_minutes_that_they_still_do(stack: Stack) -> None:
    await queued(stack)
    for told in (0, 1, 1):
        await a_minute(stack, "lin")
        assert stack.web.texts().count(PLACE) == told


@pytest.mark.parametrize("address", [LI, PHONE])
async def test_who_waits_hears_it_again_rarely_and_by_sms_never(stack: Stack, address: Address) -> None:
    conversation = await queued(stack, address)
    adapter = stack.sms if address is PHONE else stack.web
    told = []
    for minute in (1, 2, 3, 7, 8, 15, 16):
        stack.clock.forward(minutes=3)
        await stack.handoffs.present("lin", "小林", [])
        await rings(stack, conversation, minute)
        told += [minute] if adapter.texts()[-1].startswith("还在") else []
        adapter.sent.append(adapter.sent[0])
    assert told == ([2] if address is PHONE else [2, 7, 15])


async def test_who_has_just_heard_their_place_is_not_told_again(stack: Stack) -> None:
    await queued(stack)
    await a_minute(stack, "lin")
    stack.clock.forward(seconds=55)
    await stack.handoffs.present("lin", "小林", [])
    await stack.say(LI, "还要等多久")
    await stack.at_rest()
    await a_minute(stack, "lin")
    assert stack.web.texts().count(PLACE) == 1


async def test_an_unanswered_line_waits_for_the_bot_while_a_human_is_asked_for_again(stack: Stack) -> None:
    """Between leaving and the bot's answer somebody else may have taken the conversation."""
    heard: list[str] = []

    def think(item, conversation, turn):
        heard.append(getattr(item, "text", ""))
        return TurnResult()

    stack.bot.think = think
    conversation = await queued(stack)
    await stack.handoffs.take(conversation, "lin")
    item = stack.message(LI, "查话费")
    await stack.accept(ConversationEvent("again:1", conversation, AGAIN, stack.clock(), {"item": dump_item(item)}))
    await stack.at_rest()
    assert heard == []
    await stack.handoffs.hand_back(conversation, "lin")
    await stack.until(lambda: heard == ["", "查话费"])
