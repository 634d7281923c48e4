"""What was asked in the same line as something that had to be begun first: offered once that has ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.events import SlotSet

from bot.actions.registry import registered, skill_of
from bot.actions.shown import is_fresh
from bot.actions.turn import Event, Turn

SLOT = "still_asked"


def later(turn: Turn, parts: Sequence[str], entities: Mapping[str, Any]) -> Event:
    """Keeps wishes for when the one that is begun now has ended."""
    return SlotSet(SLOT, {"parts": list(parts), "entities": dict(entities), "at": turn.doors.now().isoformat()})


def asked(turn: Turn, wish: str, option: str) -> Event:
    """Keeps a wish that was just asked about: a yes begins it with this option."""
    entities = {"options": {wish: option}}
    kept = {"parts": [wish], "entities": entities, "at": turn.doors.now().isoformat(), "offered": True}
    return SlotSet(SLOT, kept)


def offer(turn: Turn) -> list[Event]:
    """Asks once whether to go on with them; nobody who is on the way to a human, or did not want to log in."""
    kept = turn.slot(SLOT) or {}
    parts = [part for part in kept.get("parts") or () if part in registered().offered]
    elsewhere = turn.handed_over or turn.form == "login_form"
    if not parts or kept.get("offered") or elsewhere or not is_fresh(turn, kept.get("at")):
        return []
    turn.say("still_asked", items=[{"intent": part} for part in parts])
    return [SlotSet(SLOT, {**kept, "offered": True})]


def is_offered(turn: Turn) -> bool:
    """Whether a wish was asked about last."""
    kept = turn.slot(SLOT) or {}
    return bool(kept.get("offered")) and is_fresh(turn, kept.get("at"))


def taken_back(turn: Turn) -> list[Event]:
    """What was offered is forgotten with whatever follows that is no yes; also when it is chosen, or said again."""
    offered = (turn.slot(SLOT) or {}).get("offered")
    return [SlotSet(SLOT, None)] if offered and turn.intent != "affirm" else []


async def begin(turn: Turn) -> list[Event] | None:
    """A yes to what was offered last; None where nothing was."""
    kept = turn.slot(SLOT) or {}
    if not is_offered(turn):
        return None
    several = turn.as_wish("several_questions", kept["entities"], kept["parts"])
    return [SlotSet(SLOT, None), *await skill_of("several_questions").handle(several)]
