from __future__ import annotations

from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.session import ActionSessionStart


def tracker(slots: dict[str, Any], form: str = "") -> Tracker:
    return Tracker("web:1", slots, {}, [], False, None, {"name": form} if form else {}, "action_listen")


async def run(slots: dict[str, Any], form: str = "") -> tuple[list[dict[str, Any]], list[str]]:
    dispatcher = CollectingDispatcher()
    events = await ActionSessionStart().run(dispatcher, tracker(slots, form), {})
    return events, [m["response"] for m in dispatcher.messages]


async def test_only_the_last_wish_is_carried_over() -> None:
    wish = {"intent": "query_balance", "entities": {}}
    slots = {"wish": wish, "quote": "q1", "secret_number": "+8613800000000", "misses": 2}
    events, said = await run(slots)
    assert [e["event"] for e in events] == ["session_started", "slot", "action"]
    assert (events[1]["name"], events[1]["value"]) == ("wish", wish)
    assert said == []


async def test_a_form_that_was_cut_is_offered_again() -> None:
    _, said = await run({"wish": {"intent": "order_data_pack", "entities": {}}}, "order_data_pack_form")
    assert said == ["utter_form_cut"]


async def test_a_login_that_was_cut_is_not() -> None:
    _, said = await run({}, "login_form")
    assert said == []
