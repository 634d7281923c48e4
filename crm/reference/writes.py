"""What changes rows: orders, tickets, payments. Each runs inside one writing transaction, with its rules first."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.effects import Effects, cancel, new_id, place, settled
from crm.errors import Refused
from crm.model import BillItem, Order, OrderRequest, Payment, Product, Ticket, TicketKind, TopUp, Urgency
from crm.reference import reads, schema
from crm.reference.reads import Terms
from crm.reference.schema import columns
from crm.worktime import month_of


async def place_order(connection: AsyncConnection, request: OrderRequest, terms: Terms) -> Order:
    situation = await reads.situation(connection, request.msisdn, terms, lock=True)
    order, effects = place(situation, request)
    await apply(connection, request.msisdn, effects, terms)
    await connection.execute(insert(schema.orders).values(order_row(order)))
    return order


def order_row(order: Order) -> dict[str, Any]:
    """The columns of an order."""
    return {
        "id": order.id, "msisdn": order.msisdn, "external_id": order.external_id, "state": order.state,
        "items": json.dumps([[i.action, i.offering_id] for i in order.items]), "total_fen": order.total_fen,
        "placed_at": order.placed_at, "effective_at": order.effective_at, "completed_at": order.completed_at,
        "channel": order.channel, "proof": order.proof,
    }  # fmt: skip


async def cancel_order(connection: AsyncConnection, order_id: str, terms: Terms) -> Order:
    msisdn = (await reads.order(connection, order_id)).msisdn
    await reads.subscriber(connection, msisdn, lock=True)
    order = await reads.order(connection, order_id)
    cancelled, effects = cancel(order, tuple(await reads.products(connection, msisdn, terms)), terms.policy, terms.now)
    await apply(connection, msisdn, effects, terms)
    changes = {"state": cancelled.state, "completed_at": cancelled.completed_at}
    await connection.execute(update(schema.orders).where(schema.orders.c.id == order_id).values(changes))
    return cancelled


async def apply(connection: AsyncConnection, msisdn: str, effects: Effects, terms: Terms) -> None:
    """Write what an order does."""
    for product in effects.added:
        await connection.execute(insert(schema.product).values(product_row(product)))
    for product in effects.changed:
        row = product_row(product)
        await connection.execute(update(schema.product).where(schema.product.c.id == product.id).values(row))
    if effects.removed:
        await connection.execute(delete(schema.product).where(schema.product.c.id.in_(effects.removed)))
    for allowance in effects.allowances:
        row = columns(allowance) | {"msisdn": msisdn}
        row.pop("name")
        await connection.execute(insert(schema.allowance).values(row))
    for lot in effects.lots:
        table = schema.points_lot
        await connection.execute(update(table).where(table.c.id == lot.id).values(left=lot.left))
    if effects.stops:
        await _set_state(connection, msisdn, status="suspended", cause=effects.stops, at=terms.now)
    if effects.restores:
        await _set_state(connection, msisdn, status="active", cause=None, at=None)
    if effects.charges:
        await charge(connection, msisdn, effects.charges, terms)


async def _set_state(
    connection: AsyncConnection, msisdn: str, *, status: str, cause: str | None, at: datetime | None
) -> None:
    person = schema.subscriber
    state = {"status": status, "suspended_for": cause, "suspended_at": at}
    await connection.execute(update(person).where(person.c.msisdn == msisdn).values(state))


def item_row(item: BillItem, bill_id: str) -> dict[str, Any]:
    """The columns of a charge on a bill."""
    figures = item.reckoning
    return {
        "bill_id": bill_id, "cause": item.cause, "offering_id": item.offering_id, "amount_fen": item.amount_fen,
        "on": item.on, "reckoned": figures.kind if figures else None, "count": figures.count if figures else None,
        "each_fen": figures.each_fen if figures else None, "of": figures.of if figures else None,
    }  # fmt: skip


def product_row(product: Product) -> dict[str, Any]:
    row = columns(product)
    del row["name"], row["category"]
    return row


async def charge(
    connection: AsyncConnection,
    msisdn: str,
    items: tuple[BillItem, ...],
    terms: Terms,
    *,
    first_kinds: tuple[str, ...] = (),
) -> None:
    """Put items on the running month's bill and take their sum: from `first_kinds` while they last, then general."""
    bill_id = await open_bill(connection, msisdn, terms)
    total = sum(i.amount_fen for i in items)
    await connection.execute(insert(schema.bill_item), [item_row(i, bill_id) for i in items])
    before = (await reads.balance(connection, msisdn, terms)).arrears_fen
    await _take(connection, msisdn, total, bill_id, terms, first_kinds)
    owed = (await reads.balance(connection, msisdn, terms)).arrears_fen - before
    table = schema.bill
    grown = {"total_fen": table.c.total_fen + total, "due_fen": table.c.due_fen + owed}
    await connection.execute(update(table).where(table.c.id == bill_id).values(grown))


async def _take(
    connection: AsyncConnection, msisdn: str, total: int, bill_id: str, terms: Terms, first_kinds: tuple[str, ...]
) -> None:
    held = await reads.balance(connection, msisdn, terms)
    for bucket in (b for kind in first_kinds for b in held.buckets if b.kind == kind):
        part = min(total, max(0, bucket.amount_fen))
        if part:
            await move(connection, msisdn, bucket.kind, -part, "charge", bill_id, terms)
        total -= part
    if total:
        await move(connection, msisdn, "general", -total, "charge", bill_id, terms)


async def open_bill(connection: AsyncConnection, msisdn: str, terms: Terms) -> str:
    """The id of the running month's bill, which is opened if there is none yet."""
    month, table = month_of(terms.now), schema.bill
    query = select(table.c.id).where(table.c.msisdn == msisdn, table.c.month == month)
    found = (await connection.execute(query)).scalar()
    if found:
        return str(found)
    year, number = int(month[:4]), int(month[5:])
    due_on = terms.now.date().replace(year=year + number // 12, month=number % 12 + 1, day=25)
    bill_id = f"B{msisdn[3:]}-{month}"
    row = {
        "id": bill_id,
        "msisdn": msisdn,
        "month": month,
        "total_fen": 0,
        "due_fen": 0,
        "due_on": due_on,
        "state": "open",
    }
    await connection.execute(insert(table).values(row))
    return bill_id


async def move(
    connection: AsyncConnection, msisdn: str, kind: str, amount_fen: int, cause: str, ref: str, terms: Terms
) -> int:
    """Change one bucket, with its ledger entry. Returns what is in it then."""
    table = schema.bucket
    mine = (table.c.msisdn == msisdn) & (table.c.kind == kind)
    await connection.execute(update(table).where(mine).values(amount_fen=table.c.amount_fen + amount_fen))
    row = (await connection.execute(select(table.c.id, table.c.amount_fen).where(mine))).one()
    entry = {
        "bucket_id": row.id,
        "msisdn": msisdn,
        "at": terms.now,
        "cause": cause,
        "amount_fen": amount_fen,
        "ref": ref,
    }
    await connection.execute(insert(schema.ledger).values(entry))
    return int(row.amount_fen)


async def create_ticket(
    connection: AsyncConnection, msisdn: str, kind: TicketKind, text: str, urgency: Urgency, terms: Terms
) -> Ticket:
    person = await reads.subscriber(connection, msisdn)
    due = terms.policy.ticket_due(kind, person, terms.now)
    accountable = terms.policy.accountable(kind, person)
    ticket = Ticket(new_id("T", terms.now), msisdn, kind, text, urgency, "acknowledged", terms.now, due, accountable)
    await connection.execute(insert(schema.ticket).values(columns(ticket)))
    return ticket


async def change_ticket(connection: AsyncConnection, ticket_id: str, terms: Terms, *, state: str, note: str) -> Ticket:
    """Set the state, the note, or both ("" keeps what is there). What begins again has a deadline from now."""
    ticket = await reads.ticket(connection, ticket_id)
    changed = replace(ticket, state=state or ticket.state, note=note or ticket.note)  # type: ignore[arg-type]
    if ticket.over and not changed.over:
        person = await reads.subscriber(connection, ticket.msisdn)
        changed = replace(changed, due_at=terms.policy.ticket_due(ticket.kind, person, terms.now))
    table = schema.ticket
    values = {"state": changed.state, "note": changed.note, "due_at": changed.due_at}
    await connection.execute(update(table).where(table.c.id == ticket_id).values(values))
    return changed


async def create_payment(
    connection: AsyncConnection, msisdn: str, amount_fen: int, conversation: str, terms: Terms
) -> Payment:
    """A hosted payment that is expected."""
    await reads.subscriber(connection, msisdn)
    terms.policy.check_top_up(amount_fen)
    payment_id = new_id("PAY", terms.now)
    payment = Payment(payment_id, msisdn, amount_fen, "hosted", "pending", terms.now, conversation=conversation)
    await connection.execute(insert(schema.payment).values(columns(payment)))
    return payment


async def top_up_paid(connection: AsyncConnection, payment_id: str, amount_fen: int, terms: Terms) -> TopUp:
    """The gateway took this payment's money: mark it done and credit it."""
    msisdn = (await reads.payment(connection, payment_id)).msisdn
    await reads.subscriber(connection, msisdn, lock=True)
    payment = await reads.payment(connection, payment_id)
    if payment.amount_fen != amount_fen:
        raise Refused("amount_mismatch", {"expected_fen": payment.amount_fen, "actual_fen": amount_fen})
    if payment.state == "done":
        raise Refused("payment_state", {"state": payment.state})
    table = schema.payment
    done = {"state": "done", "paid_at": terms.now}
    await connection.execute(update(table).where(table.c.id == payment_id).values(done))
    return await credit(connection, msisdn, amount_fen, payment_id, "payment", terms)


async def credit(
    connection: AsyncConnection, msisdn: str, amount_fen: int, payment_id: str, cause: str, terms: Terms
) -> TopUp:
    """A payment that came in."""
    balance_fen = await give(connection, msisdn, amount_fen, payment_id, cause, terms)
    top_up = TopUp(new_id("U", terms.now), msisdn, amount_fen, balance_fen, terms.now, payment_id)
    row = columns(top_up)
    del row["duplicate"]
    await connection.execute(insert(schema.top_up).values(row))
    return top_up


async def give(connection: AsyncConnection, msisdn: str, amount_fen: int, ref: str, cause: str, terms: Terms) -> int:
    """Add to the general bucket; what was owed is settled, oldest bill first. Returns what is in it then.

    Who owes nothing then and was suspended for arrears is connected again; other suspensions are not money's to end.
    """
    left, table = amount_fen, schema.bill
    for bill in reversed([b for b in await reads.bills(connection, msisdn) if b.due_fen]):
        due, left = settled(bill.due_fen, left)
        state = "settled" if bill.state == "overdue" and not due else bill.state
        await connection.execute(update(table).where(table.c.id == bill.id).values(due_fen=due, state=state))
    balance_fen = await move(connection, msisdn, "general", amount_fen, cause, ref, terms)
    if balance_fen >= 0:
        person = schema.subscriber
        stopped = (person.c.msisdn == msisdn) & (person.c.suspended_for == "arrears")
        active = {"status": "active", "suspended_for": None, "suspended_at": None}
        await connection.execute(update(person).where(stopped).values(active))
    return balance_fen
