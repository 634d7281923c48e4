"""The bill of a month with its items."""

from __future__ import annotations

import re
from typing import Any

from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from bot.actions.years import whole_year
from crm.model import Bill, BillItem
from crm.operations import reads
from crm.worktime import last_month, month_before, month_of

MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")

MOST_KEPT = 6
"""So many months are kept."""
_UNTIL_NOW = re.compile(
    r"(?:到|至)(?:现在|今天|目前|这个月|本月)|(?:以来|到现在)|\b(?:until|till|to) (?:now|today)\b|\bsince\b"
)


class QueryBill(Skill):
    """The month that was named, else the newest that is closed."""

    wish = "query_bill"

    async def answer(self, turn: Turn) -> list[Event]:
        if len(months := _months(turn)) > 1:
            return await self._several(turn, months)
        month = str(turn.entities.get("month") or "")
        year = "" if months or month else whole_year(turn.entities.get("period"))
        if not MONTH.fullmatch(month):
            month = months[0] if months else last_month(turn.doors.now())
        bill = None if year else await reads.bill(turn.doors, turn.who, month)
        if bill is None:
            known = await reads.bills(turn.doors, turn.who)
            turn.say("bill_not_kept", month=month, year=year, bills=[{"month": b.month} for b in known[:3]])
        else:
            turn.say("bill", **shown(bill, turn.who.language), before=month_before(bill.month))
        turn.outcome(self.wish, "answered")
        return []

    async def _several(self, turn: Turn, months: list[str]) -> list[Event]:
        """Their sums; each in full is a choice."""
        bills = [bill for month in months if (bill := await reads.bill(turn.doors, turn.who, month))]
        items = [{"month": b.month, "total_fen": b.total_fen, "open": b.state == "open"} for b in bills]
        turn.say("bills", items=items, total_fen=sum(b.total_fen for b in bills))
        turn.outcome(self.wish, "answered")
        return []


def _months(turn: Turn) -> list[str]:
    """Those that are meant, the oldest first, when several are: one by one, from one until now, or the last N."""
    named = sorted({str(value) for name, value, _ in turn.named if name == "month" and MONTH.fullmatch(str(value))})
    kept = _back(month_of(turn.doors.now()))
    period = turn.entities.get("period")
    if isinstance(period, dict):
        return [month for month in kept if str(period.get("from")) <= month <= str(period.get("to"))]
    if named and _UNTIL_NOW.search(turn.text.casefold()):
        return [month for month in kept if month >= named[0]]
    return named[-MOST_KEPT:]


def _back(month: str) -> list[str]:
    """All months that are kept until this one, the oldest first."""
    found = [month]
    while len(found) < MOST_KEPT:
        found.append(month_before(found[-1]))
    return found[::-1]


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
