"""What is said of an order when the CRM answered, and when it did not."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.actions.turn import Turn
from crm.operations.results import Done, Pending

FIRST_LOOK_S = 5.0
AT_ONCE = timedelta(minutes=1)
OWN_WORDS = {
    "undo_plan_change": "plan_change_undone",
    "redeem_points": "points_redeemed",
    "suspend_number": "line_on_hold",
    "report_lost_sim": "lost_line_stopped",
}
"""What is said of these once they are done, in place of "ordered" or "cancelled"."""


def tell(turn: Turn, wish: str, result: Done | Pending, then: str = "") -> None:
    """Done, accepted for the next cycle, or on its way: then it is asked for again under the same key.

    `then`: what follows once it is done, for whoever asks again.
    """
    quote = result.quote
    values = {
        "name": quote.name.of(turn.who.language),
        "price_fen": quote.price_fen,
        "monthly_fen": quote.monthly_fen,
        "points": quote.points,
        "operation": quote.operation,
        "msisdn": quote.msisdn,
    }
    if isinstance(result, Pending):
        turn.say("order_pending", **values)
        look_again(turn, quote.id, FIRST_LOOK_S, then)
        return
    if quote.operation in OWN_WORDS:
        turn.say(OWN_WORDS[quote.operation], **values)
        turn.outcome(wish, "done")
        return
    response = "order_done" if result.order.state == "completed" else "order_accepted"
    turn.say(response, **values, order=result.order.id, effective_at=later(turn, result.order.effective_at))
    turn.outcome(wish, "done")


def later(turn: Turn, effective_at: datetime) -> str:
    """The moment as ISO text, "" for at once."""
    return "" if effective_at - turn.doors.now() <= AT_ONCE else effective_at.isoformat()


def look_again(turn: Turn, quote_id: str, after_s: float, then: str = "") -> None:
    """Asks the switchboard to bring the order up again."""
    values = {"quote": quote_id, "wait_s": after_s, "then": then}
    turn.effect(timers=[{"name": "order_check", "after_s": after_s, "values": values}])
