"""Another number of the account: asked about by its digits, and only where it is one of the holder's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk.events import SlotSet

from bot.actions import references
from bot.actions.own_only import LAST, by_itself
from bot.actions.registry import skill_of
from bot.actions.shown import MOST, recent_wish
from bot.actions.turn import Event, Turn
from crm.operations.context import Bound
from crm.operations.identify import identify
from crm.operations.results import Refusal

OF_A_NUMBER = frozenset(
    {
        "query_balance", "query_bill", "query_data_usage", "query_monthly_fee", "query_my_plan", "query_pack_expiry",
        "query_recharge_record", "query_sms_allowance", "query_subscribed_services", "query_suspension",
        "query_voice_allowance", "dispute_charge",
    }
)  # fmt: skip
"""Wishes that the holder of an account may ask of its other numbers: they only read."""
TOLD_OF_NUMBER = (OF_A_NUMBER - {"dispute_charge", "query_recharge_record"}) | {
    "query_broadband", "query_orders", "query_points", "query_ticket", "query_third_party_services",
}  # fmt: skip
"""Wishes that a number typed in full is the subject of, rather than who was called or paid for."""


async def of_number(turn: Turn, intent: str, entities: Mapping[str, Any], digits: str) -> list[Event]:
    """Reads something of the account's number that ends in `digits`, or with "" the only other. Raises Unavailable."""
    person, deadline = await identify(turn.doors, turn.who), turn.doors.read_deadline()
    if isinstance(person, Refusal):
        return await skill_of(intent).handle(turn.as_wish(intent, entities))
    numbers = await turn.doors.crm.numbers_of_account(person.msisdn, deadline=deadline)
    found = [n for n in numbers if (n.endswith(digits) if digits else n != person.msisdn)]
    kept = {"intent": intent, "entities": dict(entities), "at": turn.doors.now().isoformat()}
    if len(found) != 1:
        _ask_which(turn, intent, digits, found)
        return [SlotSet("wish", {**kept, "which": True})] if found else []
    last, other = found[0][-4:], turn.as_wish(intent, entities)
    if found[0] != person.msisdn:
        owner = await turn.doors.crm.subscriber_of(found[0], deadline=deadline)
        other.bind(Bound(owner.msisdn, owner.id))
        other.of_number = last
        turn.say("for_number", last=last)
        turn.events.append(SlotSet("spoke_of", last))
    return [*await skill_of(intent).handle(other), SlotSet("wish", {**kept, "number": last})]


async def do(turn: Turn, intent: str, entities: Mapping[str, Any], number: str = "") -> list[Event]:
    """The same turn with the wish that was meant, about the number that ends in `number`."""
    if number:
        return await of_number(turn, intent, entities, number)
    return await skill_of(intent).handle(turn.as_wish(intent, entities))


async def of_other(turn: Turn) -> list[Event] | None:
    """Rasa's events; None where no other number is asked about. Raises Unavailable."""
    if turn.who.bound is None:
        return None
    digits, wish = str(turn.entities.get("last_digits") or ""), recent_wish(turn)
    if wish and wish.get("which") and (said := by_itself(turn)):
        return await _for_number(turn, wish, said)
    if (events := await _of_whole_number(turn, turn.who.bound.msisdn)) is not None:
        return events
    if not (digits or references.other_number(turn.text)):
        return None
    words = turn.words.get("last_digits", digits)
    last, month = str(wish["intent"]) if wish else "", turn.entities.get("month")
    if not turn.text or not references.names_number(turn.text, words):
        said = references.subject_of_number(turn.text, words) or (turn.intent if digits else "")
        # "尾号8888的银行卡扣了钱" speaks of no number of ours.
        if said in OF_A_NUMBER - {"dispute_charge"}:
            return await of_number(turn, said, {"month": month} if month else {}, digits)
        if turn.text or said not in ("", "inform"):
            return None
    if wish and (last in OF_A_NUMBER or (digits and wish.get("which"))):
        return await _for_number(turn, wish, digits)
    if digits and last == "query_other_number":
        turn.say("what_of_number", digits=digits)
        return []
    return None


async def _of_whole_number(turn: Turn, own: str) -> list[Event] | None:
    """Whose number was typed in full is asked about, and nobody's own is told in its place."""
    number = str(turn.entities.get("msisdn") or "")
    if not number or number == own or not turn.text:
        return None
    wish = references.subject_of_number(turn.text, turn.words.get("msisdn", "")) or turn.intent
    if wish in TOLD_OF_NUMBER:
        return await of_number(turn, wish, {"month": month} if (month := turn.entities.get("month")) else {}, number)
    return None


async def _for_number(turn: Turn, wish: Mapping[str, Any], digits: str) -> list[Event]:
    """What was asked for, of this number."""
    intent, entities = str(wish["intent"]), wish.get("entities") or {}
    if intent in OF_A_NUMBER:
        return await of_number(turn, intent, entities, digits)
    return await do(turn, intent, {**entities, "last_digits": digits})


def _ask_which(turn: Turn, intent: str, digits: str, found: Sequence[str]) -> None:
    if found:
        items = [number[-4:] for number in found[:MOST]]
        turn.say("which_number", items=items, count=len(found), amount_fen=0, card=False, pays=False)
    else:
        turn.say("not_your_number", digits=digits[-LAST:])
        turn.outcome(intent, "refused")
