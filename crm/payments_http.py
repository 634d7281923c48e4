"""POST /pay/callback: where a payment gateway tells us what became of a checkout."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from aiohttp import web
from aiohttp.typedefs import Handler

from crm.errors import NotFound, Refused, Unavailable
from crm.payments import PaymentEvent, Payments, RawCallback
from crm.port import within

MOST_BODY = 64 * 1024
BODY_TIMEOUT_S = 10.0
DEADLINE_S = 5.0
OnEvent = Callable[[PaymentEvent], Awaitable[None]]


def payment_callback(payments: Payments, on_event: OnEvent) -> Handler:
    """A handler. 200 only after `on_event` returned, so that the gateway repeats what was not stored.

    400, 401 and 404 for what is malformed, unsigned or unknown; 409 when refused; 503 when the CRM is away. `on_event`
    sees duplicates too (PaymentEvent.duplicate).
    """

    async def handler(request: web.Request) -> web.Response:
        raw = await _raw(request)
        try:
            event = await payments.handle_callback(raw, deadline=within(DEADLINE_S))
        except Refused as refusal:
            status = {"signature": 401, "invalid": 400}.get(refusal.reason, 409)
            return web.json_response({"code": refusal.reason}, status=status)
        except NotFound:
            return web.json_response({"code": "not_found"}, status=404)
        except Unavailable:
            return web.json_response({"code": "unavailable"}, status=503)
        await on_event(event)
        return web.json_response({"code": "ok"})

    return handler


async def _raw(request: web.Request) -> RawCallback:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise web.HTTPUnsupportedMediaType()
    if (request.content_length or 0) > MOST_BODY:
        raise web.HTTPRequestEntityTooLarge(MOST_BODY, request.content_length or 0)
    try:
        body = await asyncio.wait_for(_read(request), BODY_TIMEOUT_S)
    except asyncio.TimeoutError:
        raise web.HTTPRequestTimeout() from None
    return RawCallback(body, {name.lower(): value for name, value in request.headers.items()})


async def _read(request: web.Request) -> bytes:
    """The body, whatever limit the application that mounts us has."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(8192):
        body += chunk
        if len(body) > MOST_BODY:
            raise web.HTTPRequestEntityTooLarge(MOST_BODY, len(body))
    return bytes(body)
