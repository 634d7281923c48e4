"""How the reference CRM speaks HTTP: who may, what a body may be, what answers and errors look like, and idempotency.

Errors follow TMF630's Error with `code` one of crm.errors.REASONS (or not_found, unauthorised, malformed, unavailable)
and, as our profile, `values` and `what`.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import web
from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.catalogue import Catalogue
from crm.documents.scalars import BadDocument, Document
from crm.errors import KeyReused, NotFound, Refused
from crm.policy import Policy
from crm.reference import filtering, schema
from crm.reference.reads import Terms
from crm.reference.store import Store

if sys.version_info >= (3, 11):
    from asyncio import timeout
else:
    from async_timeout import timeout

MEDIA_TYPE = "application/json;charset=utf-8"
MOST_BODY = 64 * 1024
DEEPEST = 32
BODY_TIMEOUT_S = 10.0
REQUEST_TIMEOUT_S = 15.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Act = Callable[[AsyncConnection, Terms], Awaitable[Document]]


@dataclass(frozen=True)
class Office:
    """What the handlers work with. `token` is the shared secret of the callers, `card_key` hashes recharge cards;
    `listeners` are the origins that may be told what happens."""

    store: Store
    catalogue: Catalogue
    policy: Policy
    clock: Callable[[], datetime]
    token: str
    card_key: bytes
    listeners: frozenset[str] = frozenset()

    def terms(self) -> Terms:
        return Terms(self.catalogue, self.policy, self.clock(), self.listeners)


OFFICE = web.AppKey("office", Office)
LINKED = web.AppKey("linked", frozenset[str])
"""Collections whose members have a path of their own."""
OPEN_PATHS = ("/healthz", "/paygate/", "/carrier/")


def office(request: web.Request) -> Office:
    return request.app[OFFICE]


def answer(document: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return web.Response(body=body, status=status, headers={**(headers or {}), "Content-Type": MEDIA_TYPE})


def error(status: int, code: str, **more: Any) -> web.Response:
    return answer({"code": code, "reason": code, "status": str(status), "@type": "Error", **more}, status)


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Ask for the secret, bound the time, and turn every failure into an Error. Never a stack trace, never a hang."""
    if request.path.startswith(OPEN_PATHS):
        return await handler(request)
    given = request.headers.get("Authorization", "").encode("utf-8", "replace")
    if not hmac.compare_digest(given, f"Bearer {office(request).token}".encode()):
        return error(401, "unauthorised")
    if "\x00" in request.path or "\x00" in request.query_string:
        return error(400, "malformed", field="path")
    try:
        async with timeout(REQUEST_TIMEOUT_S):
            return await handler(request)
    except NotFound as missing:
        return error(404, "not_found", what=missing.what)
    except Refused as refusal:
        return error(409, refusal.reason, values=dict(refusal.values))
    except BadDocument as bad:
        return error(400, "malformed", field=bad.field)
    except web.HTTPException as known:
        return _protested(known)
    except (asyncio.TimeoutError, PoolTimeout, DBAPIError, OSError):
        return error(503, "unavailable")


def _protested(known: web.HTTPException) -> web.Response:
    """What HTTP itself refuses: no such path, another method, too long a body, who may not listen."""
    codes = {403: "forbidden", 404: "not_found", 405: "method_not_allowed", 409: "conflict"}
    code = codes.get(known.status, "malformed")
    response = error(known.status, code, field=known.reason)
    if "Allow" in known.headers:
        response.headers["Allow"] = known.headers["Allow"]
    return response


def listed(request: web.Request, documents: Iterable[Document], *, handled: Iterable[str] = ()) -> web.Response:
    """One page of what fits the filters, as crm.reference.filtering has it. `handled`: see there."""
    found = filtering.matching(list(documents), request.query, handled)
    offset, limit = filtering.page_of(request.query)
    page = [filtering.only(_linked(request, d), request.query) for d in found[offset : offset + limit]]
    counts = {"X-Total-Count": str(len(found)), "X-Result-Count": str(len(page))}
    return answer(page, headers=counts | filtering.links(request.rel_url, offset, limit, len(found)))


def single(request: web.Request, document: Document) -> web.Response:
    return answer(filtering.only({**document, "href": str(request.url.with_query(None))}, request.query))


def created(request: web.Request, document: Document) -> web.Response:
    """What a POST that only asks has made."""
    return answer(_linked(request, document), 201)


def _linked(request: web.Request, document: Document) -> Document:
    """With the path under which it can be had again, where there is one."""
    if request.path not in request.app[LINKED] or "id" not in document:
        return document
    return {**document, "href": str(request.url.with_query(None) / document["id"])}


def asked(request: web.Request, name: str) -> str:
    """A filter that must be there and be of sane length."""
    value = request.query.get(name, "")
    if not value or len(value) > 128:
        raise BadDocument(name)
    return value


async def body(request: web.Request) -> Any:
    """The JSON body: plain UTF-8, ≤64 KiB, ≤32 deep, no key twice, no NaN; numbers with a point are Decimal."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise web.HTTPUnsupportedMediaType(reason="Content-Encoding")
    if request.content_type != "application/json":
        raise web.HTTPUnsupportedMediaType(reason="Content-Type")
    try:
        raw = await asyncio.wait_for(request.read(), BODY_TIMEOUT_S)
    except asyncio.TimeoutError:
        raise web.HTTPRequestTimeout(reason="body") from None
    return parse(raw)


def parse(raw: bytes) -> Any:
    """BadDocument("body") for anything that is not strict JSON within the limits."""
    try:
        text = raw.decode("utf-8")
        _check_depth(text)
        return json.loads(text, parse_float=Decimal, parse_constant=_refuse, object_pairs_hook=_no_twins)
    except (ValueError, RecursionError):
        raise BadDocument("body") from None


def _check_depth(text: str) -> None:
    depth = 0
    quoted = escaped = False
    for sign in text:
        if quoted:
            escaped, quoted = (sign == "\\" and not escaped), (sign != '"' or escaped)
        elif sign == '"':
            quoted = True
        elif sign in "[{":
            depth += 1
            if depth > DEEPEST:
                raise ValueError("too deep")
        elif sign in "]}":
            depth -= 1


def _refuse(constant: str) -> Any:
    raise ValueError(constant)


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key twice")
    return document


async def once(request: web.Request, document: Any, act: Act, status: int = 201) -> web.Response:
    """Act one time for an Idempotency-Key and this document; a repeat gets the stored answer, another document 409.

    A refusal is an answer too and is stored with whatever `act` wrote before it; NotFound and bad input are not.
    """
    key = request.headers.get("Idempotency-Key", "")
    if not key or len(key) > 128 or not key.isprintable():
        raise BadDocument("Idempotency-Key")
    here = office(request)
    entry = {
        "actor": "channel",
        "route": f"{request.method} {request.path}"[:64],
        "key": key,
        "request_hash": _digest(here.card_key, document),
    }

    async def linked(connection: AsyncConnection, terms: Terms) -> Document:
        return _linked(request, await act(connection, terms))

    try:
        async with here.store.writing() as connection:
            return await _once(connection, here.terms(), entry, linked, status)
    except IntegrityError:
        # PostgreSQL lets two of a kind begin; the second loses at the primary key and finds the first one's answer.
        async with here.store.writing() as connection:
            return await _once(connection, here.terms(), entry, linked, status)


async def _once(
    connection: AsyncConnection, terms: Terms, entry: dict[str, str], act: Act, status: int
) -> web.Response:
    table = schema.idempotency
    mine = (table.c.actor == entry["actor"]) & (table.c.route == entry["route"]) & (table.c.key == entry["key"])
    known = (await connection.execute(select(table).where(mine))).mappings().first()
    if known is not None:
        if known["request_hash"] != entry["request_hash"]:
            raise KeyReused()
        return answer(json.loads(known["answer"]), known["status"], {"Idempotent-Replayed": "true"})
    try:
        reply = answer(await act(connection, terms), status)
    except Refused as refusal:
        reply = error(409, refusal.reason, values=dict(refusal.values))
    assert isinstance(reply.body, bytes)
    stored = {**entry, "status": reply.status, "answer": reply.body.decode(), "at": terms.now}
    await connection.execute(insert(table).values(stored))
    return reply


def _digest(key: bytes, document: Any) -> str:
    """Keyed, since the document may hold a recharge card's number."""
    canonical = json.dumps(document, sort_keys=True, ensure_ascii=False, default=str)
    return hmac.new(key, canonical.encode(), hashlib.sha256).hexdigest()
