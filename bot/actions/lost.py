"""A phone that is lost, from an Address that is not bound to it: proven in one message, stopped at once."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from bot.actions.follow_ups import found_again
from bot.actions.form import OVER, Form
from bot.actions.human import hand_over
from bot.actions.papers import opened
from bot.actions.proofs import proof_of
from bot.actions.turn import Event, Turn
from crm.errors import Unavailable
from crm.model import Proof
from crm.operations import account, lost_line
from crm.operations.results import Refusal

WISH = "report_lost_sim"
_TAIL = re.compile(r"(?:尾号|尾號|末[四4]位|\bending)\D{0,4}(\d{4})(?!\d)|^\s*(\d{4})\s*$", re.IGNORECASE)
AGAIN = frozenset({"proof_wrong", "proof_short"})


class StopLostForm(Form):
    """`secret_number` is the lost one, `agreed` that it was stopped: whoever sends the proof wants just that."""

    wish = "stop_lost"
    slots = ("secret_number", "agreed")
    awaits: ClassVar[dict[str, str]] = {"secret_number": "proof", "agreed": "proof"}

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if turn.intent == "deny" or found_again(turn.text):
            turn.say("stopped")
            turn.outcome(WISH, "abandoned")
            return OVER
        words = await opened(turn)
        secrets, proof = proof_of(words)
        digits = _digits(turn, words) if step == "secret_number" and not proof else ""
        typed = str(turn.entities.get("msisdn") or "") or await of_account(turn, digits)
        msisdn = typed or str(turn.slot("secret_number") or "")
        if msisdn and (secrets or proof):
            return {"secret_number": msisdn, **await self._prove(turn, msisdn, proof or Proof(), secrets)}
        if typed:
            return {"secret_number": typed}
        if step == "secret_number" and digits:
            # What nobody here can complete a person can; a lost phone is not asked about twice.
            return await self._by_person(turn)
        return {} if step == "secret_number" and turn.intent == WISH else None

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step == "secret_number":
            turn.say("lost_ask_number")
        else:
            turn.say("lost_ask_proof", msisdn=known["secret_number"])
        return []

    async def _prove(self, turn: Turn, msisdn: str, proof: Proof, secrets: dict[str, str]) -> dict[str, Any]:
        password = secrets.get("password") or secrets.get("code") or ""
        try:
            result = await lost_line.stop(turn.doors, turn.who, msisdn, proof, password, secrets.get("id", ""))
        except Unavailable:
            return await self._by_person(turn)
        if not isinstance(result, Refusal):
            turn.say("lost_line_stopped", msisdn=msisdn)
            turn.outcome(WISH, "done")
            return OVER
        if result.code not in AGAIN:
            return await self._by_person(turn)
        turn.say(f"refused_{result.code}")
        turn.asked = True
        return {}

    async def _by_person(self, turn: Turn) -> dict[str, Any]:
        turn.say("sim_is_lost")
        await hand_over(turn, "lost", WISH)
        return OVER


async def of_account(turn: Turn, digits: str) -> str:
    """The speaker's other number that ends in `digits`, "" where there is none to be found."""
    if not digits or turn.who.bound is None:
        return ""
    try:
        return await account.other(turn.doors, turn.who, digits) or ""
    except Unavailable:
        return ""


def _digits(turn: Turn, words: str) -> str:
    """Last digits of a number. `words`: what was written, where masking took it for a proof."""
    named = _TAIL.search(words)
    return str(turn.entities.get("last_digits") or "") or (named[1] or named[2] if named else "")
