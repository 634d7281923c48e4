"""A visit to a shop, for what is not done here: which shop, when it has time, and the booking."""

from __future__ import annotations

import hashlib
from datetime import datetime

from crm.errors import NotFound, Refused
from crm.model import Appointment
from crm.operations import reads
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal

OPERATION = "book_visit"
MINE, MOVE, CANCEL = "mine", "move:", "cancel:"
"""What a choice says of those that are booked; after two of them comes the id of one."""


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


async def mine(doors: Doors, who: Context) -> tuple[Appointment, ...]:
    """Those that are booked and not over, the next one first. Raises Unavailable."""
    return await doors.crm.visits(reads.number(who), deadline=doors.read_deadline())


async def move(doors: Doors, who: Context, visit: Appointment, at: datetime) -> Appointment | Refusal:
    """The same errand at the same shop, at another time: the old time is given up once the new one is booked.

    Asked for again after a lost answer it is the same move. Raises Unavailable.
    """
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    act = f"move {visit.id} {at.isoformat()}"
    key, gone = (hashlib.sha256(f"{who.conversation}\n{act}{part}".encode()).hexdigest()[:32] for part in ("", " off"))
    try:
        moved = await doors.crm.book_visit(
            person.msisdn, visit.shop_id, visit.errand, at, idempotency_key=key, deadline=doors.write_deadline()
        )
    except NotFound:
        return Refusal("no_such_time")
    except Refused as refused:
        return Refusal(refused.reason, refused.values)
    await doors.crm.cancel_visit(visit.id, idempotency_key=gone, deadline=doors.write_deadline())
    return moved


async def cancel(doors: Doors, who: Context, visit_id: str) -> Appointment | Refusal:
    """One of one's own. Raises Unavailable."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    if visit_id not in {visit.id for visit in await mine(doors, who)}:
        return Refusal("nothing_to_cancel")
    key = _key(who, f"cancel {visit_id}")
    return await doors.crm.cancel_visit(visit_id, idempotency_key=key, deadline=doors.write_deadline())


def _key(who: Context, act: str) -> str:
    return hashlib.sha256(f"{who.conversation}\n{act}\n{who.message_id}".encode()).hexdigest()[:32]
