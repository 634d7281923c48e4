"""Transactions are for the number that speaks: one that names another is not silently done for the own."""

from __future__ import annotations

import re
from typing import Any

from bot.actions import references
from bot.actions.turn import Turn

_OTHER_THINGS = re.compile(r"银行卡|信用卡|储蓄卡|銀行卡|\b(?:bank|credit|debit) card\b|\bvisa\b", re.IGNORECASE)
"""What also has last digits."""
_SOMEBODYS = re.compile(
    r"(?:老公|老婆|丈夫|妻子|先生|太太|[爱愛]人|[对對]象|[男女]友|朋友|同事|同[学學]|爸|[妈媽]|父[亲親]|母[亲親]|父母|[爷爺]|奶奶|外公|外婆|姥姥|"
    r"公公|婆婆|岳父|岳母|哥|姐|弟|妹|[儿兒]子|女[儿兒]|孩子?|娃|家人|家里人|家裡人|老人|[别別]人|(?<!其)他|她)"
    r"(?:的|那个|那個|那张|那張)*(?:手[机機]|[电電][话話]|[号號]|卡|sim)"
    r"|\b(?:husband|wife|partner|(?:boy|girl)?friend|mother|father|mom|mum|dad|parent|son|daughter|child|kid|brother|sister|"
    r"colleague)s?['’]?s? +(?:mobile +|cell +|old +|new +)?(?:phone|mobile|sim|number|card|line)\b",
    re.IGNORECASE,
)
SIGNIFICANT = 11
LAST = 4
"""Of a whole number, what may be kept."""


def number_named(turn: Turn) -> dict[str, Any]:
    """What has to be known of a number that was named, once it is known who speaks: the words are gone then, and a
    whole number is not kept."""
    last = number_said(turn)[-LAST:]
    named = {"last_digits": last} if last and not _OTHER_THINGS.search(turn.text) else {}
    return named | ({"other_number": True} if references.other_number(turn.text) else {})


def refuses_other(turn: Turn, wish: str) -> bool:
    """Whether another number than the bound one is named; then it was said that it cannot be done here."""
    if not names_other(turn):
        return False
    turn.say("own_number_only", msisdn=turn.who.bound.msisdn if turn.who.bound else "")
    turn.outcome(wish, "refused")
    return True


def names_other(turn: Turn) -> bool:
    """Whether a number that is not the bound one is named, or "the other one" is."""
    return turn.who.bound is not None and _names_other(turn, turn.who.bound.msisdn)


def names_own(turn: Turn) -> bool:
    """Whether the bound number itself is named."""
    said = number_said(turn)
    return (
        bool(said)
        and not _OTHER_THINGS.search(turn.text)
        and bool(turn.who.bound and turn.who.bound.msisdn.endswith(said))
    )


def number_said(turn: Turn) -> str:
    """The whole number, or its last digits; "" where none is said."""
    full = re.sub(r"\D", "", str(turn.entities.get("msisdn") or ""))[-SIGNIFICANT:]
    return full or str(turn.entities.get("last_digits") or "")


def means_other(turn: Turn) -> bool:
    """Whether a message is about another number than the bound one, or about somebody else's phone."""
    own = turn.who.bound.msisdn if turn.who.bound else ""
    return bool(_SOMEBODYS.search(turn.text)) or _names_other(turn, own)


def _names_other(turn: Turn, own: str) -> bool:
    said = "" if _OTHER_THINGS.search(turn.text) else str(turn.entities.get("last_digits") or "")
    if said and not own.endswith(said):
        return True
    full = re.sub(r"\D", "", str(turn.entities.get("msisdn") or ""))[-SIGNIFICANT:]
    other = bool(turn.entities.get("other_number")) or references.other_number(turn.text)
    return other or (bool(full) and not own.endswith(full))
