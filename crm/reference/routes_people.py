"""Proofs of who somebody is and the PUK (our profile), and visits to shops (646)."""

from __future__ import annotations

import json

from aiohttp import web
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.documents import people
from crm.documents.scalars import BadDocument, Document, choice, mapping, moment_from, moment_to
from crm.errors import NotFound
from crm.model import PortOutCode, Shop
from crm.porting import code_of
from crm.reference import people_kept, reads
from crm.reference.http import answer, asked, body, created, listed, office, once, single
from crm.reference.hub import publish
from crm.reference.reads import Terms
from crm.reference.shops import demo_shops


async def post_proof(request: web.Request) -> web.Response:
    """201 when it fits, 409 with proof_wrong, proof_locked or proof_short when not."""
    document, key = await body(request), office(request).card_key
    msisdn, proof = people.proof_from(document)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        await people_kept.verify(connection, key, msisdn, proof, terms)
        return {"state": "verified", "@type": "PartyProof"}

    return await once(request, document, act)


async def post_password(request: web.Request) -> web.Response:
    document, key = await body(request), office(request).card_key
    msisdn, password = people.password_from(document)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        await people_kept.set_password(connection, key, msisdn, password)
        return {"state": "set", "@type": "PartyCredential"}

    return await once(request, document, act)


async def post_leaving(request: web.Request) -> web.Response:
    """What is stored for a repeat holds no code: it is made of the request's key again."""
    document = await body(request)
    msisdn = people.leaving_from(document)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        return {"until": moment_to(await people_kept.may_leave(connection, msisdn, terms))}

    stored = await once(request, document, act)
    if stored.status != 201:
        return stored
    assert isinstance(stored.body, bytes)
    until = moment_from(json.loads(stored.body)["until"], "until")
    code = code_of(office(request).card_key, msisdn, request.headers["Idempotency-Key"])
    repeated = {name: value for name, value in stored.headers.items() if name == "Idempotent-Replayed"}
    return answer(people.code_to(PortOutCode(code, until)), 201, repeated)


async def list_sims(request: web.Request) -> web.Response:
    """?relatedParty.id= (the MSISDN): its one SIM."""
    msisdn = asked(request, "relatedParty.id")
    async with office(request).store.reading() as connection:
        found = people.sim_to(msisdn, await people_kept.puk(connection, msisdn))
    return listed(request, [found])


async def ask_times(request: web.Request) -> web.Response:
    here, shop = office(request), _shop(people.times_asked_from(await body(request)))
    async with here.store.reading() as connection:
        found = people.times_to(shop.id, await people_kept.times(connection, shop, here.terms()))
    return created(request, found)


async def post_visit(request: web.Request) -> web.Response:
    document = await body(request)
    msisdn, shop_id, errand, at = people.visit_asked_from(document)
    shop = _shop(shop_id)

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        booked = people.visit_to(await people_kept.book(connection, msisdn, shop, errand, at, terms))
        await publish(connection, "AppointmentCreateEvent", booked, terms)
        return booked

    return await once(request, document, act)


async def list_visits(request: web.Request) -> web.Response:
    """?relatedParty.id= (the MSISDN): booked and not over."""
    here, msisdn = office(request), asked(request, "relatedParty.id")
    async with here.store.reading() as connection:
        await reads.subscriber(connection, msisdn)
        found = await people_kept.visits(connection, msisdn, here.terms())
    return listed(request, map(people.visit_to, found))


async def get_visit(request: web.Request) -> web.Response:
    async with office(request).store.reading() as connection:
        return single(request, people.visit_to(await people_kept.visit(connection, request.match_info["id"])))


async def patch_visit(request: web.Request) -> web.Response:
    """`status` may become cancelled."""
    document = mapping(await body(request), "body")
    if document.keys() != {"status"}:
        raise BadDocument("body")
    choice(document["status"], "status", ("cancelled",))

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        before = await people_kept.visit(connection, request.match_info["id"])
        after = await people_kept.cancel(connection, before.id)
        cancelled = people.visit_to(after)
        if after != before:
            await publish(connection, "AppointmentStateChangeEvent", cancelled, terms)
        return cancelled

    return await once(request, document, act, status=200)


def _shop(shop_id: str) -> Shop:
    for shop in demo_shops():
        if shop.id == shop_id:
            return shop
    raise NotFound("shop", shop_id)
