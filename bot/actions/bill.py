"""The bill of a month with its items, and why something was charged."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.model import Bill
from crm.operations import cancel_data_pack, reads
from crm.worktime import CHINA, month_of

MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")


class QueryBill(Skill):
    wish = "query_bill"

    async def answer(self, turn: Turn) -> list[Event]:
        if turn.topic == "call_detail":
            turn.say("not_offered_call_detail")
            turn.outcome("call_detail", "refused")
            return []
        now = turn.doors.now()
        month = str(turn.entities.get("month") or "")
        if not MONTH.fullmatch(month):
            month = month_of(now) if turn.topic == "dispute_charge" else last_month(now)
        bill = await reads.bill(turn.doors, turn.who, month)
        if bill is None:
            known = await reads.bills(turn.doors, turn.who)
            turn.say("bill_not_kept", month=month, bills=[{"month": b.month} for b in known[:3]])
            turn.outcome(self.wish, "answered")
            return []
        values = {**shown(bill, turn.who.language), "before": before(bill.month)}
        if turn.topic == "dispute_charge":
            turn.say("bill_why", **values, stoppable=await self._stoppable(turn, bill))
        else:
            turn.say("bill", **values)
        turn.outcome(self.wish, "answered")
        return []

    async def _stoppable(self, turn: Turn, bill: Bill) -> list[dict[str, str]]:
        """What of the bill is still held and can be cancelled here."""
        charged = {item.offering_id for item in bill.items}
        held = await cancel_data_pack.cancellable(turn.doors, turn.who)
        return [{"id": p.offering_id, "name": p.name.of(turn.who.language)} for p in held if p.offering_id in charged]


def shown(bill: Bill, language: str) -> dict[str, Any]:
    """A bill as the wording shows it, the largest items first."""
    items = sorted(bill.items, key=lambda item: -item.amount_fen)
    return {
        "month": bill.month,
        "total_fen": bill.total_fen,
        "due_fen": bill.due_fen,
        "due_on": bill.due_on.isoformat(),
        "open": bill.state == "open",
        "items": [
            {"name": i.name.of(language), "amount_fen": i.amount_fen, "cause": i.cause, "on": i.on.isoformat()}
            for i in items
        ],
    }


def last_month(now: datetime) -> str:
    """The newest month that is closed."""
    first = now.astimezone(CHINA).replace(day=1)
    return (first - timedelta(days=1)).strftime("%Y-%m")


def before(month: str) -> str:
    """2026-01 → 2025-12."""
    year, number = (int(part) for part in month.split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"
