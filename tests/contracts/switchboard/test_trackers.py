"""A tracker is appended to, loaded from its end, and kept as long as it may be needed."""

from __future__ import annotations

import pytest

from switchboard.errors import TurnConflict
from switchboard.model import Address
from switchboard.redis.leases import Leases
from tests.contracts.switchboard.stack import Stack

LI, PHONE = Address("web", "li"), Address("sms", "+8613800000001")


async def lease(stack: Stack, conversation: str) -> str:
    (held,) = await Leases(stack.stores.scripts, "t").acquire([stack.stores.keys.partition(conversation)])
    return held.token


async def test_a_tracker_is_appended_to_and_loaded_from_its_end(stack: Stack) -> None:
    conversation, trackers = stack.conversation(LI), stack.stores.trackers
    token = await lease(stack, conversation)
    for n in range(3):
        events = [{"event": "user", "text": str(n)}, {"event": "bot"}]
        await trackers.append(conversation, f"m{n}", token, 2 * n, events, {"slots": n}, {"replies": [n]})
    snapshot, events, count = await trackers.load(conversation, turns=2)
    assert (snapshot, [e.get("text") for e in events], count) == ({"slots": 2}, ["1", None, "2", None], 6)
    assert await trackers.result(conversation, "m1") == {"replies": [1]}
    assert await trackers.result(conversation, "m9") is None
    assert await trackers.begin(conversation, "m1", 2) == ({"replies": [1]}, (snapshot, [], count))
    assert await trackers.begin(conversation, "m9", 2) == (None, (snapshot, events, count))


@pytest.mark.parametrize(("message", "loaded", "own"), [("m2", 0, True), ("m1", 2, True), ("m2", 2, False)])
async def test_a_turn_that_was_overtaken_stores_nothing(stack: Stack, message: str, loaded: int, own: bool) -> None:
    conversation, trackers = stack.conversation(LI), stack.stores.trackers
    token = await lease(stack, conversation)
    await trackers.append(conversation, "m1", token, 0, [{"event": "user"}, {"event": "bot"}], None, {})
    with pytest.raises(TurnConflict):
        await trackers.append(conversation, message, token if own else "old", loaded, [{}], None, {"late": True})
    assert (await trackers.load(conversation))[2] == 2


async def test_a_result_is_kept_until_the_commit_and_48_hours_more(stack: Stack) -> None:
    conversation = stack.conversation(LI)
    await stack.stores.trackers.append(conversation, "web:1", await lease(stack, conversation), 0, [{}], None, {})
    key = stack.stores.keys.of(conversation, "turn", conversation, "web:1")
    assert 6 * 86_400 < await stack.stores.redis.ttl(key) <= 7 * 86_400
    stack.worker("t")
    await stack.say(LI, "你好", id="web:1")
    await stack.at_rest()
    assert 47 * 3600 < await stack.stores.redis.ttl(key) <= 48 * 3600
