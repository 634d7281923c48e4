"""Terms that law or the operator sets: ticket deadlines, accountable persons, limits of top-ups and card tries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from crm.errors import Refused
from crm.model import Subscriber, TicketKind
from crm.tries import Tries
from crm.worktime import CHINA, add_working_days, next_cycle


@dataclass(frozen=True)
class Policy:
    """Read from data (see crm/reference/data/policy.yml for the shape)."""

    terms: Mapping[str, Any]

    def ticket_due(self, kind: TicketKind, subscriber: Subscriber, now: datetime) -> datetime:
        """When a ticket opened now must be resolved."""
        if kind == "complaint":
            rule = self.terms["complaint"].get(subscriber.region, self.terms["complaint"]["default"])
        elif kind == "fault":
            rule = self.terms["fault"]["rural" if subscriber.rural else "urban"]
        else:
            rule = self.terms[kind]
        if "working_days" in rule:
            return add_working_days(now, rule["working_days"])
        return now + timedelta(days=rule.get("calendar_days", 0), hours=rule.get("hours", 0))

    def accountable(self, kind: TicketKind, subscriber: Subscriber) -> str:
        """The one person who answers for a ticket of this kind: for a lead the account manager by name, else whose the
        grid is; for a call-back the account manager too; for others, and where a grid is nobody's, who has the
        province.
        """
        people = self.terms["accountable"][kind]
        named = self._owner_of(subscriber) if kind == "lead" else ""
        if kind == "callback":
            named = subscriber.account_manager or ""
        return str(named or people.get(subscriber.region) or next(iter(people.values())))

    def _owner_of(self, subscriber: Subscriber) -> str:
        grids = self.terms["grids"]
        owner = next((one["owner"] for one in grids if one["from"] <= subscriber.grid <= one["to"]), "")
        return subscriber.account_manager or str(owner)

    def check_top_up(self, amount_fen: int) -> None:
        """Refused("amount") outside the limits."""
        limits = self.terms["top_up"]
        if not limits["least_fen"] <= amount_fen <= limits["most_fen"]:
            raise Refused("amount", {"min_fen": limits["least_fen"], "max_fen": limits["most_fen"]})

    @property
    def lock_in_fee_percent(self) -> int:
        """Of the monthly fee, for each month that is left of a contract."""
        return int(self.terms["lock_in_fee_share_percent"])

    def lock_in_fee_fen(self, monthly_fen: int, months_left: int) -> int:
        """What leaving a contract early would cost."""
        return monthly_fen * months_left * self.lock_in_fee_percent // 100

    def refund_since(self, now: datetime) -> date:
        """From this day on, charges that nobody ordered are given back."""
        today = now.astimezone(CHINA).date()
        months = today.year * 12 + today.month - self.terms["refund"]["months"]
        return date(months // 12, months % 12 + 1, 1)

    @property
    def cooling_off(self) -> timedelta:
        """So long after an order what was not used of it is given back without a reason."""
        return timedelta(days=self.terms["refund"]["cooling_off_days"])

    @property
    def proof_tries(self) -> Tries:
        """Of who somebody is."""
        return self._tries("proof_tries", "proof_locked", "proof_wrong")

    def plan_begins(self, now: datetime) -> datetime:
        """When a plan that is asked for now begins: with the next month, after the cut-off with the one after it."""
        begins = next_cycle(now)
        return next_cycle(begins) if self.is_settled(begins, now) else begins

    def is_settled(self, begins: datetime, now: datetime) -> bool:
        """Whether the plans of the month that begins then can no longer be changed."""
        return now >= begins - timedelta(hours=self.terms["plan_change"]["cut_off_hours"])

    @property
    def billing_run_days(self) -> int:
        """So many first days of a month the bill of the one before is not final."""
        return int(self.terms["billing_run"]["days"])

    @property
    def card_tries(self) -> Tries:
        """Of the numbers of recharge cards."""
        return self._tries("card_tries", "card_locked", "card_invalid")

    def _tries(self, name: str, locked: str, wrong: str) -> Tries:
        rule = self.terms[name]
        return Tries(int(rule["most"]), timedelta(minutes=rule["lock_minutes"]), locked, wrong)
