"""What is sold by people: the need, the place, the time, a yes to being called; then one person and a clock."""

from __future__ import annotations

import re
from abc import abstractmethod
from typing import Any, ClassVar, cast

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions import answers, references
from bot.actions.fault import gives_up, wants_else
from bot.actions.form import OVER, Form
from bot.actions.from_to import affirmed
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
SMALLTALK = frozenset({"abuse", "bot_challenge", "chitchat", "goodbye", "greet", "thanks"})
CONTROL = frozenset({"help_menu", "older_mode", "repeat", "switch_language"})
NO_NEED = ALWAYS | SMALLTALK | CONTROL | {"complain", "appeal"}
MOST = {"told": 200, "way": 100, "means": 60}
"""Characters of each answer that are read back and kept: with the wish itself they fit into one ticket."""
MOST_OF_WISH = 100
_CORRECTS = re.compile(
    r"(?:(?P<told>需求|要求)"
    r"|(?P<way>地址|地点|地點|地方|位置|\bchange the (?:address|place)|\bthe (?:address|place)(?= (?:is|should be)\b))"
    r"|(?P<means>时间|時間|\bchange the time|\bthe time(?= (?:is|should be)\b)))"
    r"(?:要|应该|應該)?\s*(?:改成|改为|改為|改到|换成|換成|换到|是|为|為|to\b|is\b|should be\b)"
    r"\s*[:：]?\s*(?P<said>.+)",
    re.IGNORECASE | re.DOTALL,
)
"""What an answer is to be, by the name of what was asked."""


class Lead(Skill):
    """Whoever is not known hears what there is, and how to go on."""

    ends_form = True
    tells = True
    kind: ClassVar[leads.Kind] = "business"

    @abstractmethod
    def name(self) -> str: ...

    async def answer(self, turn: Turn) -> list[Event]:
        if isinstance(refusal := await identify(turn.doors, turn.who), Refusal):
            return [*clear_form(), *await self.not_known(turn, refusal)]
        known = await self.known(turn)
        if known is None:
            return clear_form()
        account = known.pop("account", "")
        kept = {"id": turn.who.message_id, "text": turn.text[:MOST_OF_WISH], "wish": self.wish, "known": list(known)}
        kept["account"] = account
        filled = {"kind": self.kind, "first": kept, **known}
        return [*clear_form(), *(SlotSet(name, said) for name, said in filled.items()), FollowupAction("lead_form")]

    async def known(self, turn: Turn) -> dict[str, str] | None:
        """Answers that need no question, and the `account` of a line; None: it is over, and it was said why. Raises
        Unavailable.
        """
        return {}

    async def not_known(self, turn: Turn, refusal: Refusal) -> list[Event]:
        """Says the way on to whoever has no number here yet."""
        turn.say(f"guide_{self.wish}")
        turn.outcome(self.wish, "refused")
        return []


class ConsultBusiness(Lead):
    wish = "consult_business"

    def name(self) -> str:
        return "action_consult_business"


class BroadbandNew(Lead):
    wish = "broadband_new"
    kind = "broadband"

    def name(self) -> str:
        return "action_broadband_new"


class ConsultHandset(Lead):
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
        known = _known(turn)
        if corrected := _corrected(turn, step):
            # What was known without a question is nothing that can be changed here, nor an answer to this one.
            return None if corrected.keys() <= set(known) else corrected
        if step == "agreed":
            return {"agreed": True} if turn.intent == "affirm" else None
        option = str(turn.entities.get("option") or "")
        if option and (step == "means" or not turn.text):
            return {step: option}
        said = turn.text.strip()
        return {step: said[: MOST[step]]} if self._describes(turn, step) else None

    def _describes(self, turn: Turn, step: str) -> bool:
        long = len(turn.text.strip()) >= LONG
        if (
            not _may_answer(turn, step)
            or turn.intent in NO_NEED
            or (turn.intent == "affirm" and not long)
            or len(references.bare(turn.text)) < 2
        ):
            return False
        if not wants_else(turn.intent) or (step == "way" and turn.intent in PLACES):
            return True
        return turn.intent not in registered().reads and long

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step == "told":
            turn.say("ask_lead_need", kind=known["kind"], place=known["way"])
        elif step == "way":
            person = await reads.subscriber(turn.doors, turn.who)
            turn.say("ask_lead_place", kind=known["kind"], city=city_name(person.city, turn.who.language))
        elif step == "means":
            turn.say("ask_lead_time", kind=known["kind"], place=known["way"])
        else:
            said = {"need": known["told"], "place": known["way"], "time": known["means"]}
            turn.say("confirm_lead", msisdn=reads.number(turn.who), kind=known["kind"], **said)
        return []

    async def finish(self, turn: Turn, known: dict[str, Any]) -> list[Event]:
        first = known.get("first") or {}
        told = str(known["told"])
        account = f"账号{first['account']}" if first.get("account") else ""
        need = "；".join(part for part in (first.get("text"), leads.NEEDS.get(told, told), account) if part)
        kind, wish = cast(leads.Kind, known["kind"]), str(first.get("wish") or self.wish)
        place, time = str(known["way"]), str(known["means"])
        left = await leads.leave(turn.doors, turn.who, kind, need, place, time, str(first.get("id")))
        await tell_ticket(turn, wish, "lead", left)
        return []

    async def _back(self, turn: Turn, step: str) -> list[Event]:
        """What was known without a question is not asked for on the way back either."""
        asked = [name for name in self.slots if name not in _known(turn)]
        at = asked.index(step) if step in asked else 0
        if at == 0 and turn.intent == "go_back":
            return await self._stop(turn)
        return await self._next(turn, dict.fromkeys(asked[0 if turn.intent == "start_over" else at - 1 :]))

    async def given_up(self, turn: Turn) -> dict[str, Any]:
        turn.say("lead_not_left")
        turn.outcome(str((turn.slot("first") or {}).get("wish") or self.wish), "abandoned")
        return OVER


def _may_answer(turn: Turn, step: str) -> bool:
    """Whether the words can be what is asked for: a wish that is none of it leaves the form, or is asked about."""
    if step == "means":
        return answers.may_be_time(turn.text)
    if step == "told":
        return turn.slot("kind") != "renew" or answers.may_be_duration(turn.text)
    other = turn.intent in registered().skills and turn.intent not in PLACES
    return not answers.asks(turn.text) and (not other or answers.has_address(turn.text))


def _known(turn: Turn) -> list[str]:
    return list((turn.slot("first") or {}).get("known") or ())


def _corrected(turn: Turn, step: str) -> dict[str, Any]:
    """An answer that was given and is to be another; a place by itself is one wherever no place is asked for."""
    if turn.intent in NO_NEED:
        return {}
    if named := _CORRECTS.search(turn.text):
        name = next(one for one in MOST if named[one])
        return {name: named["said"].strip()[: MOST[name]]}
    region = turn.words.get("region") or turn.words.get("place") or ""
    if not region or step not in ("means", "agreed"):
        return {}
    if turn.says_only(("region", "place")):
        return {"way": region}
    return {"way": affirmed(turn.text).strip().lstrip("是")[: MOST["way"]]} if turn.intent == "correct" else {}
