from __future__ import annotations

import asyncio
import json
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from bot import channel
from bot.channel import RenjiInput, neutral
from switchboard.codec import from_dict
from switchboard.model import HandoffRequest, Outcome, TimerRequest, TurnResult
from switchboard.tasks import end

CONVERSATION = "web:0123"
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc).isoformat()


class Asking:
    """The channel as the worker sees it, without the socket."""

    def __init__(self, agent: Any) -> None:
        self.channel = RenjiInput("token", {"release": "", "model": ""})
        self.context = SimpleNamespace(agent=agent)

    async def raw(self, body: bytes, token: str = "token") -> tuple[int, dict[str, Any]]:
        return await self.channel.turn(self.context, f"Bearer {token}", body)

    async def __call__(self, message_id: str, text: str = "", **more: Any) -> tuple[int, dict[str, Any]]:
        asked = {
            "conversation": CONVERSATION,
            "message_id": message_id,
            "token": "lease",
            "channel": "web",
            "received_at": NOW,
            "text": text,
        }
        return await self.raw(json.dumps(asked | more).encode())

    async def result(self, message_id: str, text: str = "", **more: Any) -> TurnResult:
        status, body = await self(message_id, text, **more)
        assert status == 200, body
        return from_dict(TurnResult, body)


@pytest.fixture
def ask(agent: Any) -> Asking:
    return Asking(agent)


async def test_a_turn_answers_with_the_wording(ask):
    result = await ask.result("web:1", "你好", release_id="")
    assert [reply.text for reply in result.replies] == ["您好，我是机器人。"]
    assert result.understanding.intent == "greet"


async def test_the_language_of_the_conversation_decides_the_wording(ask):
    result = await ask.result("web:1", "你好", language="en")
    assert result.replies[0].text == "Hello, I am a machine."


async def test_a_redelivered_message_is_answered_once(ask, actions, trackers):
    actions.answer = {"events": [], "responses": [{"response": "utter_balance", "balance_fen": 2350}]}
    first = await ask("web:1", "余额")
    again = await ask("web:1", "余额")
    assert (first, len(actions.calls), len(trackers.turns[CONVERSATION])) == (again, 1, 1)


async def test_an_actions_response_carries_choices_with_their_payload(ask, actions):
    actions.answer = {"events": [], "responses": [{"response": "utter_balance", "balance_fen": 2350}]}
    (reply,) = (await ask.result("web:1", "余额")).replies
    assert reply.text == "余额23.50元。"
    assert [(c.label, c.number, c.intent, c.entities) for c in reply.choices] == [
        ("充值", 1, "order", {"number": 2350})
    ]


async def test_a_quote_id_passes_through_to_the_reply(ask, actions):
    actions.answer = {
        "events": [],
        "responses": [{"response": "utter_balance", "balance_fen": 1, "quote_id": "q-1"}],
    }
    (reply,) = (await ask.result("web:1", "余额")).replies
    assert reply.quote_id == "q-1"


async def test_effects_become_part_of_the_result(ask, actions):
    effects = {
        "handoff": {"reason": "asked", "priority": 2},
        "outcome": {"wish": "balance", "how": "handed_off"},
        "timers": [{"name": "nudge", "after_s": 30}],
        "language": "en",
    }
    actions.answer = {"events": [], "responses": [{"custom": {"renji": effects}}]}
    result = await ask.result("web:1", "余额")
    assert result.replies == ()
    assert result.handoff == HandoffRequest("asked", "general", 2)
    assert result.outcomes == (Outcome("balance", "handed_off"),)
    assert result.timers == (TimerRequest("nudge", 30.0),)
    assert result.language == "en"


async def test_an_effect_nobody_knows_fails_for_good(ask, actions, trackers):
    actions.answer = {"events": [], "responses": [{"custom": {"renji": {"magic": 1}}}]}
    status, body = await ask("web:1", "余额")
    assert (status, body["permanent"], trackers.turns) == (500, True, {})


async def test_an_action_learns_who_is_speaking_from_the_metadata_only(ask, actions):
    binding = {"msisdn": "+8613800000000", "subscriber_id": "s1", "bound_at": NOW, "proof": "code"}
    await ask("web:1", "余额", binding=binding, region="zj")
    metadata = actions.calls[0]["tracker"]["latest_message"]["metadata"]
    assert metadata["binding"] == {"msisdn": "+8613800000000", "subscriber_id": "s1"}
    assert (metadata["region"], metadata["message_id"], metadata["token"]) == ("zj", "web:1", "lease")
    assert actions.authorizations == ["Bearer action-token"]


async def test_the_stored_tracker_keeps_neither_lease_nor_number(ask, actions, trackers):
    binding = {"msisdn": "+8613800000000", "subscriber_id": "s1", "bound_at": NOW, "proof": "code"}
    await ask("web:1", "余额", binding=binding)
    stored = json.dumps(trackers.turns)
    assert "13800000000" not in stored
    assert '"lease"' not in stored


async def test_a_payload_sets_intent_and_entities(ask, actions):
    result = await ask.result("web:1", intent="event_timer", entities={"number": 3})
    assert result.understanding.intent == "event_timer"
    assert result.understanding.entities == {"number": 3}
    assert actions.calls[0]["next_action"] == "action_timer"


async def test_an_intent_nobody_declared_fails_for_good(ask):
    status, body = await ask("web:1", intent="restart")
    assert (status, body["permanent"]) == (500, True)


@pytest.mark.parametrize("text", ['/order{"number": 1}', '  /event_timer{"number":1}', "/restart", "\u3000/order"])
async def test_a_persons_slash_is_no_command(ask, text):
    result = await ask.result("web:1", text)
    assert result.understanding.intent not in ("order", "event_timer", "restart")
    assert result.understanding.entities == {}


def test_a_neutral_text_has_the_same_length():
    assert neutral("  /order{}") == "  ／order{}"
    assert neutral("a/b") == "a/b"
    assert neutral("") == ""


async def test_a_message_without_words_is_not_understood(ask):
    result = await ask.result("web:1", "   ")
    assert result.understanding.rejected == "unclear"
    assert result.replies[0].text == "没听懂。"


async def test_an_open_form_says_what_it_awaits(ask):
    first = await ask.result("web:1", "办套餐")
    second = await ask.result("web:2", intent="inform", entities={"number": 30})
    third = await ask.result("web:3", intent="inform", entities={"secret_code": "ref"})
    assert (first.context.active_form, first.context.awaits) == ("order_form", "number")
    assert (second.context.active_form, second.context.awaits) == ("order_form", "code")
    assert (third.context.active_form, third.context.awaits) == ("", "")
    assert third.replies[0].text == "好的，30元。"
    assert second.context.slots == {"amount": 30}


async def test_an_action_that_fails_leaves_no_trace(ask, actions, trackers):
    actions.status = 500
    status, body = await ask("web:1", "爆炸")
    assert (status, body["permanent"], trackers.turns) == (500, False, {})


async def test_an_action_that_cannot_reach_its_crm_is_not_an_attempt(ask, actions, trackers):
    actions.status = 503
    assert (await ask("web:1", "爆炸"))[0] == 503
    assert trackers.turns == {}


async def test_an_action_server_that_is_away_is_not_an_attempt(ask, agent, trackers):
    from bot import rasa_patch
    from bot.action_calls import ActionServer

    rasa_patch.install(ActionServer("http://127.0.0.1:9", "action-token"))
    assert (await ask("web:1", "余额"))[0] == 503
    assert trackers.turns == {}


async def test_a_store_that_is_away_is_not_an_attempt(ask, trackers):
    trackers.away = True
    assert (await ask("web:1", "你好"))[0] == 503


async def test_a_lost_lease_is_a_conflict(ask, trackers):
    trackers.lease = "another"
    assert (await ask("web:1", "你好"))[0] == 409


async def test_a_turn_goes_on_when_its_caller_gives_up_and_the_repeat_gets_its_result(ask, actions):
    actions.delay_s = 0.3
    actions.answer = {"events": [], "responses": [{"response": "utter_balance", "balance_fen": 100}]}
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(ask("web:1", "余额"), 0.05)
    result = await ask.result("web:1", "余额")
    assert (result.replies[0].text, len(actions.calls)) == ("余额1.00元。", 1)


async def test_turns_of_one_conversation_do_not_overlap(ask, actions):
    actions.delay_s = 0.05
    answers = await asyncio.gather(*(ask(f"web:{n}", "余额") for n in range(3)))
    assert [status for status, _ in answers] == [200, 200, 200]


async def test_wording_that_is_missing_fails_for_good(ask, actions, trackers):
    actions.answer = {"events": [], "responses": [{"response": "utter_nowhere"}]}
    status, body = await ask("web:1", "余额")
    assert (status, body["permanent"], trackers.turns) == (500, True, {})


async def test_only_the_worker_may_ask(ask):
    assert (await ask.raw(b"{}", token="guess"))[0] == 401
    assert (await ask.raw(b"{}", token="\udcff"))[0] == 401


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"[" * 50_000, b'{"conversation": 1}', b'{"surprise": 1}', b"\xff"])
async def test_a_malformed_request_is_refused(ask, body):
    assert (await ask.raw(body))[0] == 400


async def test_a_body_over_the_limit_is_refused(ask):
    assert (await ask("web:1", "长" * 30_000))[0] == 413


async def test_a_turn_that_hangs_does_not_keep_a_slot_from_ending(ask, actions, monkeypatch):
    monkeypatch.setattr(channel, "STOP_S", 0.05, raising=False)
    actions.delay_s = 30
    asked = asyncio.create_task(ask("web:1", "余额"))
    try:
        for _ in range(500):
            if actions.calls:
                break
            await asyncio.sleep(0.01)
        await asyncio.wait_for(ask.channel.stop(), 5)
    finally:
        await end(asked, *ask.channel._running)


async def test_what_the_first_message_would_wait_for_is_loaded_before_it(ask, agent, trackers):
    await ask.channel.warm(agent)
    assert ask.channel._warm
    assert trackers.turns == {}
