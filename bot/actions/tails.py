"""Numbers of the account that are named by two digits or four: "查14那个话费", "那15呢", "给它充100".

Whoever holds one number is answered as ever; whoever holds more is never told of their own for another that was named.
"""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import SlotSet

from bot.actions import references
from bot.actions.other_number import OF_A_NUMBER, do, of_number
from bot.actions.own_only import LAST
from bot.actions.shown import recent_wish
from bot.actions.turn import Event, Turn
from crm.operations.identify import identify
from crm.operations.results import Refusal

READ_AS = frozenset(
    {
        *(OF_A_NUMBER - {"query_recharge_record"}),
        "nlu_fallback", "out_of_scope", "inform", "correct", "query_other_number", "recharge", "recharge_other",
    }
)  # fmt: skip
_NO_UNIT = (
    r"(?![\d.]|\s*(?:元|块|圆|[gm]b?\b|兆|个?月|日|天|年|点|分|%|个|条|次|折|的?套餐|以[内上下]|左右|多|yuan|rmb))"
)
_TAIL = rf"(?<![\d.¥-])(?P<tail>\d{{2,4}}){_NO_UNIT}"
_SUBJECTS = (
    ("query_balance", r"话费|余额|欠费|欠钱|欠多少|balance"),
    ("query_data_usage", r"流量(?!包|卡)|data"),
    ("query_bill", r"账单|bill"),
    ("query_my_plan", r"什么套餐|plan"),
)
_ABOUT = "|".join(f"(?P<{wish}>{words})" for wish, words in _SUBJECTS)
_OF_TAIL = re.compile(
    rf"{_TAIL}(?P<of>(?:那个|这个|那张|号码?|卡|的|手机|\s)*)(?:上个?月|本月|这个?月|\d{{1,2}}月)?的?(?:{_ABOUT})"
)
_LEADS = re.compile(r"(?:尾号|[查看问那]|一下|[查看问]下)\s*$")
_IS_ONE = re.compile(r"那个|这个|那张|号码|卡|手机")
"""Words after digits that are those of a number."""
_DAY = re.compile(r"(?:0?[1-9]|[12]\d|3[01])号(?!码)")
_CAME = re.compile(r"充了|[没未]到|到账")
_TOLD_OF = re.compile(r"扣|收[了取费]|怎么(?![充交给查看])|为什么|多少钱")
"""Money that came or went, and prices: digits before are seldom a number's."""
_BARE = re.compile(
    rf"(?:那|还有|再|查|看|一下|下|是|我说的是|不对|不是|就|那个)*{_TAIL}(?:那个|号码?|的|也|呢|吧|查|看|一下|下|嘛|吗|\s)*"
)
_PAYS = re.compile(
    rf"(?P<to>(?:给|为|帮)?(?:尾号)?)(?:{_TAIL}|(?P<it>它|他|她|那个号码?|那个))(?:那个|号码?|的|\s)*(?:也|再)*(?:充|交)值?(?:话费)?"
    r"(?P<yuan>\d+)(?P<more>\s\d+)?(?!\s?\d|\s*(?:[gm]b?(?![a-z])|兆|流量|个?月|天|年|分钟|条|次))"
)
_STAYS = re.compile(r"^那|那个号|这个号|[它他她]的?|呢$|上个?月|\d月|\b(?:its?|that one)\b")
_OWN = re.compile(r"我(?:的|自己)|本机|自己|\b(?:my|mine)\b")
LONGEST = 14


async def meant(turn: Turn) -> list[Event] | None:
    """Rasa's events; None where no number of the account is named so. Raises Unavailable."""
    if turn.who.bound is None or turn.form or turn.intent not in READ_AS:
        return None
    # What is typed in full, or named as last digits, is read as such.
    if not turn.text or "last_digits" in turn.entities or "msisdn" in turn.entities:
        return None
    plain, wish = references.fold(turn.text), recent_wish(turn) or {}
    known = wish.get("intent") == "query_other_number" or bool(wish.get("number")) or bool(wish.get("which"))
    paid = _PAYS.search(plain)
    if paid and not _CAME.search(plain) and not (_DAY.match(plain, paid.start()) and not paid["to"]):
        return await _pay(turn, paid, str(wish.get("number") or turn.slot("spoke_of") or ""))
    if (found := _OF_TAIL.search(plain)) and _is_tail(turn, plain, found, known):
        return await _of(turn, found["tail"], _subject(found))
    if known and (found := _BARE.fullmatch(plain)):
        return await _of(turn, found["tail"], _before(wish))
    if wish.get("number") and turn.intent in OF_A_NUMBER and _stays(plain):
        return await of_number(turn, turn.intent, _month(turn), str(wish["number"]))
    if wish.get("number") and (about := re.search(_ABOUT, plain)) and _stays(plain):
        return await of_number(turn, _subject(about), _month(turn), str(wish["number"]))
    return None


def _is_tail(turn: Turn, plain: str, found: re.Match[str], known: bool) -> bool:
    """Whether digits before what is asked are those of a number, rather than money, a day or a volume."""
    before = plain[: found.start()]
    money = any(name == "amount_fen" and found["tail"] in words for name, _, words in turn.named)
    if money or before.endswith(("充", "交", "缴", "付")):
        return False
    if _IS_ONE.search(found["of"]) or before.endswith("尾号"):
        return True
    told, day = bool(_TOLD_OF.search(plain)), bool(_DAY.match(plain, found.start()))
    if _CAME.search(plain) or (day and (told or not known)):
        return False
    if _LEADS.search(before):
        return True
    # Digits that begin the line are often an amount or a volume.
    sure = known or len(found["tail"]) == LAST or _subject(found) in ("query_bill", "query_my_plan")
    return not before and not told and sure


def _stays(plain: str) -> bool:
    return len(plain) <= LONGEST and bool(_STAYS.search(plain)) and not _OWN.search(plain)


def _subject(found: re.Match[str]) -> str:
    return next(wish for wish, _ in _SUBJECTS if found[wish])


def _before(wish: dict[str, Any]) -> str:
    """What was read of another number a moment ago, "" for nothing."""
    return str(wish["intent"]) if wish.get("intent") in OF_A_NUMBER - {"dispute_charge"} else ""


def _month(turn: Turn) -> dict[str, Any]:
    return {"month": turn.entities["month"]} if "month" in turn.entities else {}


async def _of(turn: Turn, tail: str, wish: str) -> list[Event] | None:
    """Of the one number that ends so; none like it is said, rather than the own told."""
    person = await identify(turn.doors, turn.who)
    if isinstance(person, Refusal):
        return None
    numbers = await turn.doors.crm.numbers_of_account(person.msisdn, deadline=turn.doors.read_deadline())
    found = [number for number in numbers if number.endswith(tail)]
    if len(numbers) < 2:
        return None
    if len(found) == 1 and not wish:
        turn.say("what_of_number", digits=found[0][-LAST:])
        return [_looked(turn, found[0][-LAST:])]
    return await of_number(turn, wish or "query_balance", _month(turn), found[0][-LAST:] if len(found) == 1 else tail)


def _looked(turn: Turn, last: str) -> Event:
    at = turn.doors.now().isoformat()
    return SlotSet("wish", {"intent": "query_other_number", "entities": {}, "at": at, "number": last})


async def _pay(turn: Turn, paid: re.Match[str], looked: str) -> list[Event] | None:
    """A page for the number, whose last digits it says."""
    person = await identify(turn.doors, turn.who)
    if isinstance(person, Refusal):
        return None
    numbers = await turn.doors.crm.numbers_of_account(person.msisdn, deadline=turn.doors.read_deadline())
    tail = paid["tail"] or looked
    found = [number for number in numbers if tail and number.endswith(tail)]
    if len(numbers) < 2 or len(found) != 1:
        return None
    # The point of an amount is not in the folded words.
    named = (fen for name, fen, words in turn.named if name == "amount_fen" and words.startswith(paid["yuan"]))
    fen = next(named, 0 if paid["more"] else int(paid["yuan"]) * 100)
    if not fen:
        return None
    return await do(turn, "recharge", {"last_digits": found[0][-LAST:], "amount_fen": fen})
