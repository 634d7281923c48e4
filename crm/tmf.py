"""`Crm` over TM Forum v4 HTTP. Reads are tried twice, writes once (the caller repeats them under the same key)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any, TypeVar

from aiohttp import (
    ClientConnectorError,
    ClientError,
    ClientSession,
    ClientTimeout,
    ServerDisconnectedError,
    TCPConnector,
)

from crm.documents import catalogue, consumption, customer, money, orders
from crm.documents.scalars import BadDocument, Document, party_to, rows
from crm.errors import CrmError, KeyReused, NotFound, Refused, TimedOut, Unavailable
from crm.model import (
    Allowance,
    AllowanceType,
    Balance,
    Bill,
    Category,
    Offering,
    Order,
    OrderItem,
    OrderRequest,
    Payment,
    Product,
    Qualification,
    Subscriber,
    Ticket,
    TicketKind,
    TopUp,
    Urgency,
    UsageSummary,
)
from crm.tracing import sending

T = TypeVar("T")
MEDIA_TYPE = "application/json;charset=utf-8"
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
MOST_ANSWER = 4 * 1024 * 1024


@dataclass(frozen=True)
class Reply:
    """A parsed answer."""

    document: Any
    duplicate: bool


@asynccontextmanager
async def tmf_crm(base_url: str, token: str, clock: Callable[[], datetime] | None = None) -> AsyncIterator[TmfCrm]:
    """A client whose connections live as long as the block. `token`: the shared secret (bearer)."""
    headers = {"Authorization": f"Bearer {token}", "Accept": MEDIA_TYPE}
    connector = TCPConnector(limit=32, keepalive_timeout=30)
    async with ClientSession(base_url, headers=headers, connector=connector, trace_configs=[sending()]) as session:
        yield TmfCrm(session, clock or (lambda: datetime.now(timezone.utc)))


class TmfCrm:
    """See crm.port.Crm; made by tmf_crm."""

    def __init__(self, session: ClientSession, clock: Callable[[], datetime]) -> None:
        self._session = session
        self._clock = clock

    # who
    async def subscriber_of(self, msisdn: str, *, deadline: float) -> Subscriber:
        found = await self._list(
            CUSTOMER, {"contactMedium.characteristic.phoneNumber": msisdn}, customer.customer_from, deadline
        )
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
        query = {"relatedParty.id": msisdn, "limit": str(limit)}
        return tuple(await self._list(BILL, query, money.bill_from, deadline))

    # catalogue
    async def offerings(
        self, *, category: Category | None = None, region: str = "", on_sale: bool = True, deadline: float
    ) -> tuple[Offering, ...]:
        query = (
            {"limit": "500"}
            | ({"category.id": category} if category else {})
            | ({"place.id": region} if region else {})
        )
        query |= {"isSellable": "true"} if on_sale else {}
        return tuple(await self._list(OFFERING, query, catalogue.offering_from, deadline))

    async def offering(self, offering_id: str, *, deadline: float) -> Offering:
        return await self._one(OFFERING, offering_id, "offering", catalogue.offering_from, deadline)

    # what is held and ordered
    async def products(self, msisdn: str, *, deadline: float) -> tuple[Product, ...]:
        return tuple(await self._list(PRODUCT, {"relatedParty.id": msisdn}, catalogue.product_from, deadline))

    async def qualify(self, msisdn: str, items: Sequence[OrderItem], *, deadline: float) -> Qualification:
        document = orders.qualification_request(msisdn, items)
        return await self._ask(QUALIFICATION, document, orders.qualification_from, deadline)

    async def place_order(self, request: OrderRequest, *, idempotency_key: str, deadline: float) -> Order:
        reply = await self._write(ORDER, orders.order_request(request), idempotency_key, deadline)
        return _read(orders.order_from, reply.document)

    async def order(self, order_id: str, *, deadline: float) -> Order:
        return await self._one(ORDER, order_id, "order", orders.order_from, deadline)

    async def orders(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Order, ...]:
        query = {"relatedParty.id": msisdn, "limit": str(limit)}
        return tuple(await self._list(ORDER, query, orders.order_from, deadline))

    async def cancel_order(self, order_id: str, *, idempotency_key: str, deadline: float) -> Order:
        await self._write(CANCEL, {"productOrder": {"id": order_id}}, idempotency_key, deadline)
        return await self.order(order_id, deadline=deadline)

    # tickets
    async def create_ticket(
        self, msisdn: str, kind: TicketKind, text: str, urgency: Urgency = "normal", *,
        idempotency_key: str, deadline: float,
    ) -> Ticket:  # fmt: skip
        document = {"relatedParty": party_to(msisdn), "ticketType": kind, "severity": urgency, "description": text}
        reply = await self._write(TICKET, document, idempotency_key, deadline)
        return _read(customer.ticket_from, reply.document)

    async def ticket(self, ticket_id: str, *, deadline: float) -> Ticket:
        return await self._one(TICKET, ticket_id, "ticket", customer.ticket_from, deadline)

    async def tickets(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Ticket, ...]:
        query = {"relatedParty.id": msisdn, "limit": str(limit)}
        return tuple(await self._list(TICKET, query, customer.ticket_from, deadline))

    # money coming in
    async def payments(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Payment, ...]:
        query = {"account.id": msisdn, "limit": str(limit)}
        return tuple(await self._list(PAYMENT, query, money.payment_from, deadline))

    async def payment(self, payment_id: str, *, deadline: float) -> Payment:
        return await self._one(PAYMENT, payment_id, "payment", money.payment_from, deadline)

    async def create_payment(
        self, msisdn: str, amount_fen: int, conversation: str, *, idempotency_key: str, deadline: float
    ) -> Payment:
        document = money.payment_request(msisdn, amount_fen, conversation, idempotency_key)
        reply = await self._write(PAYMENT, document, idempotency_key, deadline)
        return _read(money.payment_from, reply.document)

    async def top_up_paid(self, payment_id: str, amount_fen: int, *, idempotency_key: str, deadline: float) -> TopUp:
        return await self._top_up(
            money.top_up_request(amount_fen, "", payment_id=payment_id), idempotency_key, deadline
        )

    async def top_up_card(self, msisdn: str, card_number: str, *, idempotency_key: str, deadline: float) -> TopUp:
        return await self._top_up(money.top_up_request(0, msisdn, voucher=card_number), idempotency_key, deadline)

    async def _top_up(self, document: Document, key: str, deadline: float) -> TopUp:
        reply = await self._write(TOP_UP, document, key, deadline)
        return _read(lambda d: money.top_up_from(d, reply.duplicate), reply.document)

    # inside
    async def _list(self, path: str, query: Mapping[str, str], read: Callable[[Any], T], deadline: float) -> list[T]:
        reply = await self._read_twice("GET", path, query, None, deadline)
        return _read(lambda d: [read(row) for row in rows(d, "list")], reply.document)

    async def _one(self, path: str, key: str, what: str, read: Callable[[Any], T], deadline: float) -> T:
        if not key.isascii() or not key.replace("-", "").replace("_", "").isalnum():
            raise NotFound(what, key)
        reply = await self._read_twice("GET", f"{path}/{key}", {}, None, deadline)
        return _read(read, reply.document)

    async def _ask(self, path: str, document: Document, read: Callable[[Any], T], deadline: float) -> T:
        """A POST that changes nothing."""
        reply = await self._read_twice("POST", path, {}, document, deadline)
        return _read(read, reply.document)

    async def _read_twice(
        self, method: str, path: str, query: Mapping[str, str], document: Document | None, deadline: float
    ) -> Reply:
        try:
            return await self._call(method, path, query, document, {}, deadline)
        except TimedOut:
            if deadline <= asyncio.get_running_loop().time():
                raise
        except Unavailable:
            await asyncio.sleep(0)
        return await self._call(method, path, query, document, {}, deadline)

    async def _write(self, path: str, document: Document, key: str, deadline: float) -> Reply:
        return await self._call("POST", path, {}, document, {"Idempotency-Key": key}, deadline)

    async def _call(
        self, method: str, path: str, query: Mapping[str, str], document: Document | None,
        headers: Mapping[str, str], deadline: float,
    ) -> Reply:  # fmt: skip
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise TimedOut("the deadline had passed")
        data = None if document is None else json.dumps(document, ensure_ascii=False).encode()
        more = {**headers, "Content-Type": MEDIA_TYPE} if data is not None else headers
        try:
            async with self._session.request(
                method,
                path,
                params=query,
                data=data,
                headers=more,
                timeout=ClientTimeout(total=left),
                allow_redirects=False,
            ) as response:
                raw = await response.content.read(MOST_ANSWER)
                duplicate = response.headers.get("Idempotent-Replayed") == "true"
                return Reply(_checked(response.status, raw), duplicate)
        except asyncio.TimeoutError as late:
            raise TimedOut("no answer before the deadline") from late
        except ClientConnectorError as refused:
            raise Unavailable("cannot connect") from refused
        except ServerDisconnectedError as cut:
            raise TimedOut("the connection broke") from cut
        except (ClientError, OSError) as broken:
            raise TimedOut("the connection broke") from broken


def _month_query(msisdn: str, month: str) -> Document:
    try:
        money.month_start(month)
        return consumption.query_to(msisdn, month)
    except BadDocument:
        raise NotFound("usage", month) from None


def _checked(status: int, raw: bytes) -> Any:
    """The parsed body of a success; the error that any other status stands for."""
    if status >= 500:
        raise Unavailable(f"status {status}")
    try:
        document = json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Unavailable(f"status {status} without JSON") from None
    if status < 300:
        return document
    raise _error(status, document if isinstance(document, dict) else {})


def _error(status: int, document: Mapping[str, Any]) -> CrmError:
    code = str(document.get("code", ""))
    if status == 404:
        return NotFound(str(document.get("what", "resource")))
    if status == 409 and code == "key_reused":
        return KeyReused()
    if status == 409:
        values = document.get("values")
        return Refused(code, values if isinstance(values, dict) else {})
    if status in (401, 403, 429):
        return Unavailable(f"status {status}")
    return Refused("invalid", {"field": str(document.get("field", ""))})


def _read(read: Callable[[Any], T], document: Any) -> T:
    """An answer we cannot read is as good as none."""
    try:
        return read(document)
    except BadDocument as bad:
        raise Unavailable(f"unreadable answer: {bad.field}") from bad
