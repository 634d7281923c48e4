"""Top up: a recharge card, or a page to pay on."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.form import OVER, UNCLEAR, Form
from bot.actions.own_only import names_other, names_own, number_said, refuses_other
from bot.actions.pages import look_for_card
from bot.actions.refusals import refuse
from bot.actions.shown import recent_wish
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.errors import TimedOut, Unavailable
from crm.operations import account, reads, recharge
from crm.operations.identify import identify
from crm.operations.results import Refusal

OFFERED_FEN = (3000, 5000, 10000, 20000)
LEAST_YUAN = 5
_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d|元|块|\.)")
TOLD = 4
"""Last digits by which an answer names the number that is paid for."""
MONEY = ("secret_card", "amount_fen")
PAYS = frozenset({"recharge", "recharge_by_card", "recharge_other"})
_CORRECTS = re.compile(r"不对|不是|错|算了|改|换|应该|\b(?:no|not|instead|wrong|sorry)\b", re.IGNORECASE)
"""Said with another number, it is that one that was meant from the beginning."""
AGAIN = frozenset({"amount", "card_missing", "card_used", "card_expired", "invalid"})


class Recharge(Skill):
    wish = "recharge"
    ends_form = True

    def _level(self) -> int:
        return 1

    async def answer(self, turn: Turn) -> list[Event]:
        other = await payee(turn)
        if other is None:
            refuses_other(turn, self.wish)
            return clear_form()
        if not (number_said(turn) or names_own(turn)) and (asked := _which(turn, self.wish)):
            return [*clear_form(), asked]
        start: dict[str, Any] = {"first": {"other": other}} if other else {}
        if "secret_card" in turn.entities:
            if await by_card(turn, str(turn.entities["secret_card"]), other) is OVER:
                return clear_form()
            start["way"] = "card"
        elif "amount_fen" in turn.entities:
            if await by_page(turn, int(turn.entities["amount_fen"]), other) is OVER:
                return clear_form()
            start["way"] = "page"
        events = [SlotSet(name, value) for name, value in start.items()]
        return [*clear_form(), *events, FollowupAction("recharge_form")]


class RechargeByCard(Recharge):
    """The card is asked for at once, where it did not come with the wish."""

    wish = "recharge_by_card"

    async def answer(self, turn: Turn) -> list[Event]:
        events = await super().answer(turn)
        if "secret_card" in turn.entities or not _opens(events):
            return events
        return [*events[:-1], SlotSet("way", "card"), events[-1]]


class RechargeOther(Recharge):
    """For another number of the account by its last digits; how anybody else's is paid for is told."""

    wish = "recharge_other"

    def _level(self) -> int:
        return 0

    async def answer(self, turn: Turn) -> list[Event]:
        known = not isinstance(await identify(turn.doors, turn.who), Refusal)
        if known and not names_other(turn) and (last := _last_digits(turn)):
            turn.entities["last_digits"] = last
        if known and names_other(turn) and await payee(turn):
            return await super().answer(turn)
        turn.say("guide_recharge_other")
        turn.outcome(self.wish, "refused")
        return clear_form()


class RechargeForm(Form):
    """`way` is card or page; `means` the card or the amount, never kept: it is used at once; `first` holds the
    number that is paid for, where it is another of the account.
    """

    wish = "recharge"
    slots = ("way", "means")
    otherwise = frozenset(slots)
    readings = PAYS

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if turn.intent == "deny":
            turn.say("stopped")
            turn.outcome(self.wish, "abandoned")
            return OVER
        other: str | None = _other(turn.slot("first"))
        named = (names_other(turn) or names_own(turn)) and (_pays(turn, step) or turn.intent in PAYS | UNCLEAR)
        if named and (other := await payee(turn)) is None:
            refuses_other(turn, self.wish)
            return {}
        filled = await self._paid(turn, step, other or "")
        if filled is None and not named:
            return None
        return {"first": {"other": other}, **(filled or {})}

    async def _paid(self, turn: Turn, step: str, other: str) -> dict[str, Any] | None:
        if "secret_card" in turn.entities:
            return await by_card(turn, str(turn.entities["secret_card"]), other)
        amount = _amount(turn, step)
        if amount is not None:
            return await by_page(turn, amount, other)
        if turn.entities.get("option") in ("card", "page"):
            return {"way": turn.entities["option"]}
        if turn.intent == "recharge_by_card":
            return {"way": "card"}
        return {} if turn.intent == "recharge" else None

    def awaited(self, step: str, known: dict[str, Any]) -> str:
        return "code" if step == "means" and known["way"] == "card" else ""

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        last = (_other(known.get("first")) or _own(turn))[-TOLD:]
        if step == "way":
            turn.say("ask_recharge_way", last=last)
        elif known["way"] == "card":
            turn.say("ask_recharge_card", last=last)
        else:
            turn.say("ask_recharge_amount", last=last, amounts=[{"amount_fen": fen} for fen in OFFERED_FEN])
        return []


def _last_digits(turn: Turn) -> str:
    """Four digits by themselves, or those of the number that was looked at a moment ago: "给0014那个也充30"."""
    said = _FOUR.search(turn.text)
    return said[0] if said else str((recent_wish(turn) or {}).get("number") or "")


def _other(first: dict[str, Any] | None) -> str:
    return str((first or {}).get("other") or "")


def _pays(turn: Turn, step: str) -> bool:
    """Whether a card or an amount came."""
    return "secret_card" in turn.entities or _amount(turn, step) is not None


def _amount(turn: Turn, step: str) -> int | None:
    """A bare number is yuan once an amount was asked for, and before that unless it may count the ways."""
    if "amount_fen" in turn.entities:
        return int(turn.entities["amount_fen"])
    number = turn.entities.get("number")
    paging = step == "means" and turn.slot("way") == "page"
    if isinstance(number, int) and (paging or (step == "way" and number >= LEAST_YUAN and turn.says_only(("number",)))):
        return number * 100
    return None


async def payee(turn: Turn) -> str | None:
    """Another number of the account that is named, "" for the own, None where it is neither. Raises Unavailable."""
    if not names_other(turn):
        return ""
    return await account.other(turn.doors, turn.who, number_said(turn))


def _which(turn: Turn, wish: str) -> Event | None:
    """Right after another number of the account was looked at, money without a number may be for either: then it is
    asked, until the wish that waits for the last digits (bot.actions.context) has them."""
    before = recent_wish(turn) or {}
    waiting = before.get("entities") or {} if before.get("looked") else {}
    money = {name: said[name] for said in (waiting, turn.entities) for name in MONEY if name in said}
    looked, own = str(before.get("looked") or before.get("number") or ""), _own(turn)[-TOLD:]
    if looked in ("", own):
        return None
    amount_fen = int(money.get("amount_fen") or 0)
    card = "secret_card" in money
    turn.say("which_number", items=[looked, own], count=2, amount_fen=amount_fen, card=card, pays=True)
    at = turn.doors.now().isoformat()
    return SlotSet("wish", {"intent": wish, "entities": money, "at": at, "which": True, "looked": looked})


def _own(turn: Turn) -> str:
    return turn.who.bound.msisdn if turn.who.bound else ""


def _opens(events: list[Event]) -> bool:
    return bool(events) and events[-1].get("event") == "followup"


async def by_card(turn: Turn, ref: str, other: str = "") -> dict[str, Any]:
    """OVER when done or hopeless; else the form asks for the card again."""
    try:
        result = await recharge.with_card(turn.doors, turn.who, ref, other)
    except TimedOut:
        turn.say("card_pending")
        look_for_card(turn, ref, other)
        return OVER
    if isinstance(result, Refusal):
        return await _refused(turn, result, "card")
    turn.say("recharged", amount_fen=result.amount_fen, balance_fen=result.balance_fen, msisdn=result.msisdn)
    turn.outcome("recharge", "done")
    return OVER


async def by_page(turn: Turn, amount_fen: int, other: str = "") -> dict[str, Any]:
    """OVER when the page was shown; else the form asks for the amount again."""
    result = await recharge.with_page(turn.doors, turn.who, amount_fen, other)
    if isinstance(result, Refusal):
        return await _refused(turn, result, "page")
    paid_for = other or _own(turn)
    until = result.expires_at.isoformat()
    before = await _before(turn, result.payment_id, "" if _CORRECTS.search(turn.text) else paid_for)
    at, last = turn.doors.now().isoformat(), paid_for[-TOLD:]
    kept: dict[str, Any] = {"last_digits": last} if other else {}
    turn.events.append(SlotSet("wish", {"intent": "recharge", "entities": kept, "at": at, "page": True}))
    values = {"last": last, "amount_fen": result.amount_fen, "url": result.url, "until": until}
    values |= {"closed": bool(before.closed_fen), "paid_fen": sum(before.paid_fen)}
    turn.say("pay_here", **values, short_fen=0 if other else await _short_fen(turn, amount_fen))
    turn.outcome("recharge", "answered")
    return OVER


async def _before(turn: Turn, payment_id: str, of: str) -> recharge.Pages:
    """What was opened before for that number is corrected by this page: two that can be paid cost somebody twice."""
    try:
        return await recharge.close_pages(turn.doors, turn.who, but=payment_id, of=of)
    except Unavailable:
        return recharge.Pages()


async def _short_fen(turn: Turn, amount_fen: int) -> int:
    """What of the arrears stays unpaid: a line that is stopped for them then stays stopped."""
    try:
        return max(0, (await reads.balance(turn.doors, turn.who)).arrears_fen - amount_fen)
    except Unavailable:
        return 0


async def _refused(turn: Turn, refusal: Refusal, way: str) -> dict[str, Any]:
    again = refusal.code in AGAIN or (refusal.code == "card_invalid" and refusal.values.get("tries_left"))
    turn.events += await refuse(turn, "recharge", refusal)
    return {"way": way} if again else OVER
