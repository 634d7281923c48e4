"""What is not understood: gentle first, a menu next, a human at the third time."""

from __future__ import annotations

from rasa_sdk.events import SlotSet

from bot.actions.human import hand_over, is_senior
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn

LIKELY = 3
_NO_GUESS = frozenset({"nlu_fallback", "out_of_scope", "inform", "affirm", "deny", "correct", "chitchat", "abuse"})


class NluFallback(Skill):
    wish = "nlu_fallback"
    keeps = False
    tells = True
    resets = False

    async def answer(self, turn: Turn) -> list[Event]:
        return await not_understood(turn)


class OutOfScope(Skill):
    wish = "out_of_scope"
    keeps = False
    tells = True
    resets = False

    async def answer(self, turn: Turn) -> list[Event]:
        return await not_understood(turn)


async def not_understood(turn: Turn) -> list[Event]:
    """Counts in a row; seniors are not asked twice."""
    from bot.actions.skills import OFFERED

    misses = int(turn.slot("misses") or 0) + 1
    likely = [name for name in turn.ranking if name not in _NO_GUESS][:LIKELY]
    likely = [name for name in likely if name in OFFERED]
    turn.outcome("nlu_fallback", "not_understood")
    if misses == 1:
        turn.say("fallback_first", likely=likely)
    elif await is_senior(turn):
        await hand_over(turn, "not_understood")
        misses = 0
    elif misses == 2:
        turn.say("fallback_menu")
    else:
        turn.say("offer_human")
        misses = 0
    return [SlotSet("misses", misses)]
