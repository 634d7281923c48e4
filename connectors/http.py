"""HTTP between the outside and the adapters: bounded bodies, errors that are 4xx, and storing before answering."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog
from aiohttp import web
from prometheus_client import Counter

from connectors.parsing import MAX_BODY
from switchboard.errors import AcceptError, BadInput, Limited, NotReachable
from switchboard.masking import mask_item
from switchboard.model import Inbound, InboundMessage, MessagePart, SecretValue
from switchboard.ports import Accept, Answer, ChannelAdapter, Rates, RawRequest, Received

BODY_S = 10.0
"""A body must have arrived by then."""
_log = structlog.get_logger()
_REFUSED = Counter("renji_refused", "Requests with messages that were not stored, by why", ["why"])
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def raw_request(request: web.Request) -> RawRequest:
    """The request with its whole body. Raises BadInput: 415 for an encoded body, 413 above 64 KiB, 408 if slow."""
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BadInput("Content-Encoding is not accepted", 415)
    if (request.content_length or 0) > MAX_BODY:
        raise BadInput("body is larger than 64 KiB", 413)
    if "\x00" in request.path:
        raise BadInput("NUL in the path")
    try:
        # Most bodies are there already: then nothing has to wait, or to watch who waits.
        body = await (_read(request) if request.content.is_eof() else asyncio.wait_for(_read(request), BODY_S))
    except asyncio.TimeoutError as error:
        raise BadInput("the body took too long", 408) from error
    return RawRequest(
        request.method, request.path, dict(request.query), dict(request.headers), body, request.remote or ""
    )


async def _read(request: web.Request) -> bytes:
    body = bytearray()
    async for chunk in request.content.iter_chunked(16_384):
        body += chunk
        if len(body) > MAX_BODY:
            raise BadInput("body is larger than 64 KiB", 413)
    return bytes(body)


class Intake:
    """Masks what an adapter received, stores it, and only then says so. Without `rates` nothing is limited."""

    def __init__(self, accept: Accept, rates: Rates | None = None) -> None:
        self._accept = accept
        self._rates = rates

    async def take(self, received: Received) -> Answer:
        """`on_stored`, or `on_refused` when it could not be stored: the platform will try again. 429 instead of 503 to
        one who sends too much."""
        items: list[Inbound] = []
        found: list[SecretValue] = []
        for item in received.items:
            if isinstance(item, (InboundMessage, MessagePart)):
                item, secret_values = mask_item(item)
                found += secret_values
            items.append(item)
        if not items:
            return received.on_stored
        trace = secrets.token_hex(8)
        try:
            if self._rates:
                await self._rates.admit(items)
            await self._accept.accept(items, found, trace)
        except (AcceptError, NotReachable) as error:
            _log.warning("not accepted", trace=trace, error=type(error).__name__)
            own = isinstance(error, Limited) and error.whose == "address"
            _REFUSED.labels(f"limit of {error.whose}" if isinstance(error, Limited) else type(error).__name__).inc()
            return replace(received.on_refused, status=429) if own else received.on_refused
        _log.info("accepted", trace=trace, kinds=[type(item).__name__ for item in items])
        return received.on_stored


def webhook(adapter: ChannelAdapter, intake: Intake) -> Handler:
    """The handler of a platform's callbacks."""

    async def handle(request: web.Request) -> web.StreamResponse:
        return response(await intake.take(adapter.receive(await raw_request(request))))

    return handle


def response(answer: Answer) -> web.Response:
    return web.Response(status=answer.status, body=answer.body, headers={"Content-Type": answer.content_type})


def json_response(value: object, status: int = 200) -> web.Response:
    body = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8")


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """BadInput becomes its status; what we did not foresee a 500 that tells the outside nothing."""
    try:
        return await handler(request)
    except BadInput as error:
        return json_response({"error": str(error)}, error.status)
    except NotReachable:
        return json_response({"error": "try again"}, 503)
    except (web.HTTPException, ConnectionResetError):
        raise
    except Exception as error:
        _log.exception("request failed", route=route_of(request), error=type(error).__name__)
        return json_response({"error": "internal error"}, 500)


def route_of(request: web.Request) -> str:
    """The route's pattern: a path may hold a number or a code."""
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else "?"
