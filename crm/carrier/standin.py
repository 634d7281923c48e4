"""A server that speaks as the carrier does, before any Crm of ours: it translates, and decides nothing itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any

from aiohttp import web

from crm.carrier.codes import DENIED, DONE, told, values_to
from crm.carrier.fields import MOST_ROWS
from crm.carrier.services import Service, service_of
from crm.carrier.wire import MEDIA_TYPE, PAGE, BadSignature, Nonces, check, signed
from crm.documents.scalars import BadDocument, Document, mapping, string
from crm.errors import CrmError
from crm.port import Crm, within

MOST_BODY = 64 * 1024
MOST_KEY = 128
BODY_S, CALL_S = 5.0, 10.0
CRM = web.AppKey("crm", Crm)  # type: ignore[type-abstract]


class StandIn:
    """`key` is shared with the caller; the Crm that answers is the application's."""

    def __init__(self, key: bytes, clock: Callable[[], datetime]) -> None:
        self._key, self._clock = key, clock
        self._nonces = Nonces()

    async def handle(self, request: web.Request) -> web.Response:
        """Always a 200, as the carrier does it; what became of it is the code inside."""
        try:
            body = await asyncio.wait_for(request.read(), BODY_S)
        except asyncio.TimeoutError:
            return web.Response(status=408)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            nonce = check(self._key, headers, body, self._clock())
            self._nonces.hear(nonce, self._clock())
        except BadSignature as bad:
            # Signed all the same: who has the key and a wrong clock has to learn which of the two it is.
            return self._say(headers.get("x-nonce", "")[:64], {"code": bad.code})
        return self._say(nonce, await self._outcome(request.app[CRM], body))

    async def _outcome(self, crm: Crm, body: bytes) -> Document:
        try:
            document = json.loads(body)
        except (ValueError, RecursionError):
            return _invalid("body")
        try:
            return await _served(crm, document)
        except CrmError as error:
            code, data = told(error)
            return {"code": code, "data": data}
        except BadDocument as bad:
            return _invalid(bad.field)

    def _say(self, nonce: str, document: Document) -> web.Response:
        body = json.dumps(document, ensure_ascii=False).encode()
        headers = {**signed(self._key, nonce, body, self._clock()), "Content-Type": MEDIA_TYPE}
        return web.Response(body=body, headers=headers)


def _invalid(field: str) -> Document:
    return {"code": DENIED.codes["invalid"], "data": values_to({"field": field})}


async def _served(crm: Crm, raw: Any) -> Document:
    document = mapping(raw, "body")
    call, service = service_of(document.get("service"))
    arguments = service.arguments(document.get("params", {}))
    arguments |= {"limit": MOST_ROWS} if service.limited else {}
    if service.writes:
        arguments["idempotency_key"] = _key(document)
    answer = await getattr(crm, call)(**arguments, deadline=within(CALL_S))
    if service.paged:
        return _page(service, answer, document)
    repeated = {"repeatFlag": "Y"} if getattr(answer, "duplicate", False) else {}
    return {"code": DONE, "data": service.answer.write(answer), **repeated}


def _key(document: Any) -> str:
    key = string(document.get("reqNo"), "reqNo", MOST_KEY)
    if not key or not key.isprintable():
        raise BadDocument("reqNo")
    return key


def _page(service: Service, rows: Any, document: Any) -> Document:
    page = mapping(document.get("page", {}), "page")
    number, size = page.get("pageNo", 1), page.get("pageSize", PAGE)
    for name, value, most in (("pageNo", number, MOST_ROWS), ("pageSize", size, PAGE)):
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= most:
            raise BadDocument(name)
    shown = rows[(number - 1) * size : number * size]
    return {"code": DONE, "data": service.answer.write(shown), "total": str(len(rows))}


def carrier_app(opened: AbstractAsyncContextManager[Crm], key: bytes, clock: Callable[[], datetime]) -> web.Application:
    """To be served under /carrier/. `opened` is entered when the application starts."""
    app = web.Application(client_max_size=MOST_BODY)
    app.router.add_post("/api", StandIn(key, clock).handle)

    async def asking(app: web.Application) -> AsyncIterator[None]:
        async with opened as app[CRM]:
            yield

    app.cleanup_ctx.append(asking)
    return app
