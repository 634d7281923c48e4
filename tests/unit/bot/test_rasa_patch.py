"""One test a patch, each against the real classes of Rasa."""

from __future__ import annotations

from datetime import datetime, timezone

import jsonschema
import pytest
from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.core.tracker_store import FailSafeTrackerStore

from bot import rasa_patch
from bot.tracker_store import RenjiTrackerStore
from bot.turn import RunningTurn, TurnAborted, TurnRequest, current_turn
from switchboard.errors import NotReachable, TurnFailed


def test_another_version_of_rasa_is_refused():
    with pytest.raises(RuntimeError, match=r"3\.6\.21"):
        rasa_patch.install(version="3.6.22")


def test_agent_and_processor_use_the_store_itself(agent):
    assert isinstance(agent.tracker_store, RenjiTrackerStore)
    assert agent.processor.tracker_store is agent.tracker_store


def test_a_second_agent_gets_the_store_itself_too(tiny_model, agent, trackers):
    store = RenjiTrackerStore(None, trackers)
    again = Agent.load(tiny_model, tracker_store=store)
    assert (again.tracker_store, again.processor.tracker_store) == (store, store)
    assert store.domain.intents == agent.domain.intents


def test_a_reloaded_model_keeps_the_store(tiny_model, agent):
    agent.load_model(tiny_model)
    assert not isinstance(agent.processor.tracker_store, FailSafeTrackerStore)


@pytest.fixture
def turn():
    """A turn of the channel is running."""
    asked = TurnRequest("web:1", "web:m", "lease", "web", datetime.now(timezone.utc))
    running = RunningTurn(asked)
    token = current_turn.set(running)
    yield running
    current_turn.reset(token)


async def test_a_failing_store_is_an_error_and_no_empty_memory(agent, trackers, turn):
    trackers.away = True
    with pytest.raises(NotReachable):
        await agent.handle_message(UserMessage("你好", sender_id="web:1"))


async def test_in_the_shell_a_failing_action_is_logged_and_the_talk_goes_on(agent, actions):
    actions.status = 500
    await agent.handle_message(UserMessage("爆炸", sender_id="shell"))
    actions.status = 200
    await agent.handle_message(UserMessage("你好", sender_id="shell"))
    assert (await agent.tracker_store.retrieve("shell")).latest_bot_utterance.text == "您好，我是机器人。"


async def test_a_failing_action_ends_the_turn_before_the_save(agent, actions, trackers, turn):
    actions.status = 500
    with pytest.raises(TurnAborted) as aborted:
        await agent.handle_message(UserMessage("爆炸", sender_id="web:1"))
    assert isinstance(aborted.value.cause, TurnFailed)
    assert trackers.turns == {}


async def test_all_actions_of_a_turn_share_one_time(agent, actions, turn):
    actions.delay_s, turn.actions_left_s = 0.2, 60.0
    await agent.handle_message(UserMessage("余额", sender_id="web:1"))
    assert turn.actions_left_s < 59.8
    turn.actions_left_s = 0.1
    with pytest.raises(TurnAborted) as aborted:
        await agent.handle_message(UserMessage("余额", sender_id="web:2"))
    assert isinstance(aborted.value.cause, TurnFailed)
    assert str(aborted.value.cause) == "the actions of the turn took too long"


async def test_a_failing_wording_ends_the_turn_before_the_save(agent, actions, turn):
    actions.answer = {"events": [], "responses": [{"response": "utter_balance"}]}
    with pytest.raises(TurnAborted) as aborted:
        await agent.handle_message(UserMessage("余额", sender_id="web:1"))
    assert isinstance(aborted.value.cause, TurnFailed)
    assert aborted.value.cause.permanent


async def test_an_answer_of_the_wrong_form_ends_the_turn(agent, actions, turn):
    actions.answer = {"events": "none", "responses": []}
    with pytest.raises(TurnAborted):
        await agent.handle_message(UserMessage("余额", sender_id="web:1"))


async def test_a_rejected_form_is_no_failure(agent, actions):
    """Rasa says by this error that a form does not take the message and another rule should."""
    await agent.handle_message(UserMessage("办套餐", sender_id="web:1"))
    await agent.handle_message(UserMessage("你好", sender_id="web:1"))
    tracker = await agent.tracker_store.retrieve("web:1")
    assert [e.type_name for e in tracker.events if "rejected" in e.type_name] == ["action_execution_rejected"]


def test_the_schema_of_action_answers_is_compiled_once(agent, monkeypatch):
    action = RemoteAction("action_balance", None)
    action._validate_action_result({"events": [], "responses": []})

    def compiled_again(*_: object) -> None:
        pytest.fail("the schema was compiled again")

    monkeypatch.setattr(RemoteAction, "action_response_format_spec", compiled_again)
    assert action._validate_action_result({"events": [{"event": "slot", "name": "a", "value": 1}], "responses": []})
    with pytest.raises(jsonschema.ValidationError):
        action._validate_action_result({"events": [{"event": "slot"}], "responses": "no"})


def test_the_class_of_an_event_is_looked_up_once(agent, monkeypatch):
    import rasa.shared.utils.common
    from rasa.shared.core.events import SlotSet, deserialise_events

    stored = [{"event": "slot", "name": "amount", "value": 1}]
    assert deserialise_events(stored) == [SlotSet("amount", 1)]
    monkeypatch.setattr(rasa.shared.utils.common, "all_subclasses", lambda _: pytest.fail("looked up again"))
    assert deserialise_events(stored) == [SlotSet("amount", 1)]
