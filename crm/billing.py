"""The billing run: for some days a month that has ended is added up, and its bill is not final."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crm.model import Bill
from crm.policy import Policy
from crm.worktime import CHINA


def as_of(bill: Bill, policy: Policy, now: datetime) -> Bill:
    """The bill, `closing` while the run of its month goes on."""
    local = now.astimezone(CHINA)
    last = (local.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")
    running = bill.month == last and local.day <= policy.billing_run_days
    return replace(bill, state="closing") if running and bill.state != "open" else bill
