"""Top up: a recharge card, or a page to pay on."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import FollowupAction, SlotSet

from bot.actions.form import OVER, Form
from bot.actions.own_only import refuses_other
from bot.actions.refusals import refuse
from bot.actions.skill import Skill, clear_form
from bot.actions.turn import Event, Turn
from crm.operations import recharge
from crm.operations.results import Refusal

OFFERED_FEN = (3000, 5000, 10000, 20000)
LEAST_YUAN = 5
AGAIN = frozenset({"amount", "card_missing", "card_used", "card_expired", "invalid"})


class Recharge(Skill):
    wish = "recharge"
    ends_form = True

    def _level(self) -> int:
        return 1

    async def answer(self, turn: Turn) -> list[Event]:
        if refuses_other(turn, self.wish):
            return clear_form()
        if "secret_card" in turn.entities:
            if await by_card(turn, str(turn.entities["secret_card"])) is OVER:
                return clear_form()
            start = {"way": "card"}
        elif "amount_fen" in turn.entities:
            if await by_page(turn, int(turn.entities["amount_fen"])) is OVER:
                return clear_form()
            start = {"way": "page"}
        else:
            start = {}
        events = [SlotSet(name, value) for name, value in start.items()]
        return [*clear_form(), *events, FollowupAction("recharge_form")]


class RechargeByCard(Recharge):
    """The card is asked for at once, where it did not come with the wish."""

    wish = "recharge_by_card"

    async def answer(self, turn: Turn) -> list[Event]:
        if "secret_card" in turn.entities:
            return await super().answer(turn)
        if refuses_other(turn, self.wish):
            return clear_form()
        return [*clear_form(), SlotSet("way", "card"), FollowupAction("recharge_form")]


class RechargeForm(Form):
    """`way` is card or page; `means` the card or the amount, never kept: it is used at once."""

    wish = "recharge"
    slots = ("way", "means")

    async def read(self, turn: Turn, step: str) -> dict[str, Any] | None:
        if turn.intent == "deny":
            turn.say("stopped")
            turn.outcome(self.wish, "abandoned")
            return OVER
        if turn.intent in ("recharge", "recharge_by_card") and refuses_other(turn, self.wish):
            return {}
        if "secret_card" in turn.entities:
            return await by_card(turn, str(turn.entities["secret_card"]))
        amount = _amount(turn, step)
        if amount is not None:
            return await by_page(turn, amount)
        if turn.entities.get("option") in ("card", "page"):
            return {"way": turn.entities["option"]}
        if turn.intent == "recharge_by_card":
            return {"way": "card"}
        return {} if turn.intent == "recharge" else None

    def awaited(self, step: str, known: dict[str, Any]) -> str:
        return "code" if step == "means" and known["way"] == "card" else ""

    async def ask(self, turn: Turn, step: str, known: dict[str, Any]) -> list[Event] | None:
        if step == "way":
            turn.say("ask_recharge_way")
        elif known["way"] == "card":
            turn.say("ask_recharge_card")
        else:
            turn.say("ask_recharge_amount", amounts=[{"amount_fen": fen} for fen in OFFERED_FEN])
        return []


def _amount(turn: Turn, step: str) -> int | None:
    """A bare number is yuan once an amount was asked for, and before that unless it may count the ways."""
    if "amount_fen" in turn.entities:
        return int(turn.entities["amount_fen"])
    number = turn.entities.get("number")
    paging = step == "means" and turn.slot("way") == "page"
    if isinstance(number, int) and (paging or (step == "way" and number >= LEAST_YUAN and turn.says_only(("number",)))):
        return number * 100
    return None


async def by_card(turn: Turn, ref: str) -> dict[str, Any]:
    """OVER when done or hopeless; else the form asks for the card again."""
    result = await recharge.with_card(turn.doors, turn.who, ref)
    if isinstance(result, Refusal):
        return await _refused(turn, result, "card")
    turn.say("recharged", amount_fen=result.amount_fen, balance_fen=result.balance_fen, msisdn=result.msisdn)
    turn.outcome("recharge", "done")
    return OVER


async def by_page(turn: Turn, amount_fen: int) -> dict[str, Any]:
    """OVER when the page was shown; else the form asks for the amount again."""
    result = await recharge.with_page(turn.doors, turn.who, amount_fen)
    if isinstance(result, Refusal):
        return await _refused(turn, result, "page")
    turn.say("pay_here", amount_fen=result.amount_fen, url=result.url, until=result.expires_at.isoformat())
    turn.outcome("recharge", "answered")
    return OVER


async def _refused(turn: Turn, refusal: Refusal, way: str) -> dict[str, Any]:
    again = refusal.code in AGAIN or (refusal.code == "card_invalid" and refusal.values.get("tries_left"))
    turn.events += await refuse(turn, "recharge", refusal)
    return {"way": way} if again else OVER
