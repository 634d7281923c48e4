from __future__ import annotations

import json
import time

import pytest

from bot.tracker_store import FORM_TURNS, TURNS
from tests.unit.bot.test_channel import CONVERSATION, Asking


@pytest.fixture
def ask(agent):
    return Asking(agent)


async def test_a_turn_is_one_append(ask, trackers):
    await ask("web:1", "你好")
    await ask("web:2", "你好")
    assert len(trackers.turns[CONVERSATION]) == 2
    assert len([e for e in trackers.turns[CONVERSATION][1] if e["event"] == "user"]) == 1


async def test_slots_set_before_the_window_are_still_known(ask, actions):
    actions.answer = {"events": [{"event": "slot", "name": "customer", "value": "gold"}], "responses": []}
    await ask("web:first", "余额")
    actions.answer = {"events": [], "responses": []}
    for n in range(TURNS + 5):
        await ask(f"web:{n}", "余额")
    assert actions.calls[-1]["tracker"]["slots"]["customer"] == "gold"


async def test_an_action_sees_the_last_turns_only(ask, actions):
    for n in range(TURNS + 5):
        await ask(f"web:{n}", "余额")
    users = [e for e in actions.calls[-1]["tracker"]["events"] if e["event"] == "user"]
    assert len(users) == TURNS + 1


async def test_the_window_starts_where_no_form_was_open(ask, trackers, agent):
    from bot.tracker_store import as_events, restored

    await ask("web:1", "办套餐")
    await ask("web:2", intent="inform", entities={"number": 30})
    await ask("web:3", intent="inform", entities={"secret_code": "r"})
    await ask("web:4", "你好")
    in_the_form = [event for turn in trackers.turns[CONVERSATION][1:] for event in turn]
    texts = [event.text for event in restored(None, list(as_events(in_the_form))) if event.type_name == "user"]
    assert texts == ["你好"]


async def test_a_form_longer_than_the_window_stays_open(ask, trackers):
    await ask("web:0", "办套餐")
    for n in range(FORM_TURNS + 3):
        result = await ask.result(f"web:a{n}", "你好")
        assert result.context.active_form == "order_form"
    last = await ask.result("web:z", intent="inform", entities={"number": 30})
    assert last.context.awaits == "code"


async def test_only_a_new_conversation_starts_a_session(ask, trackers):
    await ask("web:1", "你好")
    for n in range(TURNS + 2):
        await ask(f"web:a{n}", "你好")
    started = [e for turn in trackers.turns[CONVERSATION] for e in turn if e["event"] == "session_started"]
    assert len(started) == 1


async def test_a_pause_longer_than_a_session_starts_another(ask, trackers, monkeypatch):
    await ask("web:1", "办套餐")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 7200)
    result = await ask.result("web:2", "你好")
    assert result.context.active_form == ""
    assert result.replies[-1].text == "您好，我是机器人。"


async def test_what_is_stored_and_loaded_per_turn_stays_flat(ask, actions, trackers):
    sizes = []
    for n in range(3 * TURNS):
        await ask(f"web:{n}", "余额")
        sizes.append(len(json.dumps(actions.calls[-1])))
    assert sizes[-1] < sizes[TURNS + 1] * 1.05
    assert len(json.dumps(trackers.turns[CONVERSATION][-1])) < 2500


async def test_what_is_loaded_is_what_was(ask, trackers, agent):
    """Left out is only what the next turns do not read."""
    from bot.tracker_store import as_events, restored

    await ask("web:1", "余额")
    stored = trackers.turns[CONVERSATION][0]
    user = next(event for event in restored(None, list(as_events(stored))) if event.type_name == "user")
    assert (user.text, user.parse_data["text"], user.message_id) == ("余额", "余额", "web:1")
    kept = {"message_id": "web:1", "release_id": "", "channel": "web", "language": "zh"}
    assert user.parse_data["metadata"] == user.metadata == kept


async def test_without_a_turn_the_tracker_stays_in_this_process(agent, trackers):
    from rasa.core.channels.channel import UserMessage

    await agent.handle_message(UserMessage("办套餐", sender_id="shell"))
    tracker = await agent.tracker_store.retrieve("shell")
    assert tracker.active_loop.name == "order_form"
    assert trackers.turns == {}
