"""The way to a human, and a call-back when nobody is there."""

from __future__ import annotations

import re
from abc import abstractmethod
from datetime import datetime
from typing import ClassVar

from rasa_sdk.events import SlotSet

from bot.actions import still_asked
from bot.actions.given_away import gave_away
from bot.actions.skill import Skill, clear_form
from bot.actions.tickets import open_callback, open_ticket, tell_ticket
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable
from crm.model import Urgency
from crm.operations import protection
from crm.operations.elders import SENIOR_PRIORITY, is_elder
from crm.operations.identify import identify
from crm.operations.results import Refusal

PRIORITY = {"lost": 6, "fraud": 8, "distress": 9}
"""Reasons that are answered before others, seniors included."""
AGREED = "agreed"
"""A call-back that was asked about is wanted."""
_BARE = "请回电"
"""A ticket's words for a call-back without any."""
_ASKS = re.compile(
    r"[?？]|什么时候|啥时候|几点|多久|会不会|怎么还|有没有人|[吗嗎]|\bwhen\b|\bdid you\b"
    r"|\b(?:is|are|will|does|has|have) (?:anyone|anybody|someone|somebody|you|they|an? \w+)\b",
    re.IGNORECASE,
)
_ASKS_FOR_IT = re.compile(
    r"可以|可不可以|能(?:不能)?|麻烦|麻煩|帮我|幫我|请|請|\b(?:can|could|would|please|want|need)\b", re.IGNORECASE
)
"""A wish that is put as a question."""


class TransferToAgent(Skill):
    """The switchboard says where the person stands in the queue, or that the desk is closed."""

    wish = "transfer_to_agent"
    ends_form = True
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        await hand_over(turn, str(turn.entities.get("option") or "asked"))
        return clear_form()


class RequestCallback(Skill):
    """A choice may say what it is about; then somebody has waited already."""

    wish = "request_callback"
    ends_form = True

    async def attempt(self, turn: Turn) -> list[Event]:
        # Kept with the wish: said again, or done after the login, it is still this one call.
        turn.entities.setdefault("first", {"id": turn.who.message_id, "text": turn.text})
        return await super().attempt(turn)

    async def answer(self, turn: Turn) -> list[Event]:
        about, first = str(turn.entities.get("option") or ""), turn.entities["first"]
        plain = about in ("", AGREED)
        if plain and (waits := await open_callback(turn)):
            again = first["id"] != turn.who.message_id and waits.text == first["text"]
            await tell_ticket(turn, self.wish, "callback", waits, "" if again else "callback_waits")
            return clear_form()
        if not about and _ASKS.search(first["text"]) and not _ASKS_FOR_IT.search(first["text"]):
            turn.say("callback_ask")
            return [*clear_form(), still_asked.asked(turn, self.wish, AGREED)]
        urgency: Urgency = "normal" if plain else "urgent"
        text = (first["text"] if not about else _BARE) if plain else about
        wanted = turn.words.get("date") or turn.words.get("time") or ""
        await open_ticket(turn, self.wish, "callback", text, first["id"], urgency, wanted=wanted)
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
        told = gave_away(turn.text)
        try:
            until = await protection.protect(turn.doors, turn.who) if told else None
        except Unavailable:
            until = None
        events = await super().answer(turn)
        if isinstance(until, datetime):
            turn.say("fraud_protected", until=until.isoformat())
        return events


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
