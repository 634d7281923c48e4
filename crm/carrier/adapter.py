"""`Crm` over the carrier's signed JSON. Reads are tried twice, writes once: the caller repeats under the same key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timezone
from typing import cast

from aiohttp import ClientSession, DummyCookieJar, TCPConnector

from crm.carrier.client import CarrierClient
from crm.carrier.places import PROVINCE
from crm.model import (
    MOST_CALLS,
    Allowance,
    AllowanceType,
    Appointment,
    Balance,
    Bill,
    Broadband,
    CallRecord,
    Category,
    Interaction,
    Invoice,
    InvoiceRequest,
    Offering,
    Order,
    OrderItem,
    OrderRequest,
    Payment,
    PointsLot,
    PortOutCode,
    Product,
    Proof,
    Qualification,
    Refund,
    Shop,
    Subscriber,
    Ticket,
    TicketKind,
    TopUp,
    Urgency,
    UsageSummary,
)


@asynccontextmanager
async def carrier_crm(
    base_url: str, key: bytes, clock: Callable[[], datetime] | None = None
) -> AsyncIterator[CarrierCrm]:
    """A client whose connections live as long as the block. `key` is shared with the carrier."""
    connector = TCPConnector(limit=32, keepalive_timeout=30)
    async with ClientSession(base_url, connector=connector, cookie_jar=DummyCookieJar()) as session:
        yield CarrierCrm(session, key, clock or (lambda: datetime.now(timezone.utc)))


class CarrierCrm(CarrierClient):
    """See crm.port.Crm; made by carrier_crm. What a call asks for stands in crm/carrier/services.py."""

    # who
    async def subscriber_of(self, msisdn: str, *, deadline: float) -> Subscriber:
        return cast(Subscriber, await self._read("subscriber_of", deadline, msisdn=msisdn))

    async def numbers_of_account(self, msisdn: str, *, deadline: float) -> tuple[str, ...]:
        return cast("tuple[str, ...]", await self._read("numbers_of_account", deadline, msisdn=msisdn))

    # money and volumes
    async def balance(self, msisdn: str, *, deadline: float) -> Balance:
        return cast(Balance, await self._read("balance", deadline, msisdn=msisdn))

    async def allowances(
        self, msisdn: str, *, type: AllowanceType | None = None, deadline: float
    ) -> tuple[Allowance, ...]:
        return await self._pages("allowances", deadline, msisdn=msisdn, type=type)

    async def usage(self, msisdn: str, month: str, *, deadline: float) -> UsageSummary:
        return cast(UsageSummary, await self._read("usage", deadline, msisdn=msisdn, month=month))

    async def bill(self, msisdn: str, month: str, *, deadline: float) -> Bill:
        return cast(Bill, await self._read("bill", deadline, msisdn=msisdn, month=month))

    async def bills(self, msisdn: str, *, limit: int = 6, deadline: float) -> tuple[Bill, ...]:
        return await self._pages("bills", deadline, limit, msisdn=msisdn)

    async def call_records(self, msisdn: str, month: str, *, deadline: float) -> tuple[CallRecord, ...]:
        return await self._pages("call_records", deadline, MOST_CALLS, msisdn=msisdn, month=month)

    # points
    async def points(self, msisdn: str, *, deadline: float) -> tuple[PointsLot, ...]:
        return await self._pages("points", deadline, msisdn=msisdn)

    # catalogue
    async def offerings(
        self, *, category: Category | None = None, region: str = "", on_sale: bool = True, deadline: float
    ) -> tuple[Offering, ...]:
        known = region if region in PROVINCE.codes else ""
        found = await self._pages("offerings", deadline, category=category, region=known, on_sale=on_sale)
        return tuple(one for one in found if not one.regions) if region and not known else found

    async def offering(self, offering_id: str, *, deadline: float) -> Offering:
        return cast(Offering, await self._read("offering", deadline, offering_id=offering_id))

    # what is held and ordered
    async def products(self, msisdn: str, *, deadline: float) -> tuple[Product, ...]:
        return await self._pages("products", deadline, msisdn=msisdn)

    async def broadband(self, msisdn: str, *, deadline: float) -> tuple[Broadband, ...]:
        return await self._pages("broadband", deadline, msisdn=msisdn)

    async def qualify(self, msisdn: str, items: Sequence[OrderItem], *, deadline: float) -> Qualification:
        return cast(Qualification, await self._read("qualify", deadline, msisdn=msisdn, items=items))

    async def place_order(
        self, request: OrderRequest, *, idempotency_key: str, deadline: float, look_first: bool = False
    ) -> Order:
        order, _ = await self._write("place_order", idempotency_key, deadline, request=request)
        return cast(Order, order)

    async def order(self, order_id: str, *, deadline: float) -> Order:
        return cast(Order, await self._read("order", deadline, order_id=order_id))

    async def orders(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Order, ...]:
        return await self._pages("orders", deadline, limit, msisdn=msisdn)

    async def cancel_order(self, order_id: str, *, idempotency_key: str, deadline: float) -> Order:
        order, _ = await self._write("cancel_order", idempotency_key, deadline, order_id=order_id)
        return cast(Order, order)

    # tickets
    async def create_ticket(
        self, msisdn: str, kind: TicketKind, text: str, urgency: Urgency = "normal", *,
        idempotency_key: str, deadline: float,
    ) -> Ticket:  # fmt: skip
        said = {"msisdn": msisdn, "kind": kind, "text": text, "urgency": urgency}
        ticket, _ = await self._write("create_ticket", idempotency_key, deadline, **said)
        return cast(Ticket, ticket)

    async def reopen_ticket(self, ticket_id: str, *, idempotency_key: str, deadline: float) -> Ticket:
        ticket, _ = await self._write("reopen_ticket", idempotency_key, deadline, ticket_id=ticket_id)
        return cast(Ticket, ticket)

    async def change_ticket(
        self, ticket_id: str, note: str = "", cancelled: bool = False, *, idempotency_key: str, deadline: float
    ) -> Ticket:
        said = {"ticket_id": ticket_id, "note": note, "cancelled": cancelled}
        ticket, _ = await self._write("change_ticket", idempotency_key, deadline, **said)
        return cast(Ticket, ticket)

    async def ticket(self, ticket_id: str, *, deadline: float) -> Ticket:
        return cast(Ticket, await self._read("ticket", deadline, ticket_id=ticket_id))

    async def tickets(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Ticket, ...]:
        return await self._pages("tickets", deadline, limit, msisdn=msisdn)

    # money coming in
    async def payments(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Payment, ...]:
        return await self._pages("payments", deadline, limit, msisdn=msisdn)

    async def payment(self, payment_id: str, *, deadline: float) -> Payment:
        return cast(Payment, await self._read("payment", deadline, payment_id=payment_id))

    async def create_payment(
        self, msisdn: str, amount_fen: int, conversation: str, *, idempotency_key: str, deadline: float
    ) -> Payment:
        said = {"msisdn": msisdn, "amount_fen": amount_fen, "conversation": conversation}
        payment, _ = await self._write("create_payment", idempotency_key, deadline, **said)
        return cast(Payment, payment)

    async def top_up_paid(self, payment_id: str, amount_fen: int, *, idempotency_key: str, deadline: float) -> TopUp:
        said = {"payment_id": payment_id, "amount_fen": amount_fen}
        top_up, repeated = await self._write("top_up_paid", idempotency_key, deadline, **said)
        return replace(top_up, duplicate=repeated)

    async def top_up_card(self, msisdn: str, card_number: str, *, idempotency_key: str, deadline: float) -> TopUp:
        said = {"msisdn": msisdn, "card_number": card_number}
        top_up, repeated = await self._write("top_up_card", idempotency_key, deadline, **said)
        return replace(top_up, duplicate=repeated)

    async def refund(self, msisdn: str, offering_id: str, *, idempotency_key: str, deadline: float) -> Refund:
        refund, _ = await self._write("refund", idempotency_key, deadline, msisdn=msisdn, offering_id=offering_id)
        return cast(Refund, refund)

    # invoices
    async def invoices(self, msisdn: str, *, deadline: float) -> tuple[Invoice, ...]:
        return await self._pages("invoices", deadline, msisdn=msisdn)

    async def issue_invoice(self, request: InvoiceRequest, *, idempotency_key: str, deadline: float) -> Invoice:
        invoice, _ = await self._write("issue_invoice", idempotency_key, deadline, request=request)
        return cast(Invoice, invoice)

    async def send_invoice(self, invoice_id: str, email: str, *, idempotency_key: str, deadline: float) -> Invoice:
        said = {"invoice_id": invoice_id, "email": email}
        invoice, _ = await self._write("send_invoice", idempotency_key, deadline, **said)
        return cast(Invoice, invoice)

    async def reverse_invoice(self, invoice_id: str, *, idempotency_key: str, deadline: float) -> Invoice:
        invoice, _ = await self._write("reverse_invoice", idempotency_key, deadline, invoice_id=invoice_id)
        return cast(Invoice, invoice)

    # who somebody is
    async def verify(self, msisdn: str, proof: Proof, *, idempotency_key: str, deadline: float) -> None:
        await self._write("verify", idempotency_key, deadline, msisdn=msisdn, proof=proof)

    async def puk(self, msisdn: str, *, deadline: float) -> str:
        return str(await self._read("puk", deadline, msisdn=msisdn))

    async def set_password(self, msisdn: str, password: str, *, idempotency_key: str, deadline: float) -> None:
        await self._write("set_password", idempotency_key, deadline, msisdn=msisdn, password=password)

    async def port_out_code(self, msisdn: str, *, idempotency_key: str, deadline: float) -> PortOutCode:
        made, _ = await self._write("port_out_code", idempotency_key, deadline, msisdn=msisdn)
        return cast(PortOutCode, made)

    # talks with people
    async def keep_interaction(self, talk: Interaction, *, idempotency_key: str, deadline: float) -> Interaction:
        # When it is told is no part of what was talked about: asked again later, it is the same.
        said = replace(talk, created_at=talk.began_at)
        kept, _ = await self._write("keep_interaction", idempotency_key, deadline, talk=said)
        return cast(Interaction, kept)

    async def interactions(self, msisdn: str, *, deadline: float) -> tuple[Interaction, ...]:
        return await self._pages("interactions", deadline, msisdn=msisdn)

    # places
    async def shops(self, region: str, *, deadline: float) -> tuple[Shop, ...]:
        return await self._pages("shops", deadline, region=region) if region in PROVINCE.codes else ()

    async def visit_times(self, shop_id: str, *, deadline: float) -> tuple[datetime, ...]:
        return await self._pages("visit_times", deadline, shop_id=shop_id)

    async def book_visit(
        self, msisdn: str, shop_id: str, errand: str, at: datetime, *, idempotency_key: str, deadline: float
    ) -> Appointment:
        said = {"msisdn": msisdn, "shop_id": shop_id, "errand": errand, "at": at}
        visit, _ = await self._write("book_visit", idempotency_key, deadline, **said)
        return cast(Appointment, visit)

    async def visits(self, msisdn: str, *, deadline: float) -> tuple[Appointment, ...]:
        return await self._pages("visits", deadline, msisdn=msisdn)

    async def cancel_visit(self, visit_id: str, *, idempotency_key: str, deadline: float) -> Appointment:
        visit, _ = await self._write("cancel_visit", idempotency_key, deadline, visit_id=visit_id)
        return cast(Appointment, visit)
