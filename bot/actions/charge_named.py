"""A charge that somebody means by its amount or its name, whatever the words were read as: "365块怎么算出来的"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import Any, get_args

from bot.actions.follow_ups import UNREAD, gives_back
from bot.actions.shown import recent_shown, recent_wish
from bot.actions.turn import Turn
from bot.actions.wiring import terms
from crm.model import BillItem
from crm.model.kinds import BillCause

BILLS = frozenset({"query_bill", "dispute_charge", "query_balance", "term"})
"""After these "那个" with an amount is a charge."""
MOST_PARTS = 3
"""So many charges at most are one sum in somebody's head."""
TENTH = 10
_READ_AS = UNREAD | {"faq", "dispute_charge"}
_MISREAD_AS = frozenset({"query_monthly_fee", "change_plan", "query_bill"})
_ASKS = re.compile(
    r"(?:怎么|咋|如何)(?:来|算|收|扣|产生|会有|有)|(?:是|算)个?(?:什么|啥|咋|怎么)|(?:什么|啥)(?:钱|费)|谁(?:收|扣)|"
    r"没有?(?:打|用|去|发|上|开)过|为什么|为啥|凭什么|凭啥|"
    r"\bhow (?:did|do|is|was|were)\b|\bwhat(?:'s| is| was| are)\b|\bwho charged\b|\bwhy\b|"
    r"\bnever (?:called|used|made)\b"
)
_POINTS = re.compile(r"那个|那笔|那项|那条|\bthat one\b|\bthe other\b")
_MORE = re.compile(r"多(?:扣|收|出|交)|\bextra\b")
_BACK = re.compile(
    r"退.{0,8}(?:套餐外|套外|超出|超套)|(?:套餐外|套外|超出|超套).{0,8}退|\brefund\b.*\b(?:charges?|data|fees?)\b"
)
_BEYOND = re.compile(r"套餐外|套外|超套|超出套餐|\bout.of.bundle\b|\boverage\b")
_SOLD = re.compile(r"套餐(?!外)|[月日天油]包|流量包|\b(?:plan|pack)s?\b")
_OR_MORE = re.compile(r"[\d零一二两三四五六七八九十百千](?:多|来|几)(?:块|元|钱|$|[^\d])|\bover\b|\bsome\b")
_ROUGHLY = re.compile(r"左右|差不多|大概|大约|将近|上下|\b(?:about|around|roughly|nearly)\b")


def exactly(text: str) -> str:
    """Without the words that make a sum a rough one: "50块左右" names 50."""
    return _ROUGHLY.sub(" ", text)


def asked(turn: Turn) -> dict[str, Any]:
    """What of a bill is asked about: month, amount_fen, option (its cause) and `back` for money that is asked back.

    Empty when the words ask for anything else.
    """
    text, wish = turn.text.casefold(), recent_wish(turn) or {}
    after_bill = wish.get("intent") in BILLS
    if after_bill and turn.intent in _READ_AS and gives_back(turn.text):
        seen = dict(wish.get("entities") or {})
        return {**{name: seen[name] for name in ("month", "amount_fen", "option") if seen.get(name)}, "back": True}
    named = {name: turn.entities[name] for name in ("month", "amount_fen") if turn.entities.get(name)}
    if after_bill and not named.get("amount_fen") and isinstance(turn.entities.get("number"), int):
        named["amount_fen"] = turn.entities["number"] * 100
    cause = _cause(text)
    if turn.intent in _MISREAD_AS:
        is_asked = bool("amount_fen" in named and _MORE.search(text)) or bool(_BACK.search(text))
    else:
        is_asked = turn.intent in _READ_AS - {"dispute_charge"} and not turn.topic and _is_about_one(text, after_bill)
    if recent_shown(turn) and not (after_bill or cause):
        # A price is what names one of a list.
        return {}
    if not is_asked or not (cause or "amount_fen" in named) or (_SOLD.search(text) and not cause):
        return {}
    said = {**named, "option": cause, "back": bool(_BACK.search(text)), "between": between(turn)}
    return {name: value for name, value in said.items() if value}


def _cause(text: str) -> str:
    """What bills charge for, no kind of money, of volume or of contract; money for what is beyond is mostly data."""
    cause = terms().in_text(text)
    return cause if cause in get_args(BillCause) else "out_of_bundle_data" if _BEYOND.search(text) else ""


def is_asked_back(text: str) -> bool:
    """ "我要退套餐外的钱"."""
    return bool(_BACK.search(text.casefold()))


def between(turn: Turn) -> list[int]:
    """The least and the most that the amount may mean, [] without one: "四百多" is ¥400 to ¥499.99."""
    amount = turn.entities.get("amount_fen")
    return turn.entities.get("between") or (list(meant_fen(turn.text, amount)) if isinstance(amount, int) else [])


def _is_about_one(text: str, after_bill: bool) -> bool:
    return bool(_ASKS.search(text) or _BACK.search(text) or (after_bill and _POINTS.search(text)))


def meant_fen(text: str, said_fen: int) -> tuple[int, int]:
    """The least and the most that an amount may mean: "四百多" is ¥400 to ¥499.99, "365块" also ¥365.40."""
    folded = text.casefold()
    if _ROUGHLY.search(folded):
        return said_fen - said_fen // TENTH, said_fen + said_fen // TENTH
    if said_fen % 100:
        return said_fen, said_fen
    step = 100
    if _OR_MORE.search(folded):
        while said_fen % (step * TENTH) == 0:
            step *= TENTH
    return said_fen, said_fen + step - 1


def sums_to(items: Sequence[BillItem], amount_fen: int) -> list[BillItem]:
    """Fewest first, those charges that come to an amount together; charges of one cause go before others."""
    found = [
        list(parts)
        for count in range(2, MOST_PARTS + 1)
        for parts in combinations(items, count)
        if sum(item.amount_fen for item in parts) == amount_fen
    ]
    return min(found, key=lambda parts: (len({item.cause for item in parts}), len(parts)), default=[])
