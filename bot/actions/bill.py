"""The bill of a month with its items, and why something was charged."""

from __future__ import annotations

import re
from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Any, ClassVar

from bot.actions.skill import Skill
from bot.actions.turn import Event, Turn
from crm.model import Bill
from crm.operations import cancel_data_pack, reads
from crm.worktime import CHINA, month_of

MONTH = re.compile(r"\d{4}-(?:0[1-9]|1[0-2])")


class _Bill(Skill):
    """The bill of the month that was named, or else of `month`."""

    response: ClassVar[str] = ""

    @abstractmethod
    def month(self, now: datetime) -> str: ...

    async def more(self, turn: Turn, bill: Bill) -> dict[str, Any]:
        """Further values for the wording."""
        return {}

    async def answer(self, turn: Turn) -> list[Event]:
        month = str(turn.entities.get("month") or "")
        if not MONTH.fullmatch(month):
            month = self.month(turn.doors.now())
        bill = await reads.bill(turn.doors, turn.who, month)
        if bill is None:
            known = await reads.bills(turn.doors, turn.who)
            turn.say("bill_not_kept", month=month, bills=[{"month": b.month} for b in known[:3]])
        else:
            values = {**shown(bill, turn.who.language), "before": before(bill.month)}
            turn.say(self.response, **values, **await self.more(turn, bill))
        turn.outcome(self.wish, "answered")
        return []


class QueryBill(_Bill):
    wish = "query_bill"
    response = "bill"

    def month(self, now: datetime) -> str:
        return last_month(now)


class DisputeCharge(_Bill):
    """Why was I charged? The running month, since that is what somebody has just seen."""

    wish = "dispute_charge"
    response = "bill_why"
    tells = True

    def month(self, now: datetime) -> str:
        return month_of(now)

    async def more(self, turn: Turn, bill: Bill) -> dict[str, Any]:
        """What of the bill is still held and can be cancelled here, and what the sums are made of."""
        charged = {item.offering_id for item in bill.items}
        held = await cancel_data_pack.cancellable(turn.doors, turn.who)
        named = [{"id": p.offering_id, "name": p.name.of(turn.who.language)} for p in held]
        earlier = await reads.bill(turn.doors, turn.who, before(bill.month))
        return {
            "stoppable": [one for one in named if one["id"] in charged],
            "change_fen": bill.total_fen - earlier.total_fen if earlier and bill.state != "open" else 0,
            "top": avoidable(bill),
            "used_kb": await self._used_kb(turn, bill),
        }

    async def _used_kb(self, turn: Turn, bill: Bill) -> int:
        """The month's data, 0 where data was not what cost. How much was beyond is not told: what packs, rolled-over
        data or another plan granted in that month is not kept."""
        if not any(item.cause == "out_of_bundle_data" for item in bill.items):
            return 0
        used = await reads.usage(turn.doors, turn.who, bill.month)
        return used.data_kb if used else 0


def avoidable(bill: Bill) -> str:
    """The cause of the largest charge that is no monthly fee, "" when there is none: what to do about it is said."""
    extra = [item for item in bill.items if item.cause != "monthly_fee" and item.amount_fen > 0]
    return max(extra, key=lambda item: item.amount_fen).cause if extra else ""


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
