"""Electronic invoices: one a month and number, for what was paid."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.billing import as_of
from crm.effects import new_id
from crm.errors import NotFound, Refused
from crm.invoicing import check, invoiceable_fen, is_tax_id, reverse, sent_again
from crm.model import Invoice, InvoiceRequest
from crm.reference import reads, schema
from crm.reference.reads import Terms, all_rows, build, one_row
from crm.reference.schema import columns


async def issued(connection: AsyncConnection, msisdn: str) -> list[Invoice]:
    """Newest month first, those that were taken back too."""
    found = []
    for table in (schema.invoice, schema.reversed_invoice):
        query = select(table).where(table.c.msisdn == msisdn)
        found += [build(Invoice, row) for row in await all_rows(connection, query)]
    return sorted(found, key=lambda one: (one.month, one.issued_at), reverse=True)


async def invoice(connection: AsyncConnection, invoice_id: str) -> Invoice:
    gone = schema.reversed_invoice
    for row in await all_rows(connection, select(gone).where(gone.c.id == invoice_id)):
        return build(Invoice, row)
    query = select(schema.invoice).where(schema.invoice.c.id == invoice_id)
    return build(Invoice, await one_row(connection, query, "invoice", invoice_id))


async def send(connection: AsyncConnection, invoice_id: str, email: str, terms: Terms) -> Invoice:
    """Refused as crm.invoicing says."""
    msisdn = (await invoice(connection, invoice_id)).msisdn
    await reads.subscriber(connection, msisdn, lock=True)
    sent = sent_again(await invoice(connection, invoice_id), email)
    table = schema.invoice
    await connection.execute(update(table).where(table.c.id == invoice_id).values(email=sent.email))
    return sent


async def take_back(connection: AsyncConnection, invoice_id: str, terms: Terms) -> Invoice:
    """Refused as crm.invoicing says."""
    msisdn = (await invoice(connection, invoice_id)).msisdn
    await reads.subscriber(connection, msisdn, lock=True)
    taken_back = reverse(await invoice(connection, invoice_id), terms.now)
    await connection.execute(delete(schema.invoice).where(schema.invoice.c.id == invoice_id))
    await connection.execute(insert(schema.reversed_invoice).values(columns(taken_back)))
    return taken_back


async def issue(connection: AsyncConnection, request: InvoiceRequest, terms: Terms) -> Invoice:
    """NotFound for a month without a bill; Refused as crm.invoicing says."""
    await reads.subscriber(connection, request.msisdn, lock=True)
    if request.tax_id and not is_tax_id(request.tax_id):
        raise Refused("invalid", {"field": "tax_id"})
    bill = next((b for b in await reads.bills(connection, request.msisdn) if b.month == request.month), None)
    if bill is None:
        raise NotFound("bill", request.month)
    items = tuple(item for _, item in await reads.bill_items(connection, bill.id, terms))
    bill = replace(as_of(bill, terms.policy, terms.now), items=items)
    check(bill, await issued(connection, request.msisdn))
    made = Invoice(
        new_id("I", terms.now), request.msisdn, request.month, invoiceable_fen(bill), request.title, request.tax_id,
        request.email, terms.now,
    )  # fmt: skip
    row = columns(made)
    del row["reversal"], row["reversed_at"]
    await connection.execute(insert(schema.invoice).values(row))
    return made
