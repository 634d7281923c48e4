"""Report a fault: what does not work, where and since when; then a ticket with a deadline."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions import answers, references
from bot.actions.form import OVER, Form
from bot.actions.given_up import drops
from bot.actions.incidents import OTHER_FAULT, SERVICE_OF, explained
from bot.actions.registry import registered
from bot.actions.reported import urged
from bot.actions.shown import recent_shown
from bot.actions.skill import Skill, clear_form
from bot.actions.tickets import open_ticket
from bot.actions.turn import Event, Turn
from crm.operations.results import Refusal

FIRST_AID = {
    "上网慢或不能上网": "ask_fault_slow",
    "收不到短信或验证码": "ask_fault_codes",
    "宽带故障": "ask_fault_broadband",
}
"""What may help at once, by the kind of fault."""
LAID = "宽带"
"""What is laid to a home, which the account knows."""
COMPLAINTS = frozenset({"complain", "appeal"})
NOT_DESCRIBING = frozenset({"abuse", "chitchat"})
SHORT = 6
"""A no with more words than these describes something."""
STORY = 9
"""Bare characters: what is longer and may be read in several ways tells something."""
PLAIN = 0.75
_NO_SIGNAL = re.compile(
    r"(?:没|無|无|冇|莫得|没有|沒)(?:有|得)?(?:手机)?(?:信号|信號)|\bno (?:signal|service)\b", re.IGNORECASE
)


class ReportFault(Skill):
    """`kind`: what is wrong, where the wish says it, in the words of the form's choices; the ticket repeats it."""

    wish = "report_fault"
    operation = "report_fault"
    ends_form = True
    tells = True
    kind: ClassVar[str | None] = None
    service: ClassVar[str] = "signal"

    async def answer(self, turn: Turn) -> list[Event]:
        if await urged(turn, "fault"):
            return clear_form()
        other = turn.entities.get("option") == OTHER_FAULT
        if not other and await explained(turn, self.wish, self.service):
            return clear_form()
        first = SlotSet("first", {"id": turn.who.message_id, "text": turn.text, "other": other})
        kind = self.kind or ("没有信号" if _NO_SIGNAL.search(turn.text) else None)
        return [*clear_form(), first, SlotSet("kind", kind), FollowupAction("report_fault_form")]

    async def _unknown(self, turn: Turn, refusal: Refusal) -> list[Event]:
        """Who names a place hears of its outage before any number is asked for."""
        if turn.entities.get("region") and await explained(turn, self.wish, self.service):
            return []
        return await super()._unknown(turn, refusal)


class ReportSlowData(ReportFault):
    wish = "report_slow_data"
    kind = "上网慢或不能上网"
    service = "data"


class ReportNoCodes(ReportFault):
    wish = "report_no_codes"
    kind = "收不到短信或验证码"
    service = "sms"


class ReportFaultForm(Form):
    """`kind` by choice or in one's own words, `told` where and since when."""

    wish = "report_fault"
    slots = ("kind", "told")
    otherwise = frozenset(slots)
    readings: ClassVar[frozenset[str]] = frozenset({"report_slow_data", "report_no_codes", "broadband_fault"})

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if step == "kind" and turn.entities.get("option"):
            kind = str(turn.entities["option"])
            other = (turn.slot("first") or {}).get("other")
            known = not other and await explained(turn, self.wish, SERVICE_OF.get(kind, ""))
            return {"kind": kind, **(OVER if known else {})}
        if gives_up(turn):
            return await self.given_up(turn)
        if await urged(turn, "fault"):
            return OVER
        if turn.intent in COMPLAINTS or (step == "kind" and turn.intent in NOT_DESCRIBING) or not describes(turn):
            return None
        first = turn.slot("first") or {}
        if step == "told" and "more" not in first and _lacks_place(turn):
            # Asked once more and no oftener: whoever reads the ticket can call.
            turn.again = True
            return {"first": {**first, "more": turn.text}}
        return {step: turn.text}

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        kind, told = str(known["kind"]).partition("（")[0], "ask_fault_told"
        if answers.says_home((known.get("first") or {}).get("more") or ""):
            told = "ask_fault_place"
        # First aid is said once; later only the question.
        turn.say("ask_fault_kind" if step == "kind" else told if turn.again else FIRST_AID.get(kind, told))
        return []

    async def finish(self, turn: Turn, known: dict[str, Any]) -> list[Event]:
        first = known.get("first") or {}
        said = (first.get("text"), known["kind"], first.get("more"), known["told"])
        text = "；".join(part for part in said if part)
        await open_ticket(turn, self.wish, "fault", text, str(first.get("id") or turn.who.message_id))
        return []


def _lacks_place(turn: Turn) -> bool:
    """Whether neither a place nor more than a beginning is told, or only how bad it is."""
    at_home = answers.says_home(turn.text) and not str(turn.slot("kind") or "").startswith(LAID)
    if {"region", "place"} & turn.entities.keys() or (answers.has_address(turn.text) and not at_home):
        return False
    if at_home:
        return True
    return answers.says_only_since(turn.text) or (
        turn.intent in registered().skills and not answers.says_since(turn.text)
    )


def wants_else(intent: str) -> bool:
    """Whether who says this while we ask for a description wants something else, rather than describes."""
    skill = registered().skills.get(intent)
    return skill is not None and not skill.tells


def describes(turn: Turn) -> bool:
    """Whether the words describe something, rather than want something else or point at what was shown before."""
    points = recent_shown(turn) is not None and references.pick_of(turn.text) is not None
    return not (wants_else(turn.intent) and _is_plain(turn)) and not points and len(references.bare(turn.text)) > 1


def _is_plain(turn: Turn) -> bool:
    """Whether the reading is sure, or the words are few: a story has words of many wishes."""
    sure = max((p for name, p in turn.ranking if name == turn.intent), default=1.0)
    return sure >= PLAIN or len(references.bare(turn.text)) <= STORY


def gives_up(turn: Turn) -> bool:
    """A bare no, as "算了" or "never mind": nothing is filed."""
    return drops(turn.text) or (turn.intent == "deny" and len(turn.text) <= SHORT)
