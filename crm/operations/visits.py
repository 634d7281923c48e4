"""A visit to a shop, for what is not done here: which shop, when it has time, and the booking."""

from __future__ import annotations

import hashlib
from datetime import datetime

from crm.errors import NotFound, Refused
from crm.model import Appointment
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal

OPERATION = "book_visit"


async def times(doors: Doors, shop_id: str) -> tuple[datetime, ...]:
    """Free ones, the next first; () for a shop that is not known. Raises Unavailable."""
    try:
        return await doors.crm.visit_times(shop_id, deadline=doors.read_deadline())
    except NotFound:
        return ()


async def book(doors: Doors, who: Context, shop_id: str, errand: str, at: datetime) -> Appointment | Refusal:
    """The same message books once. Raises Unavailable."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    try:
        return await doors.crm.book_visit(
            person.msisdn, shop_id, errand, at, idempotency_key=_key(who, OPERATION), deadline=doors.write_deadline()
        )
    except NotFound:
        return Refusal("no_such_time")
    except Refused as refused:
        return Refusal(refused.reason, refused.values)


async def cancel(doors: Doors, who: Context, visit_id: str) -> Appointment | Refusal:
    """One of one's own. Raises Unavailable."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    mine = await doors.crm.visits(person.msisdn, deadline=doors.read_deadline())
    if visit_id not in {visit.id for visit in mine}:
        return Refusal("nothing_to_cancel")
    key = _key(who, f"cancel {visit_id}")
    return await doors.crm.cancel_visit(visit_id, idempotency_key=key, deadline=doors.write_deadline())


def _key(who: Context, act: str) -> str:
    return hashlib.sha256(f"{who.conversation}\n{act}\n{who.message_id}".encode()).hexdigest()[:32]
