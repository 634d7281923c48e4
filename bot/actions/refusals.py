"""Says no in words: the reason, what can be done about it, and after the second no the way to a human."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import SlotSet

from bot.actions.turn import Event, Turn
from crm.errors import NotFound, Unavailable
from crm.operations.results import Refusal

OFFER_AFTER = 2
AND = {"zh": "、", "en": ", "}
NO_MORE = frozenset({"code_too_soon", "code_too_many"})
"""No other code is sent now: the one that came is waited for."""
MOST_OFFERED = 3
_OFFERINGS = ("offering", "by", "missing", "dependents")


async def refuse(turn: Turn, wish: str, refusal: Refusal) -> list[Event]:
    """Every refusal offers a human; the second in a row asks."""
    if refusal.code == "not_bound" and turn.who.channel == "sms":
        # Behind an SMS link stands one number only: nothing else could be proven there.
        refusal = Refusal("unknown_number")
    turn.say(f"refused_{refusal.code}", **await _named(turn, refusal))
    turn.outcome(wish, "refused")
    count = int(turn.slot("refusals") or 0) + 1
    if count >= OFFER_AFTER:
        turn.say("offer_human")
        count = 0
    return [SlotSet("refusals", count)]


def still_waits(turn: Turn, refusal: Refusal) -> dict[str, Any]:
    """For a form that asked for a code: no other is sent, and the one that was can be typed."""
    turn.say(f"refused_{refusal.code}", **refusal.values, sent=True)
    turn.asked = True
    return {}


async def _named(turn: Turn, refusal: Refusal) -> dict[str, Any]:
    """Ids of offerings become names in the person's language."""
    values: dict[str, Any] = dict(refusal.values)
    if "missing" in values:
        values |= await _to_get(turn, values["missing"])
    if "dependents" in values:
        values["ends"] = all([await _ends_by_itself(turn, str(one)) for one in _ids(values["dependents"])])
    for key in _OFFERINGS:
        if key in values:
            ids = _ids(values[key])
            values[key] = AND[turn.who.language].join([await _name(turn, str(one)) for one in ids])
            values["several"] = len(ids) > 1
    if refusal.code == "pending_plan_change":
        values["plan"] = await _ordered(turn, str(values.get("order", "")))
    return values


def _ids(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


async def _to_get(turn: Turn, missing: Any) -> dict[str, list[dict[str, str]]]:
    """The first of what is missing, as choices that get it: `plans` by a change of plan, `others` by an order."""
    found: dict[str, list[dict[str, str]]] = {"plans": [], "others": []}
    for one in _ids(missing)[:MOST_OFFERED]:
        try:
            offering = await turn.doors.crm.offering(str(one), deadline=turn.doors.read_deadline())
        except (NotFound, Unavailable):
            continue
        kind = "plans" if offering.category == "plan" else "others"
        found[kind].append({"id": offering.id, "name": offering.name.of(turn.who.language)})
    return found


async def _ordered(turn: Turn, order_id: str) -> str:
    """What an order is for, "" when the CRM does not say."""
    try:
        order = await turn.doors.crm.order(order_id, deadline=turn.doors.read_deadline())
    except (NotFound, Unavailable):
        return ""
    return await _name(turn, order.items[0].offering_id)


async def _ends_by_itself(turn: Turn, offering_id: str) -> bool:
    """Whether it was bought once: there is nothing to cancel."""
    try:
        offering = await turn.doors.crm.offering(offering_id, deadline=turn.doors.read_deadline())
    except (NotFound, Unavailable):
        return False
    return offering.category == "data_pack" and not offering.monthly_fen


async def _name(turn: Turn, offering_id: str) -> str:
    try:
        offering = await turn.doors.crm.offering(offering_id, deadline=turn.doors.read_deadline())
    except (NotFound, Unavailable):
        return offering_id
    return offering.name.of(turn.who.language)
