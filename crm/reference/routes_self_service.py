"""GET handlers for points (658) and single calls (635)."""

from __future__ import annotations

from aiohttp import web

from crm.documents import loyalty, usage
from crm.documents.money import month_start
from crm.points import usable
from crm.reference import reads
from crm.reference.http import asked, listed, office, single
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
    return listed(request, map(usage.record_to, found))


async def get_usage(request: web.Request) -> web.Response:
    async with office(request).store.reading() as connection:
        return single(request, usage.record_to(await reads.call_record(connection, request.match_info["id"])))
