"""The bill of a month with its items."""

from __future__ import annotations

import re
from typing import Any

from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.model import Bill, BillItem
from crm.operations import reads
from crm.worktime import last_month, month_before

MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")


class QueryBill(Skill):
    """The month that was named, else the newest that is closed."""

    wish = "query_bill"

    async def answer(self, turn: Turn) -> list[Event]:
        month = str(turn.entities.get("month") or "")
        if not MONTH.fullmatch(month):
            month = last_month(turn.doors.now())
        bill = await reads.bill(turn.doors, turn.who, month)
        if bill is None:
            known = await reads.bills(turn.doors, turn.who)
            turn.say("bill_not_kept", month=month, bills=[{"month": b.month} for b in known[:3]])
        else:
            turn.say("bill", **shown(bill, turn.who.language), before=month_before(bill.month))
        turn.outcome(self.wish, "answered")
        return []


def shown(bill: Bill, language: str) -> dict[str, Any]:
    """A bill as the wording shows it, the largest items first."""
    items = sorted(bill.items, key=lambda item: -item.amount_fen)
    return {
        "month": bill.month,
        "total_fen": bill.total_fen,
        "due_fen": bill.due_fen,
        "due_on": bill.due_on.isoformat(),
        "open": bill.state == "open",
        "closing": bill.state == "closing",
        "items": [told(item, language) for item in items],
    }


def told(item: BillItem, language: str) -> dict[str, Any]:
    """A charge with the figures that it was reckoned from, as the wording shows it."""
    figures = item.reckoning
    return {
        "name": item.name.of(language),
        "amount_fen": item.amount_fen,
        "cause": item.cause,
        "on": item.on.isoformat(),
        "reckoned": figures is not None,
        "count": figures.count if figures else 0,
        "each_fen": figures.each_fen if figures else 0,
        "of": figures.of if figures else 0,
    }
