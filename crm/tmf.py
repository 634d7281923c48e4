"""`Crm` over TM Forum v4 HTTP. Reads are tried twice, writes once (the caller repeats them under the same key)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timezone

from crm.documents import catalogue, consumption, customer, invoice, loyalty, money, orders, people, site, usage
from crm.documents.scalars import BadDocument, Document, party_to
from crm.errors import NotFound
from crm.lines import Lines
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
    Invoice,
    InvoiceRequest,
    Offering,
    Order,
    OrderItem,
    OrderRequest,
    Payment,
    PointsLot,
    Product,
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
from crm.tmf_client import MEDIA_TYPE, read_document, rows_of
from crm.tmf_people import TmfPeople

API = "/tmf-api"
CUSTOMER = f"{API}/customerManagement/v4/customer"
OFFERING = f"{API}/productCatalogManagement/v4/productOffering"
PRODUCT = f"{API}/productInventory/v4/product"
BUCKET = f"{API}/prepayBalanceManagement/v4/bucket"
TOP_UP = f"{API}/prepayBalanceManagement/v4/topupBalance"
CONSUMPTION = f"{API}/usageConsumption/v4/queryUsageConsumption"
BILL = f"{API}/customerBillManagement/v4/customerBill"
RATE = f"{API}/customerBillManagement/v4/appliedCustomerBillingRate"
QUALIFICATION = f"{API}/productOfferingQualification/v4/productOfferingQualification"
ORDER = f"{API}/productOrderingManagement/v4/productOrder"
CANCEL = f"{API}/productOrderingManagement/v4/cancelProductOrder"
TICKET = f"{API}/troubleTicket/v4/troubleTicket"
PAYMENT = "/payment/v4/payment"
REFUND = "/payment/v4/refund"
MESSAGE = f"{API}/communicationManagement/v4/communicationMessage"
SITE = f"{API}/geographicSiteManagement/v4/geographicSite"
POINTS = f"{API}/loyalty/v4/loyaltyBalance"
VISIT = f"{API}/appointment/v4/appointment"
VISIT_TIMES = f"{API}/appointment/v4/searchTimeSlot"
USAGE = f"{API}/usageManagement/v4/usage"

CATALOGUE_S = 2.0
"""So old a list of what is sold may be. An offer is made, and confirmed, by what the CRM says then."""
MOST_LISTS = 200
MOST_READ = 40
"""Lists of different content, as they came: tens of kilobytes each."""


@asynccontextmanager
async def tmf_crm(base_url: str, token: str, clock: Callable[[], datetime] | None = None) -> AsyncIterator[TmfCrm]:
    """A client whose connections live as long as the block. `token`: the shared secret (bearer)."""
    headers = {"Authorization": f"Bearer {token}", "Accept": MEDIA_TYPE}
    lines = Lines(base_url, headers)
    try:
        yield TmfCrm(lines, clock or (lambda: datetime.now(timezone.utc)))
    finally:
        lines.close()


class TmfCrm(TmfPeople):
    """See crm.port.Crm; made by tmf_crm."""

    def __init__(self, lines: Lines, clock: Callable[[], datetime]) -> None:
        super().__init__(lines, clock)
        self._read: dict[bytes, tuple[Offering, ...]] = {}
        self._lists: dict[tuple[object, ...], tuple[float, tuple[Offering, ...]]] = {}

    # who
    async def subscriber_of(self, msisdn: str, *, deadline: float) -> Subscriber:
        query = {"contactMedium.characteristic.phoneNumber": msisdn}
        found = await self._list(CUSTOMER, query, customer.customer_from, deadline)
        if not found:
            raise NotFound("subscriber", msisdn)
        return found[0]

    async def numbers_of_account(self, msisdn: str, *, deadline: float) -> tuple[str, ...]:
        own = await self.subscriber_of(msisdn, deadline=deadline)
        if not own.account_holder:
            return (msisdn,)
        found = await self._list(CUSTOMER, {"account.id": own.account_id}, customer.customer_from, deadline)
        return tuple(sorted(s.msisdn for s in found))

    # money and volumes
    async def balance(self, msisdn: str, *, deadline: float) -> Balance:
        buckets = await self._list(BUCKET, {"logicalResource.id": msisdn}, money.bucket_from, deadline)
        return Balance(msisdn, tuple(buckets), self._clock())

    async def allowances(
        self, msisdn: str, *, type: AllowanceType | None = None, deadline: float
    ) -> tuple[Allowance, ...]:
        found = await self._ask(CONSUMPTION, consumption.query_to(msisdn), consumption.allowances_from, deadline)
        return tuple(a for a in found if type in (None, a.type))

    async def usage(self, msisdn: str, month: str, *, deadline: float) -> UsageSummary:
        query = _month_query(msisdn, month)
        return await self._ask(CONSUMPTION, query, lambda d: consumption.usage_from(d, msisdn, month), deadline)

    async def bill(self, msisdn: str, month: str, *, deadline: float) -> Bill:
        for bill in await self.bills(msisdn, limit=100, deadline=deadline):
            if bill.month == month:
                items = await self._list(RATE, {"bill.id": bill.id}, money.rate_from, deadline)
                return replace(bill, items=tuple(items))
        raise NotFound("bill", month)

    async def bills(self, msisdn: str, *, limit: int = 6, deadline: float) -> tuple[Bill, ...]:
        return tuple(await self._list(BILL, {"relatedParty.id": msisdn}, money.bill_from, deadline, limit))

    async def call_records(self, msisdn: str, month: str, *, deadline: float) -> tuple[CallRecord, ...]:
        query = {"relatedParty.id": msisdn, "month": month}
        return tuple(await self._list(USAGE, query, usage.record_from, deadline, MOST_CALLS))

    # points
    async def points(self, msisdn: str, *, deadline: float) -> tuple[PointsLot, ...]:
        return tuple(await self._list(POINTS, {"loyaltyProgramMember.id": msisdn}, loyalty.lot_from, deadline))

    # catalogue
    async def offerings(
        self, *, category: Category | None = None, region: str = "", on_sale: bool = True, deadline: float
    ) -> tuple[Offering, ...]:
        asked, now = (category, region, on_sale), asyncio.get_running_loop().time()
        if asked in self._lists and now - self._lists[asked][0] < CATALOGUE_S:
            return self._lists[asked][1]
        said = {"category.id": category or "", "place.id": region, "isSellable": "true" if on_sale else ""}
        query = {name: value for name, value in said.items() if value}
        raw = await self._unread(OFFERING, {"limit": "500", **query}, deadline)
        if raw is None:
            found = tuple(await self._list(OFFERING, query, catalogue.offering_from, deadline))
        else:
            found = self._read_once(raw)
        if len(self._lists) >= MOST_LISTS:
            self._lists.clear()
        self._lists[asked] = now, found
        return found

    def _read_once(self, raw: bytes) -> tuple[Offering, ...]:
        """What is sold rarely changes, and many regions are sold the same: to read it anew each time would cost more
        than to ask for it."""
        if raw not in self._read:
            if len(self._read) >= MOST_READ:
                self._read.clear()
            self._read[raw] = tuple(rows_of(raw, catalogue.offering_from))
        return self._read[raw]

    async def offering(self, offering_id: str, *, deadline: float) -> Offering:
        return await self._one(OFFERING, offering_id, "offering", catalogue.offering_from, deadline)

    # what is held and ordered
    async def products(self, msisdn: str, *, deadline: float) -> tuple[Product, ...]:
        return tuple(await self._list(PRODUCT, {"relatedParty.id": msisdn}, catalogue.product_from, deadline))

    async def broadband(self, msisdn: str, *, deadline: float) -> tuple[Broadband, ...]:
        query = {"relatedParty.id": msisdn, "productCharacteristic.category": catalogue.BROADBAND}
        return tuple(await self._list(PRODUCT, query, catalogue.broadband_from, deadline))

    async def qualify(self, msisdn: str, items: Sequence[OrderItem], *, deadline: float) -> Qualification:
        document = orders.qualification_request(msisdn, items)
        return await self._ask(QUALIFICATION, document, orders.qualification_from, deadline)

    async def place_order(
        self, request: OrderRequest, *, idempotency_key: str, deadline: float, look_first: bool = False
    ) -> Order:
        if look_first and (found := await self._placed(request, deadline)):
            return found
        reply = await self._write(ORDER, orders.order_request(request), idempotency_key, deadline)
        return read_document(orders.order_from, reply)

    async def _placed(self, request: OrderRequest, deadline: float) -> Order | None:
        """What a request whose answer was lost has made after all: a CRM that does not know our key orders twice."""
        found = await self._list(ORDER, {"externalId": request.external_id}, orders.order_from, deadline)
        same = (one for one in found if (one.external_id, one.msisdn) == (request.external_id, request.msisdn))
        return next((one for one in same if one.items == request.items), None)

    async def order(self, order_id: str, *, deadline: float) -> Order:
        return await self._one(ORDER, order_id, "order", orders.order_from, deadline)

    async def orders(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Order, ...]:
        return tuple(await self._list(ORDER, {"relatedParty.id": msisdn}, orders.order_from, deadline, limit))

    async def cancel_order(self, order_id: str, *, idempotency_key: str, deadline: float) -> Order:
        await self._write(CANCEL, {"productOrder": {"id": order_id}}, idempotency_key, deadline)
        return await self.order(order_id, deadline=deadline)

    # tickets
    async def create_ticket(
        self, msisdn: str, kind: TicketKind, text: str, urgency: Urgency = "normal", *,
        idempotency_key: str, deadline: float,
    ) -> Ticket:  # fmt: skip
        document = {"relatedParty": party_to(msisdn), "ticketType": kind, "severity": urgency, "description": text}
        return read_document(customer.ticket_from, await self._write(TICKET, document, idempotency_key, deadline))

    async def reopen_ticket(self, ticket_id: str, *, idempotency_key: str, deadline: float) -> Ticket:
        ticket = await self.ticket(ticket_id, deadline=deadline)
        if not ticket.over:
            return ticket
        change = {"status": "inProgress"}
        return await self._patch(TICKET, ticket_id, change, customer.ticket_from, idempotency_key, deadline)

    async def change_ticket(
        self, ticket_id: str, note: str = "", cancelled: bool = False, *, idempotency_key: str, deadline: float
    ) -> Ticket:
        ticket = await self.ticket(ticket_id, deadline=deadline)
        change: Document = {"note": [{"text": note}]} if note else {}
        change |= {"status": "cancelled"} if cancelled else {}
        if ticket.over or not change:
            return ticket
        return await self._patch(TICKET, ticket_id, change, customer.ticket_from, idempotency_key, deadline)

    async def ticket(self, ticket_id: str, *, deadline: float) -> Ticket:
        return await self._one(TICKET, ticket_id, "ticket", customer.ticket_from, deadline)

    async def tickets(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Ticket, ...]:
        return tuple(await self._list(TICKET, {"relatedParty.id": msisdn}, customer.ticket_from, deadline, limit))

    # money coming in
    async def payments(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Payment, ...]:
        return tuple(await self._list(PAYMENT, {"account.id": msisdn}, money.payment_from, deadline, limit))

    async def payment(self, payment_id: str, *, deadline: float) -> Payment:
        return await self._one(PAYMENT, payment_id, "payment", money.payment_from, deadline)

    async def create_payment(
        self, msisdn: str, amount_fen: int, conversation: str, *, idempotency_key: str, deadline: float
    ) -> Payment:
        document = money.payment_request(msisdn, amount_fen, conversation, idempotency_key)
        reply = await self._write(PAYMENT, document, idempotency_key, deadline)
        return read_document(money.payment_from, reply)

    async def top_up_paid(self, payment_id: str, amount_fen: int, *, idempotency_key: str, deadline: float) -> TopUp:
        document = money.top_up_request(amount_fen, "", payment_id=payment_id)
        return await self._top_up(document, idempotency_key, deadline)

    async def top_up_card(self, msisdn: str, card_number: str, *, idempotency_key: str, deadline: float) -> TopUp:
        return await self._top_up(money.top_up_request(0, msisdn, voucher=card_number), idempotency_key, deadline)

    async def _top_up(self, document: Document, key: str, deadline: float) -> TopUp:
        reply = await self._write(TOP_UP, document, key, deadline)
        return read_document(lambda d: money.top_up_from(d, reply.duplicate), reply)

    async def refund(self, msisdn: str, offering_id: str, *, idempotency_key: str, deadline: float) -> Refund:
        document = money.refund_request(msisdn, offering_id, idempotency_key)
        return read_document(money.refund_from, await self._write(REFUND, document, idempotency_key, deadline))

    # invoices
    async def invoices(self, msisdn: str, *, deadline: float) -> tuple[Invoice, ...]:
        query = {"receiver.id": msisdn, "content": invoice.KIND}
        return tuple(await self._list(MESSAGE, query, invoice.invoice_from, deadline))

    async def issue_invoice(self, request: InvoiceRequest, *, idempotency_key: str, deadline: float) -> Invoice:
        document = invoice.request_to(request)
        return read_document(invoice.invoice_from, await self._write(MESSAGE, document, idempotency_key, deadline))

    async def send_invoice(self, invoice_id: str, email: str, *, idempotency_key: str, deadline: float) -> Invoice:
        change = {"receiver": [{"email": email}]}
        return await self._patch(MESSAGE, invoice_id, change, invoice.invoice_from, idempotency_key, deadline)

    async def reverse_invoice(self, invoice_id: str, *, idempotency_key: str, deadline: float) -> Invoice:
        change = {"state": "cancelled"}
        return await self._patch(MESSAGE, invoice_id, change, invoice.invoice_from, idempotency_key, deadline)

    # places
    async def shops(self, region: str, *, deadline: float) -> tuple[Shop, ...]:
        return tuple(await self._list(SITE, {"place.id": region}, site.shop_from, deadline))

    async def visit_times(self, shop_id: str, *, deadline: float) -> tuple[datetime, ...]:
        return await self._ask(VISIT_TIMES, people.times_asked_to(shop_id), people.times_from, deadline)

    async def book_visit(
        self, msisdn: str, shop_id: str, errand: str, at: datetime, *, idempotency_key: str, deadline: float
    ) -> Appointment:
        reply = await self._write(VISIT, people.visit_asked_to(msisdn, shop_id, errand, at), idempotency_key, deadline)
        return read_document(people.visit_from, reply)

    async def visits(self, msisdn: str, *, deadline: float) -> tuple[Appointment, ...]:
        return tuple(await self._list(VISIT, {"relatedParty.id": msisdn}, people.visit_from, deadline))

    async def cancel_visit(self, visit_id: str, *, idempotency_key: str, deadline: float) -> Appointment:
        return await self._patch(VISIT, visit_id, {"status": "cancelled"}, people.visit_from, idempotency_key, deadline)


def _month_query(msisdn: str, month: str) -> Document:
    try:
        money.month_start(month)
        return consumption.query_to(msisdn, month)
    except BadDocument:
        raise NotFound("usage", month) from None
