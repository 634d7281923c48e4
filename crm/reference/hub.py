"""Who wants to hear what happens: POST /hub and DELETE /hub/{id} of each API that has events, as TMF630 has them.

A listener is told at the address that it named, whose origin (`https://bus.example.cn`) has to be one that the operator
allowed: nobody makes this process call what it likes. `query` filters as lists are filtered, on the whole event:
`eventType=ProductOrderStateChangeEvent&event.productOrder.state=completed`.

What happens is written for its listeners in the transaction in which it happens; crm.reference.hub_delivery tells it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl

from aiohttp import web
from multidict import MultiDict
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection
from yarl import URL

from crm.documents.scalars import BadDocument, Document, mapping, moment_to, string
from crm.errors import NotFound
from crm.reference import filtering, schema
from crm.reference.http import body, error, office, once
from crm.reference.reads import Terms, all_rows

HUBS: Mapping[str, Mapping[str, str]] = {
    "/tmf-api/troubleTicket/v4": {
        "TroubleTicketCreateEvent": "troubleTicket",
        "TroubleTicketStatusChangeEvent": "troubleTicket",
        "TroubleTicketAttributeValueChangeEvent": "troubleTicket",
    },
    "/tmf-api/productOrderingManagement/v4": {
        "ProductOrderCreateEvent": "productOrder",
        "ProductOrderStateChangeEvent": "productOrder",
        "CancelProductOrderCreateEvent": "cancelProductOrder",
    },
    "/tmf-api/appointment/v4": {
        "AppointmentCreateEvent": "appointment",
        "AppointmentStateChangeEvent": "appointment",
    },
    "/tmf-api/prepayBalanceManagement/v4": {"TopupBalanceCreateEvent": "topupBalance"},
    "/tmf-api/partyInteraction/v4": {"PartyInteractionCreateEvent": "partyInteraction"},
    "/payment/v4": {
        "PaymentCreateEvent": "payment",
        "PaymentStateChangeEvent": "payment",
        "RefundCreateEvent": "refund",
    },
}
"""By base path: the events that happen here, each with what its document is called within it."""
_HOME = {kind: (base, name) for base, kinds in HUBS.items() for kind, name in kinds.items()}
MOST_LISTENERS = 20
"""Of one API."""
SCHEMES = ("http", "https")
MOST_TEXT = 512
MOST_ORIGINS = 50


def origins(text: str) -> frozenset[str]:
    """What an operator allows, parted by commas. ValueError for what is no origin, with a sentence that says which."""
    named = [one.strip() for one in text.split(",") if one.strip()]
    if len(named) > MOST_ORIGINS:
        raise ValueError(f"{len(named)} origins may listen; no more than {MOST_ORIGINS} can.")
    return frozenset(map(_origin, named))


def _origin(named: str) -> str:
    try:
        url = URL(named)
        if url.scheme in SCHEMES and url in (url.origin(), url.origin() / ""):
            return str(url.origin())
    except ValueError:
        pass
    # What stands before an @ may be a password, and this goes to a log.
    shown = named.rpartition("@")[2]
    raise ValueError(f"{shown} is no origin: give scheme, host and port only, as in https://bus.example.cn.")


def may_hear(callback: str, allowed: frozenset[str]) -> bool:
    """Whether this is an address of an origin that is allowed. Names and passwords within one are nobody's."""
    try:
        url = URL(callback)
        nameless = url.user is None and url.password is None and not url.fragment
        return url.scheme in SCHEMES and nameless and str(url.origin()) in allowed
    except ValueError:
        return False


async def post_listener(request: web.Request) -> web.Response:
    """403 for an origin that is not allowed, 409 for one too many and, with the id, for who listens already."""
    document = mapping(await body(request), "body")
    callback = string(document.get("callback"), "callback", MOST_TEXT)
    query = string(document.get("query", ""), "query", MOST_TEXT)
    wanted(query, {})
    if not may_hear(callback, office(request).listeners):
        raise web.HTTPForbidden(reason="callback")
    api = request.path.rpartition("/")[0]

    async def act(connection: AsyncConnection, terms: Terms) -> Document:
        return await _register(connection, api, callback, query, terms)

    try:
        return await once(request, document, act)
    except _Listens as known:
        return error(409, "conflict", field="callback", id=str(known))


class _Listens(Exception):
    """This callback hears this query already; the text is the listener's id."""


async def _register(connection: AsyncConnection, api: str, callback: str, query: str, terms: Terms) -> Document:
    table = schema.hub_listener
    there = await all_rows(connection, select(table).where(table.c.api == api))
    for row in there:
        if (row["callback"], row["query"]) == (callback, query):
            raise _Listens(row["id"])
    if len(there) >= MOST_LISTENERS:
        raise web.HTTPConflict(reason="callback")
    listener = secrets.token_hex(16)
    row = {"id": listener, "api": api, "callback": callback, "query": query, "created_at": terms.now}
    await connection.execute(insert(table).values({**row, "due_at": terms.now, "failures": 0}))
    return {"id": listener, "callback": callback, "query": query}


async def delete_listener(request: web.Request) -> web.Response:
    """204; what it has not taken yet is told to nobody."""
    listener, api = request.match_info["id"], request.path.rpartition("/")[0].rpartition("/")[0]
    table, waiting = schema.hub_listener, schema.hub_event
    async with office(request).store.writing() as connection:
        known = select(func.count()).select_from(table).where(table.c.id == listener, table.c.api == api)
        if not (await connection.execute(known)).scalar():
            raise NotFound("hub", listener)
        await connection.execute(delete(waiting).where(waiting.c.listener == listener))
        await connection.execute(delete(table).where(table.c.id == listener))
    return web.Response(status=204)


async def publish(connection: AsyncConnection, kind: str, document: Document, terms: Terms) -> None:
    """Keep an event for everybody who wants it and may hear it: the operator may have taken an origin away."""
    api, name = _HOME[kind]
    table = schema.hub_listener
    known = await all_rows(connection, select(table).where(table.c.api == api)) if terms.listeners else []
    there = [row for row in known if may_hear(row["callback"], terms.listeners)]
    if not there:
        return
    happened = {
        "eventId": secrets.token_hex(16), "eventTime": moment_to(terms.now), "eventType": kind,
        "event": {name: document},
    }  # fmt: skip
    text = json.dumps(happened, ensure_ascii=False, separators=(",", ":"))
    rows = [{"listener": r["id"], "at": terms.now, "document": text} for r in there if wanted(r["query"], happened)]
    if rows:
        await connection.execute(insert(schema.hub_event), rows)


def wanted(query: str, happened: Document) -> bool:
    """Whether an event fits a listener's query. BadDocument for one that says nothing clear."""
    try:
        asked = MultiDict(parse_qsl(query, strict_parsing=bool(query), max_num_fields=filtering.MOST_FILTERS))
    except ValueError:
        raise BadDocument("query") from None
    if any(name in filtering.OF_THE_LIST for name in asked):
        raise BadDocument("query")
    return bool(filtering.matching([happened], asked))
