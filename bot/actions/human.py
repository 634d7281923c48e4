"""The way to a human."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import ClassVar

from rasa_sdk.events import SlotSet

from bot.actions import scam
from bot.actions.given_away import gave_away
from bot.actions.shown import is_fresh
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable
from crm.operations import protection
from crm.operations.elders import SENIOR_PRIORITY, is_elder
from crm.operations.identify import identify
from crm.operations.results import Refusal

PRIORITY = {"lost": 6, "fraud": 8, "distress": 9}
"""Reasons that are answered before others, seniors included."""


class TransferToAgent(Skill):
    """The switchboard says where the person stands in the queue, or that the desk is closed."""

    wish = "transfer_to_agent"
    ends_form = True
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        await hand_over(turn, str(turn.entities.get("option") or "asked"))
        return clear_form()


class _AtOnce(Skill):
    """What a person should hear from a person: one sentence, `response`, on the way there, and no menu."""

    ends_form = True
    keeps = False
    response: ClassVar[str] = ""
    reason: ClassVar[str] = ""

    @abstractmethod
    def name(self) -> str: ...

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say(self.response)
        await hand_over(turn, self.reason, self.wish)
        return clear_form()


class ReportFraud(_AtOnce):
    """The warning comes first: money may still be on its way."""

    wish = "report_fraud"
    response = "fraud_warning"
    reason = "fraud"

    def name(self) -> str:
        return "action_report_fraud"

    async def answer(self, turn: Turn) -> list[Event]:
        told = turn.entities.get("option") == scam.GAVE or gave_away(turn.text)
        try:
            until = await protection.protect(turn.doors, turn.who) if told else None
        except Unavailable:
            until = None
        events = await super().answer(turn)
        if isinstance(until, datetime):
            turn.say("fraud_protected", until=until.isoformat())
        # What is said next is about this, while nobody has taken over.
        return [*events, SlotSet("wish", {"intent": self.wish, "entities": {}, "at": turn.doors.now().isoformat()})]


class Distress(_AtOnce):
    wish = "distress"
    response = "distress"
    reason = "distress"

    def name(self) -> str:
        return "action_distress"


class OlderMode(_AtOnce):
    """Who says that the machine is too hard gets a person, whatever age the CRM knows."""

    wish = "older_mode"
    response = "older_mode"
    reason = "senior"

    def name(self) -> str:
        return "action_older_mode"

    async def answer(self, turn: Turn) -> list[Event]:
        return [*await super().answer(turn), SlotSet("older", True)]


async def hand_over(turn: Turn, reason: str, wish: str = "transfer_to_agent") -> None:
    """Urgent reasons first, then seniors."""
    priority = PRIORITY.get(reason, 0)
    if not priority and (reason == "senior" or await is_senior(turn)):
        priority = SENIOR_PRIORITY
        turn.events.append(SlotSet("older", {"handed_at": turn.doors.now().isoformat()}))
    turn.effect(handoff={"reason": reason, "skill": "general", "priority": priority})
    turn.outcome(wish, "handed_off")


async def is_senior(turn: Turn) -> bool:
    """Also whoever asked to be served so. False when the CRM does not say: nobody waits for it."""
    if turn.gentle:
        return True
    try:
        subscriber = await identify(turn.doors, turn.who)
    except Unavailable:
        return False
    return not isinstance(subscriber, Refusal) and is_elder(subscriber, turn.doors.now())


def nobody_came(turn: Turn) -> bool:
    """Whether a senior was on the way to a human a moment ago and still talks with the bot: nobody is at the desk,
    which was said. They are served like everybody then, rather than told so at each message.
    """
    older = turn.slot("older")
    return isinstance(older, dict) and is_fresh(turn, older.get("handed_at"))


def came_back(turn: Turn) -> list[Event]:
    """After a human somebody was there: the next miss leads to one again."""
    return [SlotSet("older", True)] if turn.slot("older") else []
