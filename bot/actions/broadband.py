"""Broadband at home: the account with its state, a fault that is reported only where a fault can be, and what people do
to a line that is there: renew it, move it, end it.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from datetime import date
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.fault import ReportFault
from bot.actions.incidents import OTHER_FAULT, explained
from bot.actions.lead import Lead
from bot.actions.refusals import refuse
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.model import Broadband
from crm.operations import leads, reads
from crm.operations.results import Refusal
from crm.worktime import CHINA

SOON_DAYS = 30
YEARS = (
    ("1y", re.compile(r"(?<![\d十])[一1]年|(?<!\d)12个月|\b(?:a|one|1) (?:more )?year\b", re.IGNORECASE)),
    ("2y", re.compile(r"(?<![\d十])[二两兩2]年|24个月|\b(?:two|2) (?:more )?years\b", re.IGNORECASE)),
)
"""How long a line can be renewed for, in words."""


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


class _OfLine(Lead):
    """For the line that goes with the number, by its account; one that is stopped has to be paid for first."""

    operation = "leave_lead"

    @abstractmethod
    def name(self) -> str: ...

    async def known(self, turn: Turn) -> dict[str, str] | None:
        today = turn.doors.now().astimezone(CHINA).date()
        lines = await reads.broadband(turn.doors, turn.who)
        open_to_change = [line for line in lines if line.state != "suspended"]
        if not open_to_change:
            turn.say("broadband", items=[_shown(line, today) for line in lines])
            turn.outcome(self.wish, "refused")
            return None
        return self.about(turn, "、".join(line.account for line in open_to_change))

    @abstractmethod
    def about(self, turn: Turn, accounts: str) -> dict[str, str]:
        """What is known before anything is asked."""

    async def not_known(self, turn: Turn, refusal: Refusal) -> list[Event]:
        return await refuse(turn, self.wish, refusal)


class BroadbandRenew(_OfLine):
    wish = "broadband_renew"
    kind: ClassVar[leads.Kind] = "renew"

    def name(self) -> str:
        return "action_broadband_renew"

    def option(self, text: str) -> str:
        return next((years for years, said in YEARS if said.search(text)), "")

    def about(self, turn: Turn, accounts: str) -> dict[str, str]:
        years = str(turn.entities.get("option") or "")
        return {"way": accounts, **({"told": years} if years in leads.NEEDS else {})}


class BroadbandMove(_OfLine):
    wish = "broadband_move"
    kind: ClassVar[leads.Kind] = "move"

    def name(self) -> str:
        return "action_broadband_move"

    def about(self, turn: Turn, accounts: str) -> dict[str, str]:
        return {"told": "move", "account": accounts}


class BroadbandCancel(_OfLine):
    """No more steps than a new line takes."""

    wish = "broadband_cancel"
    kind: ClassVar[leads.Kind] = "end"

    def name(self) -> str:
        return "action_broadband_cancel"

    def about(self, turn: Turn, accounts: str) -> dict[str, str]:
        return {"told": "end", "way": accounts}


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
