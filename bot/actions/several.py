"""Several wishes in one line: what can be read is answered in order, then the first thing to do is begun."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn


class SeveralQuestions(Skill):
    wish = "several_questions"
    keeps = False
    ends_form = False

    async def answer(self, turn: Turn) -> list[Event]:
        from bot.actions.skills import READS, SKILLS

        parts = [part for part in dict.fromkeys(turn.parts) if part in SKILLS]
        if not parts:
            turn.say("fallback_menu")
            return []
        events: list[Event] = []
        for part in (p for p in parts if p in READS):
            events += await SKILLS[part].handle(turn.as_wish(part, turn.entities))
            if _waits_for_login(events):
                # All of them are answered after it.
                return [*events, SlotSet("wish", {"intent": self.wish, "entities": turn.entities, "parts": parts})]
        for part in (p for p in parts if p not in READS):
            return [*events, *await SKILLS[part].handle(turn.as_wish(part, turn.entities))]
        return events


class Repeat(Skill):
    """Once more: the last wish, also one that the CRM did not answer."""

    wish = "repeat"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        return await resume(turn)


class Resume(Skill):
    """After the login: the wish that needed it."""

    wish = "resume"
    keeps = False

    async def answer(self, turn: Turn) -> list[Event]:
        return await resume(turn)


async def resume(turn: Turn) -> list[Event]:
    """Does the kept wish; the menu when there is none."""
    from bot.actions.skills import SKILLS

    kept = turn.slot("wish") or {}
    skill = SKILLS.get(kept.get("intent", ""))
    if skill is None or kept["intent"] == "login":
        turn.say("menu")
        return []
    again = turn.as_wish(kept["intent"], kept.get("entities") or {}, kept.get("parts") or ())
    return await skill.handle(again)


def _waits_for_login(events: list[Event]) -> bool:
    return any(e["event"] == "followup" and e["name"] == "login_form" for e in events)
