"""Broadband at home: the account with its state, and a fault that is reported only where a fault can be."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.fault import ReportFault
from bot.actions.incidents import OTHER_FAULT, explained
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.model import Broadband
from crm.operations import reads
from crm.worktime import CHINA

SOON_DAYS = 30


class QueryBroadband(Skill):
    wish = "query_broadband"

    async def answer(self, turn: Turn) -> list[Event]:
        today = turn.doors.now().astimezone(CHINA).date()
        lines = await reads.broadband(turn.doors, turn.who)
        turn.say("broadband", items=[_shown(line, today) for line in lines])
        turn.outcome(self.wish, "answered")
        return []


class BroadbandFault(ReportFault):
    """A line that is stopped has no fault: what stopped it is told. Of any other the ticket names the account."""

    wish = "broadband_fault"
    kind: ClassVar[str | None] = "宽带故障"
    service = "broadband"

    async def answer(self, turn: Turn) -> list[Event]:
        today = turn.doors.now().astimezone(CHINA).date()
        lines = await reads.broadband(turn.doors, turn.who)
        stopped = [line for line in lines if line.state == "suspended" or line.until < today]
        if lines and len(stopped) == len(lines):
            turn.say("broadband", items=[_shown(line, today) for line in stopped])
            turn.outcome(self.wish, "answered")
            return clear_form()
        if turn.entities.get("option") != OTHER_FAULT and await explained(turn, self.wish, self.service):
            return clear_form()
        accounts = "、".join(line.account for line in lines if line not in stopped)
        kind = f"{self.kind}（账号{accounts}）" if accounts else self.kind
        first = SlotSet("first", {"id": turn.who.message_id, "text": turn.text})
        return [*clear_form(), first, SlotSet("kind", kind), FollowupAction("report_fault_form")]


def _shown(line: Broadband, today: date) -> dict[str, Any]:
    return {
        "account": line.account,
        "address": line.address,
        "speed": line.speed_mbps,
        "until": line.until.isoformat(),
        "suspended": line.state == "suspended",
        "ended": line.until < today,
        "soon": 0 <= (line.until - today).days <= SOON_DAYS,
    }
