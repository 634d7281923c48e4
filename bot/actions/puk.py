"""What unlocks a SIM: shown once, after service password and ID number, and kept in no record of the talk."""

from __future__ import annotations

from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction

from bot.actions.form import OVER, Form
from bot.actions.own_only import refuses_other
from bot.actions.papers import given, not_proven
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.operations import read_puk
from crm.operations.results import Refusal


class QueryPuk(Skill):
    wish = "query_puk"
    operation = "read_puk"
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        if refuses_other(turn, self.wish):
            return clear_form()
        return [*clear_form(), FollowupAction("query_puk_form")]


class QueryPukForm(Form):
    """`told` and `way` are the references of password and ID number: one message may hold both."""

    wish = "query_puk"
    slots = ("told", "way")
    awaits: ClassVar[dict[str, str]] = {"told": "code", "way": "code"}
    otherwise: ClassVar[frozenset[str]] = frozenset(slots)

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if turn.intent == "deny":
            return await self.given_up(turn)
        password, number = given(turn)
        if not (password or number):
            return {} if turn.intent == self.wish else None
        password, number = password or turn.slot("told") or "", number or turn.slot("way") or ""
        if not (password and number):
            return {"told": password or None, "way": number or None}
        result = await read_puk.read(turn.doors, turn.who, password, number)
        if isinstance(result, Refusal):
            return {**await not_proven(turn, self.wish, result, "sim"), "told": None, "way": None}
        turn.say("puk", puk=result)
        turn.outcome(self.wish, "answered")
        return OVER

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step == "way":
            turn.say("ask_puk_id")
        else:
            turn.say("ask_puk_password" if known.get("way") else "ask_puk_papers")
        return []
