"""Faults, complaints and call-backs: a record with a deadline and one accountable person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from crm.errors import NotFound, Refused
from crm.model import Ticket, TicketKind, Urgency
from crm.operations import reads
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.ports import DoneKind
from crm.operations.results import Refusal

MOST_TEXT = 500
DONE: Mapping[DoneKind, str] = {"order": "订单", "top_up": "充值", "invoice": "发票"}
OPERATIONS: Mapping[TicketKind, str] = {
    "fault": "report_fault",
    "complaint": "complain",
    "callback": "request_callback",
    "lead": "leave_lead",
}


async def create(
    doors: Doors, who: Context, kind: TicketKind, text: str, wish: str, urgency: Urgency = "normal"
) -> Ticket | Refusal:
    """`wish` names this one wish: asked again after a time-out, it gives the same ticket. Raises Unavailable."""
    subscriber = await admitted(doors, who, OPERATIONS[kind])
    if isinstance(subscriber, Refusal):
        return subscriber
    key = hashlib.sha256(f"{who.conversation}\n{kind}\n{wish}".encode()).hexdigest()[:32]
    try:
        return await doors.crm.create_ticket(
            subscriber.msisdn,
            kind,
            text[:MOST_TEXT],
            urgency,
            idempotency_key=key,
            deadline=doors.write_deadline(),
        )
    except Refused as refused:
        return Refusal(refused.reason, refused.values)


async def not_solved(doors: Doors, who: Context, kind: DoneKind, done: str) -> Ticket | Refusal:
    """A complaint about an order, a top-up (by its payment) or an invoice of theirs: however often it is said, one
    ticket, one person. Raises Unavailable.
    """
    try:
        theirs = who.bound is not None and await _whose(doors, who.bound.msisdn, kind, done) == who.bound.msisdn
    except NotFound:
        theirs = False
    if not theirs:
        return Refusal("no_such_ticket")
    return await create(doors, who, "complaint", f"【办理后未解决】{DONE[kind]}{done}", f"{kind}:{done}")


async def waiting(doors: Doors, who: Context, kind: TicketKind) -> Ticket | None:
    """The last of its kind that somebody works on: one call-back a person is enough. Raises Unavailable."""
    return next((t for t in await reads.tickets(doors, who) if t.kind == kind and not t.over), None)


async def change(
    doors: Doors, who: Context, ticket: Ticket, note: str = "", cancelled: bool = False
) -> Ticket | Refusal:
    """What the person says later of a ticket of theirs: a note, or that it is not wanted. Raises Unavailable."""
    subscriber = await admitted(doors, who, OPERATIONS[ticket.kind])
    if isinstance(subscriber, Refusal):
        return subscriber
    if ticket.msisdn != subscriber.msisdn:
        return Refusal("no_such_ticket")
    seed = f"{who.conversation}\n{who.message_id}\nchange {ticket.id}"
    key, deadline = hashlib.sha256(seed.encode()).hexdigest()[:32], doors.write_deadline()
    return await doors.crm.change_ticket(ticket.id, note[:MOST_TEXT], cancelled, idempotency_key=key, deadline=deadline)


async def _whose(doors: Doors, msisdn: str, kind: DoneKind, done: str) -> str:
    """The number it was done for; raises NotFound, Unavailable."""
    deadline = doors.read_deadline()
    if kind == "order":
        return (await doors.crm.order(done, deadline=deadline)).msisdn
    if kind == "top_up":
        return (await doors.crm.payment(done, deadline=deadline)).msisdn
    issued = await doors.crm.invoices(msisdn, deadline=deadline)
    return next((one.msisdn for one in issued if one.id == done), "")


async def reopen(doors: Doors, who: Context, ticket_id: str) -> Ticket | Refusal:
    """The person says that it is not solved: the same ticket goes on under its number, with its person, and a new
    deadline. Raises Unavailable.
    """
    subscriber = await admitted(doors, who, "query_ticket")
    if isinstance(subscriber, Refusal):
        return subscriber
    key = hashlib.sha256(f"{who.conversation}\n{who.message_id}\nreopen".encode()).hexdigest()[:32]
    try:
        ticket = await doors.crm.ticket(ticket_id, deadline=doors.read_deadline())
        if ticket.msisdn != subscriber.msisdn:
            return Refusal("no_such_ticket")
        off = await admitted(doors, who, OPERATIONS[ticket.kind])
        if isinstance(off, Refusal):
            return off
        return await doors.crm.reopen_ticket(ticket_id, idempotency_key=key, deadline=doors.write_deadline())
    except NotFound:
        return Refusal("no_such_ticket")
    except Refused as refused:
        return Refusal(refused.reason, refused.values)
