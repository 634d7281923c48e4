"""What nobody is bound to does not stay for ever."""

from __future__ import annotations

import pytest

from switchboard.model import Address, Binding
from tests.contracts.switchboard.stack import Stack

LI, CALLER, PHONE = Address("web", "li"), Address("web", "rest:li"), Address("sms", "+8613800000001")
HOUR = 3600
STAYS = -1


async def left_s(stack: Stack, address: Address) -> list[int]:
    """How long conversation, events and snapshot stay, in seconds."""
    conversation = stack.conversation(address)
    of = stack.stores.keys.of
    names = [of(conversation, kind, conversation) for kind in ("conv", "events", "snapshot")]
    return [await stack.stores.redis.ttl(name) for name in names]


@pytest.mark.parametrize(("address", "hours"), [(LI, 31 * 24), (CALLER, 48)])
async def test_an_unbound_web_conversation_expires_after_its_last_message(
    stack: Stack, address: Address, hours: int
) -> None:
    stack.worker()
    await stack.say(address, "你好")
    await stack.at_rest()
    for left in await left_s(stack, address):
        assert (hours - 1) * HOUR < left <= hours * HOUR


async def test_a_bound_conversation_stays(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    binding = Binding("+8613800000001", "s1", stack.clock(), "code")
    await stack.stores.conversations.bind(stack.conversation(LI), binding, "zj")
    assert await left_s(stack, LI) == [STAYS] * 3
    await stack.say(LI, "你好")
    await stack.at_rest()
    assert await left_s(stack, LI) == [STAYS] * 3


async def test_a_conversation_with_humans_stays(stack: Stack) -> None:
    stack.worker()
    await stack.handoffs.present("lin", "小林", [])
    await stack.say(LI, "你好")
    await stack.at_rest()
    await stack.handoffs.take(stack.conversation(LI), "lin")
    assert await left_s(stack, LI) == [STAYS] * 3
    await stack.say(LI, "在吗")
    await stack.at_rest()
    assert await left_s(stack, LI) == [STAYS] * 3


async def test_the_addresses_of_a_carrier_stay(stack: Stack) -> None:
    stack.worker()
    await stack.say(PHONE, "你好")
    await stack.at_rest()
    assert await left_s(stack, PHONE) == [STAYS] * 3


async def test_a_stored_turn_expires_even_if_no_commit_follows(stack: Stack) -> None:
    conversation = stack.conversation(LI)
    of = stack.stores.keys.of
    await stack.stores.redis.set(of(conversation, "lease"), "mine")
    await stack.stores.trackers.append(conversation, "web:1", "mine", 0, [{"event": "user"}], None, {})
    left = await stack.stores.redis.ttl(of(conversation, "turn", conversation, "web:1"))
    assert 6 * 24 * HOUR < left <= 7 * 24 * HOUR
