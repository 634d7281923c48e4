"""An electronic invoice for a month that is over and paid, sent by e-mail."""

from __future__ import annotations

import hashlib
import re

from crm.errors import NotFound, Refused
from crm.invoicing import invoiceable_fen, is_tax_id
from crm.model import Bill, Invoice, InvoiceRequest
from crm.operations import reads
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal

OPERATION = "invoice"
MAIL = re.compile(r"[A-Za-z0-9._%+\-]{1,64}@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)*\.[A-Za-z]{2,24}")
MOST_TITLE = 100


async def months(doors: Doors, who: Context) -> tuple[Bill, ...]:
    """Bills that are closed, paid and not invoiced yet, newest first. Raises Unavailable."""
    if who.bound is None:
        return ()
    deadline = doors.read_deadline()
    made = await doors.crm.invoices(who.bound.msisdn, deadline=deadline)
    issued = {one.month for one in made if not one.reversal}
    bills = await doors.crm.bills(who.bound.msisdn, deadline=deadline)
    return tuple(b for b in bills if b.state == "settled" and b.total_fen and b.month not in issued)


async def issued(doors: Doors, who: Context) -> tuple[Invoice, ...]:
    """Newest first. Raises Unavailable."""
    return await doors.crm.invoices(reads.number(who), deadline=doors.read_deadline())


async def amount_fen(doors: Doors, who: Context, month: str) -> int:
    """What an invoice for this month would name; 0 where there is none. Raises Unavailable."""
    bill = await reads.bill(doors, who, month)
    return max(0, invoiceable_fen(bill)) if bill else 0


async def issue(
    doors: Doors, who: Context, month: str, title: str, tax_id: str, email: str, wish: str
) -> Invoice | Refusal:
    """The same words give the same invoice, however often they are confirmed. Raises Unavailable.

    `wish` names this one wish: after a reversal the same words are another one.
    """
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    if tax_id and not is_tax_id(tax_id):
        return Refusal("bad_tax_id")
    request = InvoiceRequest(person.msisdn, month, title[:MOST_TITLE], tax_id, email)
    seed = "\n".join((who.conversation, wish, person.msisdn, month, request.title, tax_id, email))
    key = hashlib.sha256(seed.encode()).hexdigest()[:32]
    try:
        made = await doors.crm.issue_invoice(request, idempotency_key=key, deadline=doors.write_deadline())
    except NotFound:
        return Refusal("bill_open", {"month": month})
    except Refused as refused:
        return Refusal(refused.reason, refused.values)
    await doors.asking.solved(person.msisdn, person.id, made.month, made.id, who.language, "invoice")
    return made


async def send_again(doors: Doors, who: Context, invoice_id: str, email: str) -> Invoice | Refusal:
    """One of theirs that holds, to this address. The same message sends it once. Raises Unavailable."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    made = await doors.crm.invoices(person.msisdn, deadline=doors.read_deadline())
    if not MAIL.fullmatch(email) or invoice_id not in {one.id for one in made if not one.reversal}:
        return Refusal("human_only")
    seed = "\n".join((who.conversation, who.message_id, OPERATION, "send", invoice_id, email))
    key, deadline = hashlib.sha256(seed.encode()).hexdigest()[:32], doors.write_deadline()
    try:
        return await doors.crm.send_invoice(invoice_id, email, idempotency_key=key, deadline=deadline)
    except (NotFound, Refused):
        return Refusal("human_only")


async def take_back(doors: Doors, who: Context, invoice_id: str) -> Invoice | Refusal:
    """A red invoice for one of theirs, however often it is asked for; a Refusal where a person does it. Raises
    Unavailable.
    """
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    made = await doors.crm.invoices(person.msisdn, deadline=doors.read_deadline())
    if invoice_id not in {one.id for one in made}:
        return Refusal("human_only")
    # There is one reversal of an invoice: whoever asks, and by which message.
    key = hashlib.sha256(f"{OPERATION}\nreverse\n{invoice_id}".encode()).hexdigest()[:32]
    try:
        return await doors.crm.reverse_invoice(invoice_id, idempotency_key=key, deadline=doors.write_deadline())
    except (NotFound, Refused):
        return Refusal("human_only")
