"""Several wishes in one line: what can be read is answered in order, then what there is to do is begun, one by one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk.events import SlotSet

from bot.actions.from_to import given_up
from bot.actions.human import is_senior
from bot.actions.other_number import OF_A_NUMBER, of_number
from bot.actions.registry import registered, skill_of
from bot.actions.shown import is_fresh
from bot.actions.skill import Skill, shareable
from bot.actions.still_asked import later
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable

NAMES_ANOTHER = frozenset({"last_digits", "other_number"})


class SeveralQuestions(Skill):
    wish = "several_questions"
    keeps = False
    ends_form = False

    async def answer(self, turn: Turn) -> list[Event]:
        table = registered()
        parts = [part for part in dict.fromkeys(turn.parts) if part in table.skills]
        # "Compare the 59 and 99 plans" names plans twice and asks once.
        if "compare_plans" in parts and "consult_plans" in parts:
            parts.remove("consult_plans")
        # "I never ordered this, why am I charged" asks for one thing.
        if "never_ordered" in parts and "dispute_charge" in parts:
            parts.remove("dispute_charge")
        if not parts:
            turn.say("fallback_menu")
            return []
        if given_up(turn.text):
            parts = [part for part in parts if part in table.reads] or parts
        todo = sorted(parts, key=lambda part: part not in table.reads)
        entities = shareable(turn.entities)
        if turn.text:
            entities["options"] = {part: option for part in todo if (option := skill_of(part).option(turn.text))}
        events: list[Event] = []
        for done, part in enumerate(todo):
            at = turn.doors.now().isoformat()
            kept = {"intent": self.wish, "entities": entities, "parts": todo[done:], "at": at}
            try:
                events += await skill_of(part).attempt(turn.as_wish(part, _of_part(turn, part, entities)))
            except Unavailable:
                # The other parts would wait as long, for the same sentence.
                turn.say("crm_unavailable")
                turn.outcome(part, "abandoned")
                return [*events, SlotSet("wish", kept)]
            if part in table.reads and _goes_on(events, "login_form"):
                return [*events, SlotSet("wish", kept)]
            if _goes_on(events):
                # A dialog was begun: what is left waits for its end.
                return [*events, later(turn, todo[done + 1 :], entities)]
        return events


class Repeat(Skill):
    """Once more: the last wish, also one that the CRM did not answer. What was written is told again, not done twice:
    its key is that of the message that asked first.
    """

    wish = "repeat"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        if kept(turn) is None:
            turn.say("menu")
        return await resume(turn)


class SendResultBySms(Skill):
    """By SMS the last answer once more; elsewhere nothing sends it on, which is said."""

    wish = "send_result_by_sms"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        if turn.who.channel == "sms" and kept(turn):
            return await resume(turn)
        turn.say("not_sent_by_sms")
        turn.outcome(self.wish, "refused")
        return []


class Resume(Skill):
    """After the login: the wish that needed it, or what can be had now."""

    wish = "resume"
    keeps = False

    async def _in_context(self, turn: Turn) -> list[Event] | None:
        # The message was the code.
        return None

    async def answer(self, turn: Turn) -> list[Event]:
        if not turn.gentle and await is_senior(turn):
            turn.gentle = True
            turn.events.append(SlotSet("older", True))
        if kept(turn, put_off=True) is None:
            turn.say("login_what_now")
        return [*await resume(turn, put_off=True), SlotSet("put_off", None)]


def kept(turn: Turn, put_off: bool = False) -> dict[str, Any] | None:
    """The last wish that can be had once more; or, if there is one, the one that was `put_off` for another topic."""
    wish = turn.slot("wish") or {}
    if put_off and is_fresh(turn, (turn.slot("put_off") or {}).get("at")):
        wish = turn.slot("put_off")
    return wish if wish.get("intent") in registered().skills and wish["intent"] != "login" else None


async def resume(turn: Turn, put_off: bool = False) -> list[Event]:
    """Does the kept wish; nothing when there is none."""
    wish = kept(turn, put_off)
    if wish is None:
        return []
    entities, parts = wish.get("entities") or {}, wish.get("parts") or ()
    if wish.get("number"):
        return await of_number(turn, wish["intent"], entities, wish["number"])
    if put_off and wish["intent"] in OF_A_NUMBER and NAMES_ANOTHER & entities.keys():
        said = {name: value for name, value in entities.items() if name not in NAMES_ANOTHER}
        return await of_number(turn, wish["intent"], said, str(entities.get("last_digits") or ""))
    again = turn.as_wish(wish["intent"], entities, parts, wish.get("topic") or "")
    return await skill_of(wish["intent"]).handle(again)


def _of_part(turn: Turn, part: str, entities: Mapping[str, Any]) -> dict[str, Any]:
    """What was said, with the variant that the words asked for of this part."""
    options = entities.get("options") or {}
    said = {name: value for name, value in turn.entities.items() if name != "options"}
    return {**said, "option": options[part]} if part in options else said


def _goes_on(events: list[Event], form: str = "") -> bool:
    """Whether a form is opened: this one, or any."""
    return any(e["event"] == "followup" and form in ("", e["name"]) for e in events)
