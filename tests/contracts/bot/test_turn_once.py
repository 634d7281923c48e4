"""The channel and its tracker store on real Redis: a turn is run once, whatever happens before the commit."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.tracker_store import RenjiTrackerStore
from switchboard.redis.keys import Keys
from switchboard.redis.scripting import Scripts
from switchboard.redis.trackers import RedisTrackers
from tests.unit.bot.conftest import actions, agent, tiny_model, tiny_project, trackers  # noqa: F401
from tests.unit.bot.test_channel import CONVERSATION, Asking

pytestmark = pytest.mark.rasa
KEYS = Keys(256)


@pytest.fixture
async def ask(agent, redis):  # noqa: F811
    await redis.set(KEYS.of(CONVERSATION, "lease"), "lease")
    store = RenjiTrackerStore(agent.domain, RedisTrackers(Scripts(redis), KEYS))
    agent.tracker_store = agent.processor.tracker_store = store
    return Asking(agent)


async def test_a_message_that_was_answered_before_the_commit_gets_the_same_answer(ask, actions):  # noqa: F811
    actions.answer = {"events": [], "responses": [{"response": "utter_balance", "balance_fen": 2350}]}
    first, again = await ask("web:1", "余额"), await ask("web:1", "余额")
    assert (first, len(actions.calls)) == (again, 1)


async def test_a_worker_that_lost_its_lease_writes_nothing(ask, redis):
    await redis.set(KEYS.of(CONVERSATION, "lease"), "another")
    assert (await ask("web:1", "你好"))[0] == 409
    assert await redis.llen(KEYS.of(CONVERSATION, "events", CONVERSATION)) == 0


async def test_two_slots_on_one_message_write_one_turn(ask, actions, redis):  # noqa: F811
    actions.delay_s = 0.1
    other = Asking(ask.context.agent)
    answers = await asyncio.gather(ask("web:1", "余额"), other("web:1", "余额"))
    assert sorted(status for status, _ in answers) == [200, 409]
    assert await redis.llen(KEYS.of(CONVERSATION, "events", CONVERSATION)) == 1


async def test_the_memory_survives_the_process(ask, actions, redis):  # noqa: F811
    await ask("web:1", "办套餐")
    again = RenjiTrackerStore(ask.context.agent.domain, RedisTrackers(Scripts(redis), KEYS))
    ask.context.agent.tracker_store = ask.context.agent.processor.tracker_store = again
    second = await ask.result("web:2", intent="inform", entities={"number": 30})
    assert (second.context.active_form, second.context.awaits) == ("order_form", "code")


async def test_what_is_stored_for_a_conversation_is_bounded(ask, redis):
    sizes = []
    for n in range(70):
        await ask(f"web:{n}", "你好")
        stored = await redis.lrange(KEYS.of(CONVERSATION, "events", CONVERSATION), 0, -1)
        sizes.append(sum(map(len, stored)))
    assert sizes[69] < sizes[59] * 1.02
    assert len(json.loads(stored[-1])) < 12
