"""What stands in the way of taking a number to another carrier: the law's list, and nothing besides."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta

from crm.errors import Refused
from crm.model import Balance, Product, Reason, Subscriber
from crm.worktime import CHINA

YOUNGEST = timedelta(days=120)
"""A number has to be held so long before it can be taken elsewhere (national rule)."""
VALID = timedelta(hours=1)
"""So long the code is good for."""


def blocking(
    person: Subscriber, balance: Balance, products: Sequence[Product], now: datetime, language: str = "zh"
) -> tuple[Reason, ...]:
    """suspended(cause), arrears(arrears_fen), lock_in(name, until) for each contract, too_young(until)."""
    reasons = []
    if person.status == "suspended":
        reasons.append(Reason("suspended", {"cause": person.suspended_for or ""}))
    if balance.arrears_fen:
        reasons.append(Reason("arrears", {"arrears_fen": balance.arrears_fen}))
    today = now.astimezone(CHINA).date()
    for product in products:
        if product.lock_in_until and product.lock_in_until > today:
            values = {"name": product.name.of(language), "until": product.lock_in_until.isoformat()}
            reasons.append(Reason("lock_in", values))
    # What is held says nothing of it: a new plan begins anew. A CRM that does not tell the day gives no reason.
    if person.joined_at and person.joined_at + YOUNGEST > now:
        old_enough = (person.joined_at + YOUNGEST).astimezone(CHINA)
        reasons.append(Reason("too_young", {"until": old_enough.isoformat()}))
    return tuple(reasons)


def check_free(person: Subscriber, balance: Balance, products: Sequence[Product], now: datetime) -> None:
    """Refused with the first reason against it."""
    for reason in blocking(person, balance, products, now):
        raise Refused(reason.code, {name: value for name, value in reason.values.items() if value})


def code_of(key: bytes, msisdn: str, request: str) -> str:
    """Eight digits, the same for the same request, so that no store has to keep them."""
    digest = hmac.new(key, f"port out\n{msisdn}\n{request}".encode(), hashlib.sha256).hexdigest()
    return f"{int(digest[:12], 16) % 10**8:08d}"
