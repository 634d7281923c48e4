"""A visit to a shop, for what is not done here: which shop, when it has time, and the booking."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
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


async def move(
    doors: Doors, who: Context, visit_id: str, shop_id: str, errand: str, at: datetime
) -> Appointment | Refusal:
    """One of one's own to another time: the old time is given up once the new one is booked.

    Done again, also when the old one is not listed any more, it is the same move. Raises Unavailable.
    """
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    before = next((visit for visit in await mine(doors, who) if visit.id == visit_id), None)
    if before and (before.shop_id, before.at) == (shop_id, at):
        return before
    booking = _Booking(doors, person.msisdn, shop_id, errand, f"{who.conversation}\nmove {visit_id} {at.isoformat()}")
    moved = await booking.at(at)
    if isinstance(moved, Refusal) and moved.code == "too_many_visits":
        await booking.give_up(before)
        # A refusal is kept under its key.
        moved = await booking.at(at, " after")
        if isinstance(moved, Refusal) and before:
            await booking.at(before.at, " back")
    elif isinstance(moved, Appointment):
        await booking.give_up(before)
    return moved


@dataclass(frozen=True)
class _Booking:
    """The calls of one move; `act` names it, so that each is done once."""

    doors: Doors
    msisdn: str
    shop_id: str
    errand: str
    act: str

    async def at(self, at: datetime, part: str = "") -> Appointment | Refusal:
        crm, key, deadline = self.doors.crm, self._key(part), self.doors.write_deadline()
        try:
            return await crm.book_visit(
                self.msisdn, self.shop_id, self.errand, at, idempotency_key=key, deadline=deadline
            )
        except NotFound:
            return Refusal("no_such_time")
        except Refused as refused:
            return Refusal(refused.reason, refused.values)

    async def give_up(self, visit: Appointment | None) -> None:
        """It may have ended meanwhile."""
        if visit is None:
            return
        with suppress(NotFound, Refused):
            await self.doors.crm.cancel_visit(
                visit.id, idempotency_key=self._key(" off"), deadline=self.doors.write_deadline()
            )

    def _key(self, part: str) -> str:
        return hashlib.sha256(f"{self.act}{part}".encode()).hexdigest()[:32]


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
