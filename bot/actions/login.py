"""Bind this Address to a number by a one-time code; then the wish that needed it goes on."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.context import points_back
from bot.actions.form import OVER, Form
from bot.actions.from_to import says
from bot.actions.refusals import NO_MORE, refuse, still_waits
from bot.actions.registry import registered
from bot.actions.several import kept
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.operations import login
from crm.operations.context import Bound
from crm.operations.results import Refusal

AGAIN = frozenset({"bad_number", "unknown_number", "code_wrong", "code_expired", "code_none", "code_too_soon"})

SORRY = frozenset({"appeal", "broadband_fault", "complain", "paid_but_cut_off", "report_fault", "report_no_codes"})
"""Who comes with one of these has had trouble already."""


LEAVE = "leave"
_LEAVES = re.compile(
    r"退出|登出|注销登录|註銷登錄|解绑|解綁|解除绑定|取消绑定"
    r"|\b(?:log|sign)(?:ging|ing)? ?(?:me )?out\b|\blogout\b|\bunbind\b",
    re.IGNORECASE,
)


class Login(Skill):
    wish = "login"
    ends_form = True

    def option(self, text: str) -> str:
        return LEAVE if says(_LEAVES, text) else ""

    async def attempt(self, turn: Turn) -> list[Event]:
        events = await super().attempt(turn)
        # What was asked for before is the business of whoever logged in then.
        return [*events, SlotSet("wish", None)] if turn.entities.get("option") == LEAVE else events

    async def answer(self, turn: Turn) -> list[Event]:
        bound = turn.who.bound
        if turn.who.channel == "sms":
            turn.say("login_by_link" if bound else "refused_unknown_number")
            return clear_form()
        if turn.entities.get("option") == LEAVE:
            await login.log_out(turn.doors, turn.who)
            turn.say("logged_out")
            turn.outcome(self.wish, "done")
            return clear_form()
        if bound and turn.entities.get("option") != "other":
            turn.say("login_bound", msisdn=bound.msisdn)
            turn.outcome(self.wish, "answered")
            return clear_form()
        filled = await send_code(turn) if "msisdn" in turn.entities else {}
        events = [SlotSet(name, value) for name, value in filled.items()]
        return [*clear_form(), *events, FollowupAction("login_form")]


class LoginForm(Form):
    """`secret_number` is where the code went; what is bound in the end is what the code was bound to."""

    wish = "login"
    slots = ("secret_number", "secret_login")
    awaits: ClassVar[dict[str, str]] = {"secret_number": "number", "secret_login": "code"}

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if "msisdn" in turn.entities:
            return await send_code(turn)
        if turn.intent == "deny":
            turn.say("stopped")
            return OVER
        if step == "secret_number":
            return {} if turn.intent == "login" else None
        if turn.intent == "correct":
            return {"secret_number": None, "secret_login": None}
        # "I got no code" reads as trouble with the login.
        if turn.intent in ("repeat", "login"):
            return await send_code(turn, turn.slot("secret_number"))
        if "secret_code" in turn.entities:
            return await self._try(turn, str(turn.entities["secret_code"]))
        return None

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step == "secret_login":
            # The words that sent the code ask for it.
            if not _just_sent(turn):
                turn.say("login_ask_code")
            return []
        waiting = _waiting(turn)
        turn.say("login_ask_number", waiting=waiting, sorry=bool(SORRY.intersection(waiting)))
        return []

    def passes(self, turn: Turn) -> bool:
        return turn.waits_for_number and (points_back(turn) or super().passes(turn))

    async def finish(self, turn: Turn, known: dict[str, Any]) -> list[Event]:
        return [SlotSet("bound_in", turn.who.message_id), FollowupAction("action_resume")]

    async def _try(self, turn: Turn, ref: str) -> dict[str, Any]:
        result = await login.finish(turn.doors, turn.who, turn.slot("secret_number"), ref)
        if isinstance(result, Bound):
            turn.say("login_done", msisdn=result.msisdn)
            turn.outcome(self.wish, "done")
            return {"secret_login": "ok"}
        return await _refused(turn, result)


def _just_sent(turn: Turn) -> bool:
    """Whether the code went out in this very turn, before the form was opened."""
    for event in reversed(turn.tracker.events):
        if event["event"] == "user":
            return False
        if event["event"] == "slot" and event["name"] == "secret_number" and event["value"]:
            return True
    return False


def _waiting(turn: Turn) -> list[str]:
    """The wishes that go on after the login, of those that have a name."""
    wish = kept(turn, put_off=True) or {}
    return [name for name in wish.get("parts") or [wish.get("intent")] if name in registered().offered]


async def send_code(turn: Turn, number: str | None = None) -> dict[str, Any]:
    """Slots after the try to send a code to the number that was typed."""
    msisdn = number or str(turn.entities["msisdn"])
    result = await login.start(turn.doors, turn.who, msisdn)
    if isinstance(result, Refusal):
        return await _refused(turn, result)
    turn.say("login_code_sent", msisdn=msisdn, minutes=result.minutes)
    turn.asked = True
    return {"secret_number": msisdn}


async def _refused(turn: Turn, refusal: Refusal) -> dict[str, Any]:
    if refusal.code in NO_MORE and turn.slot("secret_number"):
        return still_waits(turn, refusal)
    turn.events += await refuse(turn, "login", refusal)
    return {} if refusal.code in AGAIN else OVER
