"""An offer can be confirmed only when the person has seen it, once, and not after anything else came between."""

from __future__ import annotations

import asyncio
from typing import Any

from switchboard.errors import AddressGone, ChannelUnreachable
from switchboard.model import Address, Choice, OutboundMessage, Reply, TurnContext, TurnResult
from switchboard.ports import PartResult
from tests.contracts.switchboard.stack import Stack

LI = Address("web", "li")
BODY = {"price_fen": 1000}


def offering(stack: Stack, form: str = "order_form") -> None:
    """The bot offers q1 on 买, and something else on everything else; 确认 stays in the form."""

    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        if item.text == "买":
            return TurnResult(
                replies=(Reply("10元包，确认吗？", quote_id="q1"),), context=TurnContext(active_form=form)
            )
        stays = form if item.text == "确认" else ""
        return TurnResult(replies=(Reply("好"),), context=TurnContext(active_form=stays))

    stack.bot.think = think


async def shown(stack: Stack) -> str:
    """q1 was offered and the channel took the message."""
    offering(stack)
    conversation = stack.conversation(LI)
    await stack.stores.quotes.issue(conversation, "q1", BODY, 300)
    stack.worker()
    await stack.say(LI, "买")
    await stack.at_rest()
    assert await stack.stores.quotes.was_shown(conversation, "q1", "")
    return conversation


async def state(stack: Stack, quote: str = "q1") -> tuple[str, str]:
    found = await stack.stores.quotes.get(stack.conversation(LI), quote)
    assert found is not None
    return found["state"], found["reason"]


async def test_a_quote_is_shown_once_the_channel_took_the_message(stack: Stack) -> None:
    conversation = await shown(stack)
    assert await state(stack) == ("shown", "")
    assert await stack.stores.quotes.get(conversation, "q1") == {**BODY, "state": "shown", "reason": ""}


async def test_what_nobody_saw_cannot_be_confirmed(stack: Stack) -> None:
    conversation = stack.conversation(LI)
    await stack.stores.quotes.issue(conversation, "q1", BODY, 300)
    assert not await stack.stores.quotes.consume(conversation, "q1", "web:yes")
    assert not await stack.stores.quotes.was_shown(conversation, "q1", "")


async def test_what_was_said_before_it_was_shown_is_no_yes(stack: Stack) -> None:
    """Both lie there before the bot answers: 买, and a 确认 that was typed without a look at the offer."""
    offering(stack)
    think, places = stack.bot.think, []

    def noted(item: Any, conversation: Any, turn: Any) -> TurnResult:
        places.append(turn.place)
        return think(item, conversation, turn)

    stack.bot.think = noted
    conversation = stack.conversation(LI)
    await stack.stores.quotes.issue(conversation, "q1", BODY, 300)
    await stack.say(LI, "买")
    await stack.say(LI, "确认")
    stack.worker()
    await stack.at_rest()
    await stack.say(LI, "确认")
    await stack.at_rest()
    bought, early, later = places
    assert [await stack.stores.quotes.was_shown(conversation, "q1", place) for place in (bought, early, later)] == [
        False,
        False,
        True,
    ]


async def test_a_yes_may_overtake_the_note_that_the_channel_took_it(stack: Stack) -> None:
    """A gateway of SMS answers when the phone has the message already."""
    offering(stack)
    conversation = stack.conversation(LI)
    await stack.stores.quotes.issue(conversation, "q1", BODY, 300)
    send, places = stack.web.send, []

    async def slowly(message: OutboundMessage, skip_parts: frozenset[int] = frozenset()) -> list[PartResult]:
        results = await send(message, skip_parts)
        if message.reply.quote_id:
            await stack.say(LI, "确认")
            places.append(await stack.exchange.place(conversation))
            await asyncio.sleep(0.2)
        return results

    stack.web.send = slowly  # type: ignore[method-assign]
    stack.worker()
    await stack.say(LI, "买")
    await stack.at_rest()
    assert [await stack.stores.quotes.was_shown(conversation, "q1", place) for place in places] == [True]


async def test_two_messages_that_confirm_at_once_consume_once(stack: Stack) -> None:
    conversation = await shown(stack)
    yes = [stack.stores.quotes.consume(conversation, "q1", f"web:yes{n}") for n in range(10)]
    assert sum(await asyncio.gather(*yes)) == 1


async def test_the_same_message_may_consume_again(stack: Stack) -> None:
    conversation = await shown(stack)
    assert await stack.stores.quotes.consume(conversation, "q1", "web:yes")
    assert await stack.stores.quotes.consume(conversation, "q1", "web:yes")
    assert not await stack.stores.quotes.consume(conversation, "q1", "web:other")


async def test_another_conversation_cannot_consume_it(stack: Stack) -> None:
    await shown(stack)
    thief = stack.conversation(Address("web", "thief"))
    assert not await stack.stores.quotes.consume(thief, "q1", "web:yes")
    assert await stack.stores.quotes.get(thief, "q1") is None


async def test_a_yes_is_no_yes_of_who_has_the_number_now(stack: Stack) -> None:
    """Its turn died after the yes, the number went to somebody else, and the same message is asked again."""
    from switchboard.model import Binding

    conversation = stack.conversation(LI)
    bindings = stack.stores.conversations
    await bindings.bind(conversation, Binding("+861", "s1", stack.clock(), "code"), "zj", LI)
    offering(stack)
    await stack.stores.quotes.issue(conversation, "q1", {**BODY, "subscriber_id": "s1"}, 300)
    stack.worker()
    await stack.say(LI, "买")
    await stack.at_rest()
    assert await stack.stores.quotes.consume(conversation, "q1", "web:yes")
    await bindings.bind(conversation, Binding("+861", "s2", stack.clock(), "code"), "zj")
    assert not await stack.stores.quotes.consume(conversation, "q1", "web:yes")


async def test_an_expired_quote_is_void(stack: Stack) -> None:
    conversation = await shown(stack)
    stack.clock.forward(seconds=301)
    assert await state(stack) == ("void", "expired")
    assert not await stack.stores.quotes.consume(conversation, "q1", "web:yes")


async def test_a_new_quote_voids_the_one_before(stack: Stack) -> None:
    conversation = await shown(stack)
    await stack.stores.quotes.issue(conversation, "q2", BODY, 300)
    assert await state(stack) == ("void", "replaced")


async def test_another_topic_voids_the_open_quote(stack: Stack) -> None:
    await shown(stack)
    await stack.say(LI, "查话费")
    await stack.at_rest()
    assert await state(stack) == ("void", "topic")


async def test_a_turn_in_the_same_form_leaves_it_open(stack: Stack) -> None:
    await shown(stack)
    await stack.say(LI, "确认")
    await stack.at_rest()
    assert await state(stack) == ("shown", "")


async def test_a_new_session_voids_it_before_the_turn(stack: Stack) -> None:
    conversation = stack.conversation(LI)
    offering(stack)
    await stack.stores.quotes.issue(conversation, "q1", BODY, 7200)
    stack.worker()
    await stack.say(LI, "买")
    await stack.at_rest()
    assert await stack.stores.quotes.was_shown(conversation, "q1", "")
    stack.clock.forward(minutes=61)
    await stack.say(LI, "确认")
    await stack.at_rest()
    assert await state(stack) == ("void", "session")


async def test_asking_for_a_human_voids_it(stack: Stack) -> None:
    await stack.handoffs.present("lin", "小林", [])
    await shown(stack)
    await stack.say(LI, "人工")
    await stack.at_rest()
    assert await state(stack) == ("void", "handoff")


async def test_an_agent_who_takes_over_voids_it(stack: Stack) -> None:
    conversation = await shown(stack)
    await stack.at_rest()
    await stack.handoffs.take(conversation, "lin")
    assert await state(stack) == ("void", "taken_over")


async def test_a_message_that_could_not_be_sent_voids_it(stack: Stack) -> None:
    offering(stack)
    stack.web.fail = lambda message: AddressGone("unsubscribed") if message.reply.quote_id else None
    await stack.stores.quotes.issue(stack.conversation(LI), "q1", BODY, 300)
    stack.worker()
    await stack.say(LI, "买")
    await stack.at_rest()
    assert await state(stack) == ("void", "send_failed")
    assert "AddressGone" in str((await stack.logged("failed"))[0]["reason"])


async def test_a_send_that_can_be_retried_shows_it_in_the_end(stack: Stack) -> None:
    failures = iter([ChannelUnreachable("away"), None])

    def fail(message: OutboundMessage) -> ChannelUnreachable | None:
        return next(failures, None) if message.reply.quote_id else None

    stack.web.fail = fail
    await shown(stack)


async def test_another_subscriber_voids_it(stack: Stack) -> None:
    from switchboard.model import Binding

    conversation = await shown(stack)
    await stack.at_rest()
    await stack.stores.conversations.bind(conversation, Binding("+861", "s1", stack.clock(), "code"), "zj")
    assert await state(stack) == ("shown", "")
    known = await stack.stores.conversations.bind(conversation, Binding("+861", "s2", stack.clock(), "code"), "zj")
    assert await state(stack) == ("void", "rebound")
    assert known.generation == 1
    assert await stack.stores.trackers.load(conversation) == (None, [], 0)


async def test_a_list_is_picked_from_by_number_width_label_or_tap(stack: Stack) -> None:
    choices = (Choice("查账单", 1, "ab.1", "query_bill", {"month": "2026-10"}), Choice("充值", 2, "ab.2", "recharge"))

    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        if item.text == "菜单":
            return TurnResult(replies=(Reply("请选择", choices=choices),))
        return TurnResult(replies=(Reply(f"{turn.intent} {dict(turn.entities)}"),))

    stack.bot.think = think
    stack.worker()
    for text, token in (("菜单", None), ("1", None), ("２。", None), ("充值", None), ("查账单", "ab.1"), ("3", None)):
        await stack.say(LI, text, token=token)
    await stack.until(lambda: len(stack.web.sent) == 7)
    bill = "query_bill {'month': '2026-10'}"
    assert stack.web.texts()[2:] == [bill, "recharge {}", "recharge {}", bill, " {}"]


async def test_a_tap_on_an_older_list_does_nothing_but_say_so(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "确认", token="old.1")
    await stack.until(lambda: len(stack.web.sent) == 2)
    assert "已经过期" in stack.web.texts()[1]
    assert stack.bot.ran == []


async def test_while_a_form_awaits_a_number_a_number_is_that_number(stack: Stack) -> None:
    def think(item: Any, conversation: Any, turn: Any) -> TurnResult:
        choices = (Choice("查账单", 1, "ab.1", "query_bill"),)
        return TurnResult(
            replies=(Reply(f"[{turn.intent}]", choices=choices),),
            context=TurnContext(active_form="recharge_form", awaits="number"),
        )

    stack.bot.think = think
    stack.worker()
    await stack.say(LI, "充值")
    await stack.say(LI, "1")
    await stack.until(lambda: len(stack.web.sent) == 3)
    assert stack.web.texts()[1:] == ["[]", "[]"]
