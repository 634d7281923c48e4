"""Whether a number can be taken to another carrier: every reason against it at once, none of them ours to invent."""

from __future__ import annotations

from datetime import timedelta

from crm.model import Reason
from crm.operations import reads
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.worktime import CHINA

YOUNGEST = timedelta(days=120)
"""A number has to be held so long before it can be taken elsewhere (national rule)."""


async def blocking(doors: Doors, who: Context) -> tuple[Reason, ...]:
    """suspended(cause), arrears(arrears_fen), lock_in(name, until) for each contract, too_young(until).

    Raises Unavailable.
    """
    person, balance = await reads.subscriber(doors, who), await reads.balance(doors, who)
    products = await reads.products(doors, who)
    reasons, now = [], doors.now()
    if person.status == "suspended":
        reasons.append(Reason("suspended", {"cause": person.suspended_for or ""}))
    if balance.arrears_fen:
        reasons.append(Reason("arrears", {"arrears_fen": balance.arrears_fen}))
    today = now.astimezone(CHINA).date()
    for product in products:
        if product.lock_in_until and product.lock_in_until > today:
            values = {"name": product.name.of(who.language), "until": product.lock_in_until.isoformat()}
            reasons.append(Reason("lock_in", values))
    # What is held says nothing of it: a new plan begins anew. A CRM that does not tell the day gives no reason.
    if person.joined_at and person.joined_at + YOUNGEST > now:
        old_enough = (person.joined_at + YOUNGEST).astimezone(CHINA)
        reasons.append(Reason("too_young", {"until": old_enough.isoformat()}))
    return tuple(reasons)
