"""Single calls of a month: a code first, then the newest of them with masked numbers."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.form import OVER, Form
from bot.actions.own_only import names_other
from bot.actions.refusals import refuse
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.operations import call_detail
from crm.operations.call_detail import Detail
from crm.operations.results import Refusal
from crm.worktime import month_of

SHOWN = 8
SHOWN_BY_SMS = 3
MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")
WAIT = frozenset({"code_too_soon", "code_wrong", "code_expired", "code_none"})


class QueryCallDetail(Skill):
    wish = "query_call_detail"
    ends_form = True

    async def answer(self, turn: Turn) -> list[Event]:
        if names_other(turn):
            turn.say("detail_of_other")
            turn.outcome(self.wish, "refused")
            return clear_form()
        month = str(turn.entities.get("month") or "")
        month = month if MONTH.fullmatch(month) else month_of(turn.doors.now())
        return [*clear_form(), SlotSet("kind", month), FollowupAction("query_call_detail_form")]


class QueryCallDetailForm(Form):
    """`kind` is the month, which may be named anew; `means` says that the code was sent."""

    wish = "query_call_detail"
    slots = ("kind", "code")
    remembers: ClassVar[tuple[str, ...]] = ("means",)
    awaits: ClassVar[dict[str, str]] = {"code": "code"}

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if "secret_code" in turn.entities:
            return await self._try(turn, str(turn.entities["secret_code"]))
        if MONTH.fullmatch(month := str(turn.entities.get("month") or "")):
            return {"kind": month}
        if turn.intent in ("repeat", "login"):
            return {"means": None}
        if turn.intent == "deny":
            await self.leave(turn, "declined")
            turn.say("stopped")
            turn.outcome(self.wish, "abandoned")
            return OVER
        return None

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if known.get("means"):
            turn.say("code_ask")
            return []
        result = await call_detail.start(turn.doors, turn.who, str(known["kind"]))
        if isinstance(result, Refusal):
            if result.code == "code_too_soon":
                turn.say("refused_code_too_soon")
                return [SlotSet("means", "sent")]
            turn.events += await refuse(turn, self.wish, result)
            return None
        turn.say("code_sent", msisdn=result.msisdn, minutes=result.minutes)
        return [SlotSet("means", "sent")]

    async def leave(self, turn: Turn, why: str) -> None:
        await turn.doors.stepups.cancel(turn.who.conversation, self.wish)

    async def _try(self, turn: Turn, ref: str) -> dict[str, Any]:
        result = await call_detail.read(turn.doors, turn.who, str(turn.slot("kind")), ref)
        if not isinstance(result, Refusal):
            self._show(turn, result)
            return OVER
        if result.code in WAIT:
            turn.say(f"refused_{result.code}", **result.values)
            turn.asked = True
            return {}
        turn.events += await refuse(turn, self.wish, result)
        return OVER

    def _show(self, turn: Turn, detail: Detail) -> None:
        most = SHOWN_BY_SMS if turn.who.channel == "sms" else SHOWN
        turn.say(
            "call_detail",
            month=detail.month,
            count=len(detail.records),
            cut=detail.cut,
            minutes=detail.minutes,
            items=[
                {"at": r.at.isoformat(), "kind": r.kind, "peer": r.peer, "seconds": r.seconds, "fen": r.amount_fen}
                for r in detail.records[:most]
            ],
        )
        turn.outcome(self.wish, "answered")
