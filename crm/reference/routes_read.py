"""GET handlers of the reference CRM, and the two POSTs of TM Forum that only ask (677 and 679)."""

from __future__ import annotations

import base64
import binascii
import secrets

from aiohttp import web

from crm.billing import as_of
from crm.catalogue import RANK
from crm.documents import catalogue as catalogue_documents
from crm.documents import consumption, customer, money, orders
from crm.documents.scalars import BadDocument, Document, mapping, party_from
from crm.errors import NotFound
from crm.model import Bill
from crm.reference import at_home, reads
from crm.reference.http import asked, body, created, listed, office, single
from crm.rules import qualify

OFFERED = web.AppKey("offered", dict[str, tuple[bytes, dict[str, str]]])
"""Lists of what is sold, by their questions."""
MOST_KEPT = 200


async def list_customers(request: web.Request) -> web.Response:
    """?contactMedium.characteristic.phoneNumber= or ?account.id="""
    name = "contactMedium.characteristic.phoneNumber"
    async with office(request).store.reading() as connection:
        if name in request.query:
            found = await reads.customers(connection, msisdn=asked(request, name))
        else:
            found = await reads.customers(connection, account_id=asked(request, "account.id"))
    return listed(request, map(customer.customer_to, found))


async def get_customer(request: web.Request) -> web.Response:
    async with office(request).store.reading() as connection:
        return single(request, customer.customer_to(await reads.customer(connection, request.match_info["id"])))


async def list_offerings(request: web.Request) -> web.Response:
    """?category.id= ?place.id= ?isSellable=true, each optional. Each question's answer is made once: what is sold stays
    as it is while the process runs."""
    kept = request.app[OFFERED]
    if request.query_string not in kept:
        response = _offerings(request)
        assert isinstance(response.body, bytes)
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[request.query_string] = response.body, dict(response.headers)
    body, headers = kept[request.query_string]
    return web.Response(body=body, headers=headers)


def _offerings(request: web.Request) -> web.Response:
    query, catalogue = request.query, office(request).catalogue
    category = query.get("category.id")
    if category not in (None, *RANK):
        raise BadDocument("category.id")
    found = catalogue.listed(category, query.get("place.id", ""), query.get("isSellable") == "true")  # type: ignore[arg-type]
    return listed(request, map(catalogue_documents.offering_to, found), handled=("place.id",))


async def get_offering(request: web.Request) -> web.Response:
    offering = office(request).catalogue.offering(request.match_info["id"])
    return single(request, catalogue_documents.offering_to(offering))


async def list_prices(request: web.Request) -> web.Response:
    return listed(request, _prices(request))


async def get_price(request: web.Request) -> web.Response:
    for document in _prices(request):
        if document["id"] == request.match_info["id"]:
            return single(request, document)
    raise NotFound("price", request.match_info["id"])


def _prices(request: web.Request) -> list[Document]:
    offerings = office(request).catalogue.listed(None, "", False)
    return [catalogue_documents.price_to(o, p) for o in offerings for p in o.prices]


async def list_products(request: web.Request) -> web.Response:
    here, msisdn = office(request), asked(request, "relatedParty.id")
    async with here.store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        if request.query.get("productCharacteristic.category") == catalogue_documents.BROADBAND:
            lines = await at_home.lines(connection, msisdn)
            held = map(catalogue_documents.broadband_to, lines)
            return listed(request, held, handled=("productCharacteristic.category",))
        found = await reads.products(connection, msisdn, here.terms())
    return listed(request, map(catalogue_documents.product_to, found))


async def get_product(request: web.Request) -> web.Response:
    """What was ordered, or a fixed line by its account."""
    here, product_id = office(request), request.match_info["id"]
    async with here.store.reading() as connection:
        try:
            found = catalogue_documents.product_to(await reads.product(connection, product_id, here.terms()))
        except NotFound:
            found = catalogue_documents.broadband_to(await at_home.line(connection, product_id))
    return single(request, found)


async def list_buckets(request: web.Request) -> web.Response:
    here, msisdn = office(request), asked(request, "logicalResource.id")
    async with here.store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        held = await reads.balance(connection, msisdn, here.terms())
    return listed(request, (money.bucket_to(b, msisdn) for b in held.buckets))


async def get_bucket(request: web.Request) -> web.Response:
    here = office(request)
    async with here.store.reading() as connection:
        bucket, msisdn = await reads.bucket(connection, request.match_info["id"], here.terms())
    return single(request, money.bucket_to(bucket, msisdn))


async def list_accumulated(request: web.Request) -> web.Response:
    return listed(request, [await _accumulated(request, asked(request, "logicalResource.id"))])


async def get_accumulated(request: web.Request) -> web.Response:
    return single(request, await _accumulated(request, request.match_info["id"]))


async def _accumulated(request: web.Request, msisdn: str) -> Document:
    here = office(request)
    async with here.store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        return money.accumulated_to((await reads.balance(connection, msisdn, here.terms())).buckets, msisdn)


async def ask_consumption(request: web.Request) -> web.Response:
    msisdn, month = consumption.query_from(await body(request))
    return created(request, await _consumption(request, msisdn, month))


async def get_consumption(request: web.Request) -> web.Response:
    """The id carries the question, so that nothing need be kept and the answer is fresh."""
    try:
        question = base64.urlsafe_b64decode(request.match_info["id"].encode()).decode()
    except (binascii.Error, ValueError):
        raise NotFound("queryUsageConsumption") from None
    msisdn, _, month = question.partition("|")
    return single(request, await _consumption(request, msisdn, month))


async def _consumption(request: web.Request, msisdn: str, month: str) -> Document:
    here = office(request)
    async with here.store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        if month:
            found = consumption.usage_to(await reads.usage(connection, msisdn, month))
        else:
            found = consumption.allowances_to(await reads.allowances(connection, msisdn, here.terms()))
    query_id = base64.urlsafe_b64encode(f"{msisdn}|{month}".encode()).decode()
    return {"id": query_id, "usageConsumption": found, "@type": "QueryUsageConsumption"}


async def list_bills(request: web.Request) -> web.Response:
    """?relatedParty.id="""
    here, msisdn = office(request), asked(request, "relatedParty.id")
    async with here.store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        known = await reads.bills(connection, msisdn)
    return listed(request, (money.bill_to(as_of(bill, here.policy, here.clock())) for bill in known))


async def get_bill(request: web.Request) -> web.Response:
    here = office(request)
    async with here.store.reading() as connection:
        bill = await reads.bill(connection, request.match_info["id"])
    return single(request, money.bill_to(as_of(bill, here.policy, here.clock())))


async def list_rates(request: web.Request) -> web.Response:
    """?bill.id="""
    return listed(request, [document for _, document in await _rates(request, asked(request, "bill.id"))])


async def get_rate(request: web.Request) -> web.Response:
    """The id is the bill's, a dot, and the line's."""
    bill_id, _, line = request.match_info["id"].partition(".")
    for rate_id, document in await _rates(request, bill_id):
        if rate_id == line:
            return single(request, document)
    raise NotFound("rate", line)


async def _rates(request: web.Request, bill_id: str) -> list[tuple[str, Document]]:
    here = office(request)
    async with here.store.reading() as connection:
        bill: Bill = await reads.bill(connection, bill_id)
        items = await reads.bill_items(connection, bill_id, here.terms())
    return [(n, money.rate_to(item, f"{bill_id}.{n}", bill)) for n, item in items]


async def ask_qualification(request: web.Request) -> web.Response:
    document = mapping(await body(request), "body")
    msisdn = party_from(document.get("relatedParty"))
    items = orders.items_from(document.get("productOfferingQualificationItem"), "productOfferingQualificationItem")
    here = office(request)
    async with here.store.reading() as connection:
        verdict = qualify(await reads.situation(connection, msisdn, here.terms()), items)
    return created(request, orders.qualification_to(items, verdict, secrets.token_hex(8)))


async def list_orders(request: web.Request) -> web.Response:
    """?relatedParty.id= or ?externalId="""
    external_id = request.query.get("externalId", "")
    async with office(request).store.reading() as connection:
        if external_id:
            found = await reads.orders(connection, external_id=asked(request, "externalId"))
        else:
            msisdn = asked(request, "relatedParty.id")
            await reads.subscriber(connection, msisdn)
            found = await reads.orders(connection, msisdn=msisdn)
    return listed(request, map(orders.order_to, found))


async def get_order(request: web.Request) -> web.Response:
    async with office(request).store.reading() as connection:
        return single(request, orders.order_to(await reads.order(connection, request.match_info["id"])))


async def list_tickets(request: web.Request) -> web.Response:
    """?relatedParty.id="""
    msisdn = asked(request, "relatedParty.id")
    async with office(request).store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        found = await reads.tickets(connection, msisdn)
    return listed(request, map(customer.ticket_to, found))


async def get_ticket(request: web.Request) -> web.Response:
    async with office(request).store.reading() as connection:
        return single(request, customer.ticket_to(await reads.ticket(connection, request.match_info["id"])))


async def list_payments(request: web.Request) -> web.Response:
    """?account.id= (the MSISDN)"""
    msisdn = asked(request, "account.id")
    async with office(request).store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        found = await reads.payments(connection, msisdn)
    return listed(request, map(money.payment_to, found))


async def get_payment(request: web.Request) -> web.Response:
    async with office(request).store.reading() as connection:
        return single(request, money.payment_to(await reads.payment(connection, request.match_info["id"])))


async def list_top_ups(request: web.Request) -> web.Response:
    """?logicalResource.id="""
    msisdn = asked(request, "logicalResource.id")
    async with office(request).store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        found = await reads.top_ups(connection, msisdn)
    return listed(request, map(money.top_up_to, found))


async def get_top_up(request: web.Request) -> web.Response:
    async with office(request).store.reading() as connection:
        return single(request, money.top_up_to(await reads.top_up(connection, request.match_info["id"])))
