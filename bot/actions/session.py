"""A new session: only what helps the person is carried over, and a form that was cut is offered again."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.actions.turn import Event

CARRIED = ("wish", "older")


class ActionSessionStart(Action):  # type: ignore[misc]
    def name(self) -> str:
        return "action_session_start"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[Event]:
        """An open form ends with its quote; the wish behind it stays, so that "again" starts it with a fresh one."""
        carried = [SlotSet(name, tracker.get_slot(name)) for name in CARRIED if tracker.get_slot(name) is not None]
        form = (tracker.active_loop or {}).get("name") or ""
        if form and form != "login_form":
            dispatcher.utter_message(response="utter_form_cut")
        return [SessionStarted(), *carried, ActionExecuted("action_listen")]
