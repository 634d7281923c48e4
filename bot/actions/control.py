"""Menu, again, back, stop, start over, and yes or no when nothing was asked."""

from __future__ import annotations

import re

from bot.actions import still_asked
from bot.actions.registry import skill_of
from bot.actions.shown import recent_wish
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.operations import undo_plan_change

OF_A_PLAN = frozenset({"change_plan", "undo_plan_change", "query_my_plan", "query_monthly_fee", "query_pack_expiry"})
"""After these "不想改了 取消" is about the change of plan that waits."""
WANTS_NO_CHANGE = re.compile(r"取消|撤|不想?[改换換要]|\b(?:cancel|undo|changed my mind|keep my)\b", re.IGNORECASE)
_QUESTION = re.compile(r"[?？]\s*$|[吗嗎]|对不对|是不是|^(?:is|are|does|do|can|was)\b|\b(?:ok|okay)\s*$", re.IGNORECASE)
ABOUT = {"secret_card": "recharge", "offering": "consult_plans", "month": "query_bill", "msisdn": "login"}


class HelpMenu(Skill):
    wish = "help_menu"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("menu")
        turn.outcome(self.wish, "answered")
        return []


class StartOver(Skill):
    wish = "start_over"
    keeps = False
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("menu")
        return clear_form()


class GoBack(Skill):
    wish = "go_back"
    keeps = False
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("menu")
        return clear_form()


class Stop(Skill):
    wish = "stop"
    keeps = False
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        last = str((recent_wish(turn) or {}).get("intent"))
        if (
            last in OF_A_PLAN
            and WANTS_NO_CHANGE.search(turn.text)
            and await undo_plan_change.waiting(turn.doors, turn.who)
        ):
            return await skill_of("undo_plan_change").attempt(turn.as_wish("undo_plan_change", {}))
        turn.say("nothing_open")
        return clear_form()


class Affirm(Skill):
    """A yes to what is still open of a line is a wish; one that belongs to nothing never does anything."""

    wish = "affirm"
    keeps = False
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        if (events := await still_asked.begin(turn)) is not None:
            return events
        turn.say("nothing_to_confirm")
        return []


class Deny(Skill):
    wish = "deny"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("anything_else")
        return []


class Correct(Skill):
    wish = "correct"
    keeps = False
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("what_instead")
        return []


class Inform(Skill):
    """A bare fact that nobody asked for: what it can only be good for, if there is such a thing."""

    wish = "inform"
    keeps = False
    tells = True

    async def answer(self, turn: Turn) -> list[Event]:
        if "secret_code" in turn.entities:
            turn.say("no_code_awaited")
            return []
        if turn.entities.get("number") == 0:
            turn.say("menu")
            return []
        if _QUESTION.search(turn.text) and "msisdn" in turn.entities:
            # A question about a number is no wish to have a code sent to it.
            return await skill_of("query_own_number").handle(turn.as_wish("query_own_number", {}))
        for entity, intent in ABOUT.items():
            if entity in turn.entities:
                return await skill_of(intent).handle(turn.as_wish(intent, turn.entities))
        turn.say("what_about_it")
        return []
