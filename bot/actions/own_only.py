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
_OWN = re.compile(
    r"(?:本机|本機|本人的?|我?自己的?|我的|我?这个|我?這個|我?现在这个)(?:号码?|號碼?|手机号?|手機號?|卡)?的?"
    r"|(?:my|this)(?: own)? (?:number|phone)|mine|my own(?: one)?",
    re.IGNORECASE,
)
_TO_PAY = re.compile(r"^(?:(?:就|还是|是|给|为|充到?|查|我要)+|(?:for|to) +)|(?:充|吧|啊|呀|[。.!！])+$")
_REF = re.compile(r"^⟦\w+:|⟧$")
GONE = "?"
"""What no number ends in."""
SIGNIFICANT = 11
LAST = 4
"""Of a whole number, what may be kept."""


async def number_named(turn: Turn) -> dict[str, Any]:
    """What has to be known of a number that was named, once it is known who speaks: the words are gone then. Of a
    whole number the last digits are kept, and all of it where only secrets are. Raises Unavailable.
    """
    said = number_said(turn)
    named: dict[str, Any] = {"last_digits": said[-LAST:]} if said and not _OTHER_THINGS.search(turn.text) else {}
    if named and len(said) > LAST:
        named["number_ref"] = _REF.sub("", await turn.doors.vault.show(turn.who.conversation, said))
    return named | ({"other_number": True} if references.other_number(turn.text) else {})


async def remember_number(turn: Turn) -> None:
    """The whole number that `number_named` kept. One that is gone fits no number, so that nothing is done to one that
    only ends alike. Raises Unavailable.
    """
    ref = turn.entities.get("number_ref")
    if not ref or "msisdn" in turn.entities:
        return
    whole = await turn.doors.vault.open(turn.who.conversation, str(ref))
    turn.entities |= {"msisdn": whole} if whole else {"last_digits": GONE}


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
    """Whether the bound number itself is named, by its digits or as one's own."""
    said = number_said(turn)
    return _is_own(turn.text) or (
        bool(said)
        and not _OTHER_THINGS.search(turn.text)
        and bool(turn.who.bound and turn.who.bound.msisdn.endswith(said))
    )


def by_itself(turn: Turn) -> str:
    """Last digits that are said without a word for number, where it was asked which: "0014", or "本机"; else ""."""
    own = turn.who.bound.msisdn[-LAST:] if turn.who.bound and _is_own(turn.text) else ""
    return own or (turn.text.strip() if re.fullmatch(r"\s*\d{4}\s*", turn.text) else "")


def _is_own(text: str) -> bool:
    """ "本机", "充我自己的": nothing but the number that one speaks from."""
    return bool(_OWN.fullmatch(_TO_PAY.sub("", text.strip())))


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
