"""A new SIM or an eSIM: the papers are looked at by a person, so it is said where, with what, and a visit is booked."""

from __future__ import annotations

from bot.actions.places import BOOKS, book, tell_nearest, will_come
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from bot.actions.wiring import terms

ESIM = "esim"
"""What is asked for, and the name of the words that say so."""


class ReplaceSim(Skill):
    wish = "replace_sim"
    # Where it is done is told to anybody.
    operation = "find_store"

    def option(self, text: str) -> str:
        return ESIM if terms().says(ESIM, text) else ""

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("new_esim" if turn.entities.get("option") == ESIM else "new_sim")
        turn.outcome(self.wish, "refused")
        if not turn.form and (will_come(turn) or BOOKS.search(turn.text)):
            return await book(turn, "sim")
        if not turn.form:
            await tell_nearest(turn, "sim")
        return []
