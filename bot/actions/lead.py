"""What is sold by people: the need, the place, the time, a yes to being called; then one person and a clock."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, ClassVar, cast

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.fault import gives_up, wants_else
from bot.actions.form import OVER, Form
from bot.actions.registry import ALWAYS, registered
from bot.actions.skill import Skill, clear_form
from bot.actions.tickets import tell_ticket
from bot.actions.turn import Event, Turn
from crm.operations import leads, reads
from crm.operations.identify import identify
from crm.operations.results import Refusal
from crm.places import city_name

LONG = 6
"""So many characters describe something, whatever order they sound like."""
PLACES = frozenset({"find_store", "consult_coverage"})
"""Wishes that a place alone sounds like."""
NO_NEED = ALWAYS | {"complain", "appeal"}


class _Lead(Skill):
    """Whoever is not known hears what there is, and how to go on."""

    ends_form = True
    tells = True
    kind: ClassVar[leads.Kind] = "business"

    @abstractmethod
    def name(self) -> str: ...

    async def answer(self, turn: Turn) -> list[Event]:
        if isinstance(await identify(turn.doors, turn.who), Refusal):
            turn.say(f"guide_{self.wish}")
            turn.outcome(self.wish, "refused")
            return clear_form()
        kept = {"id": turn.who.message_id, "text": turn.text, "wish": self.wish}
        return [*clear_form(), SlotSet("kind", self.kind), SlotSet("first", kept), FollowupAction("lead_form")]


class ConsultBusiness(_Lead):
    wish = "consult_business"

    def name(self) -> str:
        return "action_consult_business"


class BroadbandNew(_Lead):
    wish = "broadband_new"
    kind = "broadband"

    def name(self) -> str:
        return "action_broadband_new"


class ConsultHandset(_Lead):
    wish = "consult_handset"
    kind = "handset"

    def name(self) -> str:
        return "action_consult_handset"


class LeadForm(Form):
    """`told` the need, `way` the place, `means` the time, `agreed` the yes to being called; `kind` what it is about."""

    wish = "lead"
    slots = ("told", "way", "means", "agreed")
    remembers: ClassVar[tuple[str, ...]] = ("kind", "first")

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if gives_up(turn) or (step == "agreed" and turn.intent == "deny"):
            return await self.given_up(turn)
        if step == "agreed":
            return {"agreed": True} if turn.intent == "affirm" else None
        said = str(turn.entities.get("option") or "") or turn.text.strip()
        return {step: said} if said and self._describes(turn, step) else None

    def _describes(self, turn: Turn, step: str) -> bool:
        if turn.intent in NO_NEED:
            return False
        if not wants_else(turn.intent) or (step == "way" and turn.intent in PLACES):
            return True
        return turn.intent not in registered().reads and len(turn.text.strip()) >= LONG

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step == "told":
            turn.say("ask_lead_need", kind=known["kind"])
        elif step == "way":
            person = await reads.subscriber(turn.doors, turn.who)
            turn.say("ask_lead_place", city=city_name(person.city, turn.who.language))
        elif step == "means":
            turn.say("ask_lead_time")
        else:
            said = {"need": known["told"], "place": known["way"], "time": known["means"]}
            turn.say("confirm_lead", msisdn=reads.number(turn.who), **said)
        return []

    async def finish(self, turn: Turn, known: dict[str, Any]) -> list[Event]:
        first = known.get("first") or {}
        need = "；".join(part for part in (first.get("text"), known["told"]) if part)
        kind, wish = cast(leads.Kind, known["kind"]), str(first.get("wish") or self.wish)
        place, time = str(known["way"]), str(known["means"])
        left = await leads.leave(turn.doors, turn.who, kind, need, place, time, str(first.get("id")))
        await tell_ticket(turn, wish, "lead", left)
        return []

    async def given_up(self, turn: Turn) -> dict[str, Any]:
        turn.say("lead_not_left")
        turn.outcome(str((turn.slot("first") or {}).get("wish") or self.wish), "abandoned")
        return OVER
