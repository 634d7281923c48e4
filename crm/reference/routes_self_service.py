"""Points (658), single calls (635), invoices (681) and shops (674)."""

from __future__ import annotations

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.documents import invoice, loyalty, site, usage
from crm.documents.money import month_start
from crm.documents.scalars import BadDocument, Document, choice, mapping
from crm.errors import NotFound
from crm.points import usable
from crm.reference import invoices, reads
from crm.reference.http import asked, body, listed, office, once, single
from crm.reference.reads import Terms
from crm.reference.shops import demo_shops
from crm.worktime import next_cycle


async def list_points(request: web.Request) -> web.Response:
    """?loyaltyProgramMember.id= (the MSISDN): what can be spent now, the first to expire first."""
    here, msisdn = office(request), asked(request, "loyaltyProgramMember.id")
    async with here.store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        lots = await reads.points_lots(connection, msisdn)
    return listed(request, map(loyalty.lot_to, usable(lots, here.clock())))


async def get_points(request: web.Request) -> web.Response:
    async with office(request).store.reading() as connection:
        return single(request, loyalty.lot_to(await reads.points_lot(connection, request.match_info["id"])))


async def list_usage(request: web.Request) -> web.Response:
    """?relatedParty.id= (the MSISDN) and ?month=YYYY-MM, which is our profile; newest first."""
    msisdn, start = asked(request, "relatedParty.id"), month_start(asked(request, "month"))
    async with office(request).store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        found = await reads.call_records(connection, msisdn, start, next_cycle(start))
    return listed(request, map(usage.record_to, found), handled=("month",))


async def get_usage(request: web.Request) -> web.Response:
    async with office(request).store.reading() as connection:
        return single(request, usage.record_to(await reads.call_record(connection, request.match_info["id"])))


async def list_invoices(request: web.Request) -> web.Response:
    """?receiver.id= (the MSISDN); newest month first."""
    msisdn = asked(request, "receiver.id")
    async with office(request).store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        found = await invoices.issued(connection, msisdn)
    return listed(request, map(invoice.invoice_to, found))


async def get_invoice(request: web.Request) -> web.Response:
    async with office(request).store.reading() as connection:
        return single(request, invoice.invoice_to(await invoices.invoice(connection, request.match_info["id"])))


async def post_invoice(request: web.Request) -> web.Response:
    document = await body(request)
    wanted = invoice.request_from(document)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        return invoice.invoice_to(await invoices.issue(connection, wanted, terms))

    return await once(request, document, act)


async def patch_invoice(request: web.Request) -> web.Response:
    """`state` may become cancelled: a red invoice takes it back. Another `receiver` is sent it once more."""
    document = mapping(await body(request), "body")
    if document.keys() not in ({"state"}, {"receiver"}):
        raise BadDocument("body")
    email = invoice.address_from(document["receiver"]) if "receiver" in document else ""
    if not email:
        choice(document["state"], "state", ("cancelled",))

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        of = request.match_info["id"]
        if email:
            return invoice.invoice_to(await invoices.send(connection, of, email, terms))
        return invoice.invoice_to(await invoices.take_back(connection, of, terms))

    return await once(request, document, act, status=200)


async def list_shops(request: web.Request) -> web.Response:
    """?place.id= (the province)."""
    region = asked(request, "place.id")
    return listed(request, (site.shop_to(shop) for shop in demo_shops() if shop.region == region))


async def get_shop(request: web.Request) -> web.Response:
    for shop in demo_shops():
        if shop.id == request.match_info["id"]:
            return single(request, site.shop_to(shop))
    raise NotFound("shop", request.match_info["id"])
