"""A new service password: the holder's ID number, the new one, and a code that goes to the number itself."""

from __future__ import annotations

from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.form import OVER, Form
from bot.actions.own_only import refuses_other
from bot.actions.papers import given, not_proven
from bot.actions.refusals import NO_MORE, still_waits
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.operations import reset_password
from crm.operations.results import Refusal

ERRAND = "real_name"
WAIT = frozenset({"code_wrong", "code_expired", "code_none"})


class ResetPassword(Skill):
    wish = "reset_password"
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        if refuses_other(turn, self.wish):
            return clear_form()
        return [*clear_form(), FollowupAction("reset_password_form")]


class ResetPasswordForm(Form):
    """`way` and `told` are the references of ID number and new password; `means`: the code was sent,
    or is to be sent again.
    """

    wish = "reset_password"
    slots = ("way", "told", "code")
    remembers: ClassVar[tuple[str, ...]] = ("means",)
    awaits: ClassVar[dict[str, str]] = {"way": "code", "told": "code", "code": "code"}

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if turn.intent == "deny":
            await self.leave(turn, "declined")
            return await self.given_up(turn)
        secret, number = given(turn)
        if step == "code" and turn.intent in ("repeat", "login"):
            return await self._unproven(turn) or {"means": "again" if turn.slot("means") else None}
        if step == "way" and number:
            return await self._prove(turn, number)
        if step == "told" and secret:
            return await self._choose(turn, secret)
        if step == "code" and secret:
            return await self._change(turn, secret)
        return {} if secret or number or turn.intent == self.wish else None

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step != "code":
            turn.say("ask_password_id" if step == "way" else "ask_new_password")
            return []
        if known.get("means") == "sent":
            turn.say("code_ask")
            return []
        result = await reset_password.send_code(turn.doors, turn.who, str(known["way"]))
        if not isinstance(result, Refusal):
            turn.say("code_sent", msisdn=result.msisdn, minutes=result.minutes)
            return [SlotSet("means", "sent")]
        if result.code in NO_MORE and known.get("means"):
            still_waits(turn, result)
            return [SlotSet("means", "sent")]
        if result.code == "code_too_soon":
            turn.say("refused_code_too_soon")
            return []
        await not_proven(turn, self.wish, result, ERRAND)
        return None

    async def leave(self, turn: Turn, why: str) -> None:
        await turn.doors.stepups.cancel(turn.who.conversation, self.wish)

    async def _back(self, turn: Turn, step: str) -> list[Event]:
        # The code that was sent is worth nothing any more.
        return [SlotSet("means", None), *await super()._back(turn, step)]

    async def _unproven(self, turn: Turn) -> dict[str, Any]:
        """Filled where the ID number is kept no more and has to be given again."""
        refusal = await reset_password.prove(turn.doors, turn.who, str(turn.slot("way")))
        if refusal is None:
            return {}
        return await not_proven(turn, self.wish, refusal, ERRAND) or {"way": None, "means": None}

    async def _prove(self, turn: Turn, number: str) -> dict[str, Any]:
        if refusal := await reset_password.prove(turn.doors, turn.who, number):
            return await not_proven(turn, self.wish, refusal, ERRAND)
        return {"way": number}

    async def _choose(self, turn: Turn, secret: str) -> dict[str, Any]:
        if refusal := await reset_password.weak(turn.doors, turn.who, secret, str(turn.slot("way"))):
            return await not_proven(turn, self.wish, refusal, ERRAND)
        return {"told": secret, **await self._unproven(turn)}

    async def _change(self, turn: Turn, secret: str) -> dict[str, Any]:
        chosen, number = str(turn.slot("told")), str(turn.slot("way"))
        refusal = await reset_password.change(turn.doors, turn.who, chosen, number, secret)
        if refusal is None:
            turn.say("password_set", msisdn=turn.who.bound.msisdn if turn.who.bound else "")
            turn.outcome(self.wish, "done")
            return OVER
        if refusal.code in WAIT:
            turn.say(f"refused_{refusal.code}", **refusal.values)
            turn.asked = True
            return {}
        again = await not_proven(turn, self.wish, refusal, ERRAND)
        # The new one is asked for again, and then a fresh code.
        return again or {"told": None, "means": None}
