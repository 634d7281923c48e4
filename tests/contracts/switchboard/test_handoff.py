"""One owner at a time: the queue, the agents, and what the bot may still say."""

from __future__ import annotations

import asyncio

import pytest

from switchboard.errors import NotOwner
from switchboard.fake import echo
from switchboard.model import Address, ConversationEvent, HandoffRequest, Owner, Reply, TurnResult
from tests.contracts.switchboard.stack import Stack

LI, WANG, PHONE = Address("web", "li"), Address("web", "wang"), Address("sms", "+8613800000001")


async def queued(stack: Stack, address: Address = LI) -> str:
    """Somebody asked for a human and waits."""
    if not stack.workers:
        stack.worker()
        await stack.handoffs.present("lin", "小林", [])
    await stack.say(address, "转人工")
    adapter = stack.sms if address.channel == "sms" else stack.web
    await stack.until(lambda: any("正在为您转接" in m.reply.text for m in adapter.sent if m.address == address))
    return stack.conversation(address)


async def owner(stack: Stack, conversation: str) -> tuple[Owner, int, str]:
    known = await stack.stores.conversations.get(conversation)
    assert known is not None
    return known.owner, known.epoch, known.agent


async def test_a_person_asks_for_a_human_and_is_answered_by_one(stack: Stack) -> None:
    conversation = await queued(stack)
    assert await owner(stack, conversation) == (Owner.QUEUE, 1, "")
    taken = await stack.handoffs.take(conversation, "lin")
    assert (taken.owner, taken.epoch, taken.agent) == (Owner.AGENT, 2, "lin")
    await stack.handoffs.say(conversation, "lin", Reply("您好，我是小林。"), "c1")
    await stack.until(lambda: "您好，我是小林。" in stack.web.texts())
    assert "人工客服小林为您服务。" in stack.web.texts()
    assert await stack.handoffs.waiting() == []


async def test_the_language_of_the_last_full_sentence_goes_with_the_hand_off(stack: Stack) -> None:
    stack.worker()
    await stack.handoffs.present("lin", "小林", [])
    for text in ("what's my balance", "CXYE", "agent"):
        await stack.say(LI, text)
    await stack.until(lambda: any(text.startswith("Connecting you") for text in stack.web.texts()))
    conversation = stack.conversation(LI)
    await stack.handoffs.take(conversation, "lin")
    await stack.until(lambda: "小林 is now with you." in stack.web.texts())
    for text, language in (("2", "en"), ("我的账单不对", "zh")):
        await stack.say(LI, text)
        await stack.at_rest()
        known = await stack.stores.conversations.get(conversation)
        assert known is not None and known.language == language


async def test_what_a_person_writes_to_an_agent_does_not_reach_the_bot(stack: Stack) -> None:
    conversation = await queued(stack)
    await stack.handoffs.take(conversation, "lin")
    await stack.say(LI, "我的账单不对")
    await stack.at_rest()
    assert stack.bot.ran == []
    assert (await stack.logged("inbound"))[-1]["owner"] == "agent"


async def test_agents_are_not_announced_by_sms_where_each_part_costs(stack: Stack) -> None:
    conversation = await queued(stack, PHONE)
    await stack.handoffs.take(conversation, "lin")
    await stack.handoffs.say(conversation, "lin", Reply("您好，我是小林。"), "c1")
    await stack.until(lambda: stack.sms.texts()[-1] == "您好，我是小林。")
    assert len(stack.sms.sent) == 3


async def test_nobody_else_may_take_say_or_end(stack: Stack) -> None:
    conversation = await queued(stack)
    await stack.handoffs.take(conversation, "lin")
    await stack.handoffs.take(conversation, "lin")
    with pytest.raises(NotOwner):
        await stack.handoffs.take(conversation, "zhou")
    with pytest.raises(NotOwner):
        await stack.handoffs.say(conversation, "zhou", Reply("您好"), "c1")
    with pytest.raises(NotOwner):
        await stack.handoffs.hand_back(conversation, "zhou")
    await stack.handoffs.close(conversation, "lin", "solved")
    with pytest.raises(NotOwner):
        await stack.handoffs.say(conversation, "lin", Reply("再见"), "c2")


async def test_a_repeated_submit_is_one_message(stack: Stack) -> None:
    conversation = await queued(stack)
    await stack.handoffs.take(conversation, "lin")
    first = await stack.handoffs.say(conversation, "lin", Reply("您好"), "c1")
    assert await stack.handoffs.say(conversation, "lin", Reply("您好"), "c1") == first
    await stack.at_rest()
    assert stack.web.texts().count("您好") == 1


async def test_two_agents_who_take_at_once_are_one_owner(stack: Stack) -> None:
    conversation = await queued(stack)
    takes = [stack.handoffs.take(conversation, f"agent{n}") for n in range(5)]
    outcomes = await asyncio.gather(*takes, return_exceptions=True)
    assert sorted(isinstance(outcome, NotOwner) for outcome in outcomes) == [False, True, True, True, True]


async def test_after_a_take_no_word_of_the_bot_goes_out(stack: Stack) -> None:
    """The turn was running when an agent took the conversation over from the bot."""
    stack.worker()
    thinking, go_on = asyncio.Event(), asyncio.Event()

    async def slow(message_id: str) -> None:
        thinking.set()
        await go_on.wait()

    stack.bot.before_append = slow
    await stack.say(LI, "查话费", id="web:1")
    await thinking.wait()
    # An agent can take only what is known to have begun: the conversation is stored with its first commit.
    go_on.set()
    await stack.at_rest()
    thinking.clear()
    go_on.clear()
    await stack.say(LI, "查流量", id="web:2")
    await thinking.wait()
    conversation = stack.conversation(LI)
    await stack.handoffs.take(conversation, "lin")
    go_on.set()
    await stack.at_rest()
    assert "echo 查流量" not in stack.web.texts()
    (dropped,) = await stack.logged("dropped")
    assert dropped["reason"] == "owner"
    assert await owner(stack, conversation) == (Owner.AGENT, 1, "lin")


async def test_what_the_bot_still_had_on_its_way_is_dropped_at_sending(stack: Stack) -> None:
    worker = stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    await stack.kill(worker)
    # Committed, but no sender runs: the reply lies in the out stream while the agent takes over.
    conversation = stack.conversation(LI)
    known = await stack.stores.conversations.get(conversation)
    assert known is not None
    from switchboard.model import Origin
    from switchboard.redis.records import dumps

    old = stack.voice.message(known, Reply("旧话"), "m1", Origin.BOT)
    await stack.stores.redis.xadd(f"{stack.stores.keys.tag(conversation)}:out:web", {"m": dumps(old)})
    await stack.handoffs.take(conversation, "lin")
    stack.worker()
    await stack.at_rest()
    assert "旧话" not in stack.web.texts()
    assert [record["message"] for record in await stack.logged("dropped")] == ["m1"]


async def test_words_committed_with_a_change_of_owner_still_go_out(stack: Stack) -> None:
    stack.bot.think = lambda item, conversation, turn: TurnResult(
        replies=(Reply("好的，我请同事来。"),), handoff=HandoffRequest("complaint", priority=1)
    )
    stack.worker()
    await stack.handoffs.present("lin", "小林", [])
    await stack.say(LI, "我要投诉")
    await stack.at_rest()
    assert stack.web.texts()[1:] == ["好的，我请同事来。", "正在为您转接人工客服，您是下一位。"]


async def test_the_queue_is_by_priority_then_by_age_and_says_the_position(stack: Stack) -> None:
    await queued(stack, LI)
    await queued(stack, WANG)
    assert stack.web.texts()[-1] == "正在为您转接人工客服，前面还有1位。"
    stack.bot.think = lambda item, conversation, turn: TurnResult(handoff=HandoffRequest("distress", priority=2))
    await stack.say(PHONE, "我被骗了")
    await stack.at_rest()
    assert [w.reason for w in await stack.handoffs.waiting()] == ["distress", "asked", "asked"]
    assert stack.sms.texts()[-1] == "正在为您转接人工客服，您是下一位。"


async def test_closed_or_nobody_there_is_said_in_the_same_reply_with_hours_and_a_call_back(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "人工")
    await stack.until(lambda: len(stack.web.sent) == 2)
    assert "没有人工客服在线（服务时间8:00–22:00）" in stack.web.texts()[1]
    assert [choice.intent for choice in stack.web.sent[1].reply.choices] == ["request_callback"]
    stack.hours.open = False
    await stack.say(LI, "人工")
    await stack.until(lambda: len(stack.web.sent) == 3)
    assert "不在服务时间" in stack.web.texts()[2]
    assert (await owner(stack, stack.conversation(LI)))[0] is Owner.BOT
    await stack.say(LI, "1")
    await stack.until(lambda: len(stack.web.sent) == 4)
    assert stack.web.texts()[3] == "echo request_callback"


async def test_the_bot_is_told_how_it_ended_and_the_person_that_it_did(stack: Stack) -> None:
    heard = []

    def think(item, conversation, turn):
        heard.append(item)
        return TurnResult()

    stack.bot.think = think
    conversation = await queued(stack)
    await stack.handoffs.take(conversation, "lin")
    await stack.handoffs.close(conversation, "lin", "solved")
    await stack.at_rest()
    assert (heard[0].name, heard[0].values["how"], heard[0].values["code"]) == ("handoff_ended", "closed", "solved")
    assert "人工服务已结束" in stack.web.texts()[-1]
    assert await owner(stack, conversation) == (Owner.BOT, 3, "")
    stack.bot.think = echo
    await stack.say(LI, "谢谢")
    await stack.until(lambda: stack.web.texts()[-1] == "echo 谢谢")


async def test_a_conversation_goes_to_humans_and_back_any_number_of_times(stack: Stack) -> None:
    for _ in range(3):
        conversation = await queued(stack)
        await stack.handoffs.take(conversation, "lin")
        await stack.handoffs.hand_back(conversation, "lin", "查过了")
        await stack.at_rest()
        stack.web.sent.clear()
    assert await owner(stack, conversation) == (Owner.BOT, 9, "")


async def test_an_agent_who_goes_away_loses_the_conversation_and_its_place_is_kept(stack: Stack) -> None:
    conversation = await queued(stack)
    await queued(stack, WANG)
    await stack.handoffs.take(conversation, "lin")
    await stack.handoffs.present("zhou", "小周", [])
    await stack.handoffs.absent("lin")
    await stack.until(lambda: "您已排在队列前面" in stack.web.texts()[-1])
    assert next(waiting.conversation for waiting in await stack.handoffs.waiting()) == conversation
    with pytest.raises(NotOwner):
        await stack.handoffs.say(conversation, "lin", Reply("我回来了"), "c1")


async def test_presence_lasts_thirty_seconds(stack: Stack) -> None:
    await stack.handoffs.present("lin", "小林", [])
    stack.clock.forward(seconds=29)
    assert await stack.handoffs.at_desk() == ["lin"]
    stack.clock.forward(seconds=2)
    assert await stack.handoffs.at_desk() == []


async def test_what_the_bot_was_to_tell_waits_until_it_has_the_conversation_again(stack: Stack) -> None:
    told = []

    def think(item, conversation, turn):
        told.append(getattr(item, "name", ""))
        return TurnResult()

    stack.bot.think = think
    conversation = await queued(stack)
    await stack.handoffs.take(conversation, "lin")
    paid = ConversationEvent("payment:p1", conversation, "payment_finished", stack.clock(), {"amount_fen": 5000})
    await stack.accept(paid)
    await stack.at_rest()
    assert told == []
    await stack.handoffs.close(conversation, "lin", "solved")
    await stack.until(lambda: told == ["handoff_ended"])
    stack.clock.forward(seconds=31)
    await stack.until(lambda: told == ["handoff_ended", "payment_finished"])


async def test_who_waits_when_the_last_agent_leaves_is_told_and_has_the_bot_again(stack: Stack) -> None:
    conversation = await queued(stack)
    await stack.handoffs.absent("lin")
    stack.clock.forward(seconds=61)
    await stack.until(lambda: "没有人工客服在线" in stack.web.texts()[-1])
    await stack.at_rest()
    assert (await owner(stack, conversation))[0] is Owner.BOT
    assert await stack.handoffs.waiting() == []


async def test_who_waits_keeps_waiting_while_somebody_is_there(stack: Stack) -> None:
    conversation = await queued(stack)
    for _ in range(2):
        stack.clock.forward(seconds=61)
        await stack.handoffs.present("lin", "小林", [])
        await asyncio.sleep(1.3)
    assert (await owner(stack, conversation))[0] is Owner.QUEUE
    await stack.say(LI, "人工")
    await stack.at_rest()
    assert stack.web.texts()[-1].startswith("还在为您排队，您是下一位。")


@pytest.mark.parametrize("text", ["快点", "人呢？", "还要多久", "等多久"])
async def test_who_asks_while_waiting_hears_the_place_and_other_words_go_to_the_desk(stack: Stack, text: str) -> None:
    conversation = await queued(stack)
    await stack.say(LI, "我说一下，是十月的账单")
    await stack.say(LI, text)
    await stack.at_rest()
    assert [said[:6] for said in stack.web.texts()[2:]] == ["已为您记下，", "还在为您排队"]
    assert (await owner(stack, conversation))[0] is Owner.QUEUE


async def test_who_comes_first_is_ahead_also_with_the_bare_word(stack: Stack) -> None:
    """No bot reads "人工": the CRM is asked for the priority, and a CRM that is away holds nobody up."""
    stack.directory.known[PHONE.id] = ("s1", "zj")
    stack.directory.first[PHONE.id] = 5
    first, then = await queued(stack, LI), await queued(stack, PHONE)
    assert [waiting.conversation for waiting in await stack.handoffs.waiting()] == [then, first]
    stack.directory.away = True
    await queued(stack, WANG)
