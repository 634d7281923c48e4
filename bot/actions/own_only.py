"""Transactions are for the number that speaks: one that names another is not silently done for the own."""

from __future__ import annotations

import re

from bot.actions import references
from bot.actions.turn import Turn

_OTHER_THINGS = re.compile(r"银行卡|信用卡|储蓄卡|銀行卡|\b(?:bank|credit|debit) card\b|\bvisa\b", re.IGNORECASE)
"""What also has last digits."""
SIGNIFICANT = 11


def refuses_other(turn: Turn, wish: str) -> bool:
    """Whether another number than the bound one is named; then it was said that it cannot be done here."""
    own = turn.who.bound.msisdn if turn.who.bound else ""
    if not own or not _names_other(turn, own):
        return False
    turn.say("own_number_only", msisdn=own)
    turn.outcome(wish, "refused")
    return True


def _names_other(turn: Turn, own: str) -> bool:
    said = "" if _OTHER_THINGS.search(turn.text) else str(turn.entities.get("last_digits") or "")
    if said and not own.endswith(said):
        return True
    full = re.sub(r"\D", "", str(turn.entities.get("msisdn") or ""))[-SIGNIFICANT:]
    return (bool(full) and not own.endswith(full)) or references.other_number(turn.text)
