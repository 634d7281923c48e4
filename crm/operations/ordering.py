"""Confirm and execute a shown quote: one yes, one order. Used by every operation that changes what somebody holds."""

from __future__ import annotations

from crm.errors import NotFound, Refused, Unavailable
from crm.model import Order, OrderRequest
from crm.operations import evidence, stepups, undo_plan_change
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.levels import step_up
from crm.operations.quotes import Quote, stored
from crm.operations.results import CodeSent, Done, Pending, Refusal

STOPPING = frozenset({"report_lost_sim", "suspend_number"})
"""Whose phone takes no question afterwards."""


async def confirm(doors: Doors, who: Context, quote_id: str) -> Done | Pending | CodeSent | Refusal:
    """The person said yes. Executes, or sends the code that has to come first. Raises Unavailable: nothing was done."""
    found = await _confirmable(doors, who, quote_id)
    if isinstance(found, Refusal):
        return found
    quote, again = found
    if step_up(quote.operation, who.channel) == "code":
        return await _send_code(doors, who, quote)
    return await _execute(doors, who, quote, "reply", again)


async def confirm_with_code(doors: Doors, who: Context, quote_id: str, ref: str) -> Done | Pending | Refusal:
    """The person typed the code that `confirm` sent. A code of another quote, amount or number does nothing."""
    found = await _confirmable(doors, who, quote_id)
    if isinstance(found, Refusal):
        return found
    quote, again = found
    facts = await stepups.check(doors, who, quote.operation, quote.msisdn, ref)
    if isinstance(facts, Refusal):
        return facts
    if facts != _facts(quote):
        return Refusal("code_none")
    return await _execute(doors, who, quote, "code", again)


async def resume(doors: Doors, who: Context, quote_id: str) -> Done | Pending | Refusal:
    """Ask again, under the same key, for an order whose answer did not come."""
    try:
        quote, state, _ = await stored(doors, who, quote_id)
    except NotFound:
        return Refusal("quote_expired")
    if state != "consumed":
        return Refusal("quote_void")
    return await _place(doors, who, quote, "resumed", again=True)


async def _confirmable(doors: Doors, who: Context, quote_id: str) -> tuple[Quote, bool] | Refusal:
    """Open, shown, in time, still this person's, and at the price that was shown; and whether this message agreed to it
    before, so that the order may be placed already.
    """
    try:
        quote, state, why = await stored(doors, who, quote_id)
    except NotFound:
        return Refusal("quote_expired")
    if state == "void":
        return Refusal("quote_void", {"why": why})
    if state == "consumed":
        # Only the message that consumed it may go on: a repeated turn, not a second yes.
        mine = await doors.quotes.consume(who.conversation, quote_id, who.message_id)
        return (quote, True) if mine else Refusal("quote_used")
    if quote.expires_at <= doors.now():
        await doors.quotes.void(who.conversation, quote_id, "expired")
        return Refusal("quote_expired")
    if not await doors.quotes.was_shown(who.conversation, quote_id, who.place):
        return Refusal("quote_not_shown")
    subscriber = await admitted(doors, who, quote.operation)
    if isinstance(subscriber, Refusal):
        return subscriber
    if who.bound is None or who.bound.msisdn != quote.msisdn:
        return Refusal("quote_void", {"why": "other_number"})
    refusal = await _untrue(doors, who, quote)
    return refusal or (quote, False)


async def _untrue(doors: Doors, who: Context, quote: Quote) -> Refusal | None:
    if quote.operation == undo_plan_change.OPERATION:
        waits = await undo_plan_change.waiting(doors, who)
        return None if waits and waits.id == quote.items[0].offering_id else Refusal("nothing_to_cancel")
    now = await doors.crm.qualify(quote.msisdn, quote.items, deadline=doors.read_deadline())
    agreed = (quote.price_fen, quote.monthly_fen, quote.catalogue_version)
    refusal = None
    if not now.ok:
        refusal = Refusal(now.reasons[0].code, now.reasons[0].values)
    elif (now.price_fen, now.monthly_fen, now.catalogue_version) != agreed:
        refusal = Refusal("price_changed", {"quoted_fen": quote.price_fen, "current_fen": now.price_fen})
    if refusal:
        await doors.quotes.void(who.conversation, quote.id, refusal.code)
    return refusal


def _facts(quote: Quote) -> dict[str, object]:
    return {"quote": quote.id, "price_fen": quote.price_fen, "points": quote.points, "msisdn": quote.msisdn}


async def _send_code(doors: Doors, who: Context, quote: Quote) -> CodeSent | Refusal:
    values = {
        "name": quote.name.of(who.language),
        "price_fen": quote.price_fen,
        "points": quote.points,
        "operation": quote.operation,
    }
    return await stepups.send(doors, who, quote.operation, quote.msisdn, _facts(quote), values, stepups.TRANSACTION_S)


async def _execute(doors: Doors, who: Context, quote: Quote, proof: str, again: bool) -> Done | Pending | Refusal:
    if not await doors.quotes.consume(who.conversation, quote.id, who.message_id):
        return Refusal("quote_used")
    return await _place(doors, who, quote, proof, again=again)


async def _place(doors: Doors, who: Context, quote: Quote, proof: str, *, again: bool) -> Done | Pending | Refusal:
    undo = quote.operation == undo_plan_change.OPERATION
    try:
        order = await (undo_plan_change.take_back(doors, quote) if undo else _order(doors, quote, again))
    except Refused as refused:
        return Refusal(refused.reason, refused.values)
    except NotFound:
        return Refusal("unknown_offering")
    except Unavailable:
        return Pending(quote)
    if order.state in ("rejected", "failed", "cancelled") and not undo:
        reason = order.reasons[0] if order.reasons else None
        return Refusal(reason.code, reason.values) if reason else Refusal("invalid", {"field": "order"})
    await evidence.keep(doors, who, quote, order.id, proof)
    if order.state == "completed" and quote.operation not in STOPPING:
        subscriber = who.bound.subscriber_id if who.bound else ""
        await doors.asking.solved(quote.msisdn, subscriber, quote.name.of(who.language), order.id, who.language)
    return Done(quote, order)


async def _order(doors: Doors, quote: Quote, again: bool) -> Order:
    # The same each time it is asked again: a repeat with another body is refused.
    proof = "code" if step_up(quote.operation, quote.channel) == "code" else "reply"
    request = OrderRequest(quote.msisdn, quote.items, quote.id, quote.channel, quote.price_fen, proof)
    return await doors.crm.place_order(
        request, idempotency_key=quote.id, deadline=doors.write_deadline(), look_first=again
    )
