"""A new SIM or an eSIM: the papers are looked at by a person, so it is said where, with what, and a visit is booked."""

from __future__ import annotations

import re

from bot.actions.places import tell_nearest
from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn

_ESIM = re.compile(r"e[ -]?sim|电子卡|電子卡|虚拟卡|数字卡", re.IGNORECASE)


class ReplaceSim(Skill):
    wish = "replace_sim"
    # Where it is done is told to anybody.
    operation = "find_store"

    async def answer(self, turn: Turn) -> list[Event]:
        turn.say("new_esim" if _ESIM.search(turn.text) else "new_sim")
        if not turn.form:
            await tell_nearest(turn, "sim")
        turn.outcome(self.wish, "refused")
        return []
