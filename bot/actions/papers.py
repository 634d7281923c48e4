"""Papers that are given in a form: a service password and an ID number, of which nothing but references is kept."""

from __future__ import annotations

import re
from typing import Any

from bot.actions.form import OVER
from bot.actions.places import tell_nearest
from bot.actions.proofs import LEAVES, proof_of
from bot.actions.refusals import refuse
from bot.actions.turn import Turn
from crm.operations.results import Refusal

AGAIN = frozenset({"papers_short", "papers_wrong", "id_short", "id_wrong", "password_weak", "password_gone"})
"""The person may send it once more."""
_HIDDEN = re.compile(r"⟦id:(\w+)⟧")
_LONG = re.compile(r"⟦(?:card|bankcard):(\w+)⟧")
"""An ID number with a wrong digit looks like a card."""
_PAPER = re.compile(r"[0-9A-Za-z]{6,18}")


async def opened(turn: Turn) -> str:
    """The message with the words that were kept from every store; a number of papers stays a reference."""
    text = turn.text
    for ref in _HIDDEN.findall(text):
        words = await turn.doors.vault.open(turn.who.conversation, ref) or ""
        if words and not _PAPER.fullmatch(words):
            text = text.replace(f"⟦id:{ref}⟧", words)
    return text


def given(turn: Turn) -> tuple[str, str]:
    """References of a password (six digits by themselves are one) and of an ID number; "" for what is not given."""
    if LEAVES.match(turn.text):
        return "", ""
    secrets, _ = proof_of(turn.text)
    mistyped = _LONG.search(turn.text)
    number = secrets.get("id") or (mistyped[1] if mistyped else "")
    return secrets.get("password") or secrets.get("code") or "", number


async def not_proven(turn: Turn, wish: str, refusal: Refusal, errand: str) -> dict[str, Any]:
    """What a form's `read` returns: the same is asked again, or it is over and it was said who goes on."""
    if refusal.code in AGAIN:
        turn.say(f"refused_{refusal.code}", **refusal.values)
        return {}
    if refusal.code == "proof_locked":
        turn.say("papers_locked", until=str(refusal.values.get("locked_until") or ""))
        await tell_nearest(turn, errand)
        turn.outcome(wish, "refused")
        return OVER
    turn.events += await refuse(turn, wish, refusal)
    return OVER
