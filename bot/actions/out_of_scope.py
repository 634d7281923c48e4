"""What is not understood: a question about the likely readings first, a menu next, a human at the third time."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from bot.actions.human import hand_over, is_senior, nobody_came
from bot.actions.likely import close, likely
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable

# What a way costs, counted in questions: a wrong transaction 20, a wrong answer 3, a question 1, a human 5.
# The classifier compares acting with asking and rejects what is too doubtful, so acting is out of the question here:
# not even the likeliest reading opens a dialog by itself. What is left:
#   two readings by name   QUESTION + (1 - p1 - p2) * HUMAN, since what they miss ends with a human at worst. It is
#                          chosen while that is no dearer than answering wrongly: from p1 + p2 = 0.6 on.
#   a list of up to three  QUESTION and more to read, but it also covers what came before and what the words hold.
#   the menu               after a miss the guesses have lost their worth, and it covers the frequent wishes.
#   a human                costs less than a third and a fourth question. Whom questions cost more, seniors, get one
#                          at once.
QUESTION, WRONG_ANSWER, HUMAN = 1.0, 3.0, 5.0


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
    """Counts in a row."""
    misses = int(turn.slot("misses") or 0) + 1
    turn.outcome("nlu_fallback", "not_understood")
    if await is_senior(turn) and not nobody_came(turn):
        await hand_over(turn, "not_understood")
        misses = 0
    elif misses == 1:
        await _ask(turn)
    elif misses == 2:
        turn.say("fallback_menu")
    else:
        turn.say("offer_human")
        misses = 0
    return [SlotSet("misses", misses)]


async def _ask(turn: Turn) -> None:
    found = await _known(turn)
    two = close(turn)
    if two and QUESTION + (1 - two[0][1] - two[1][1]) * HUMAN <= WRONG_ANSWER:
        names = [name for name, _ in two]
        carried = found[0] if found else {}
        turn.say("fallback_either", one=names[0], other=names[1], likely=[{**carried, "intent": n} for n in names])
    else:
        turn.say("fallback_first", likely=found)


async def _known(turn: Turn) -> list[dict[str, Any]]:
    """A CRM that is away is no reason to ask nothing."""
    try:
        return await likely(turn)
    except Unavailable:
        return []
