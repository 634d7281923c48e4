"""What a CRM tells of a subscriber unasked: POST /crm/events, in the form of a TM Forum event notification.

{"eventId": "data_80:2026-11:+8613800000000", "eventTime": "2026-11-20T04:00:00Z", "eventType": "data_80",
 "event": {"publicIdentifier": "+8613800000000", "customer": "C1", "language": "zh", "values": {"left_kb": 1048576}}}

The eventId names this one happening: the same again is told once. docs/your-crm.md lists the types and their values.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

MOST_BODY = 16 * 1024
VALUES: Mapping[str, Mapping[str, type]] = {
    "data_80": {"left_kb": int},
    "data_100": {},
    "balance_low": {"balance_fen": int},
    "bill_ready": {"month": str, "total_fen": int},
    "bill_shock": {"month": str, "total_fen": int, "mean_fen": int, "times": int, "months": int},
    "bill_due": {"month": str, "due_fen": int, "due_on": str},
    "bill_overdue": {"month": str, "due_fen": int, "due_on": str},
    "expiry": {"name": str, "until": str, "offering": str},
    "order_finished": {"name": str, "order": str},
    "ticket_due": {"ticket": str, "due_at": str, "accountable": str},
    "ticket_solved": {"ticket": str, "kind": str},
}
"""The types, with the values that the wording needs. An `offering` of "" cannot be ordered again."""
_MSISDN = re.compile(r"\+[1-9]\d{6,14}")
_MOMENTS = frozenset({"until", "due_on", "due_at"})


class BadEvent(Exception):
    """Names the field that is wrong."""


@dataclass(frozen=True)
class Event:
    """`key` names this one happening, `language` is the subscriber's: zh or en."""

    kind: str
    key: str
    msisdn: str
    subscriber: str
    language: str
    at: datetime
    values: Mapping[str, Any]


Tell = Callable[[Event], Awaitable[str]]


def event_from(document: object) -> Event:
    """Raises BadEvent."""
    kind, key, happened = (_field(document, name) for name in ("eventType", "eventId", "event"))
    if kind not in VALUES:
        raise BadEvent("eventType")
    if not isinstance(key, str) or not 0 < len(key) <= 200:
        raise BadEvent("eventId")
    msisdn, subscriber = (_field(happened, name) for name in ("publicIdentifier", "customer"))
    if not isinstance(msisdn, str) or not _MSISDN.fullmatch(msisdn):
        raise BadEvent("event.publicIdentifier")
    if not isinstance(subscriber, str) or not subscriber:
        raise BadEvent("event.customer")
    language = _field(happened, "language")
    if language not in ("zh", "en"):
        raise BadEvent("event.language")
    values = _values(kind, _field(happened, "values"))
    return Event(kind, key, msisdn, subscriber, language, _moment(_field(document, "eventTime"), "eventTime"), values)


def event_to(event: Event) -> dict[str, Any]:
    """The document that `event_from` reads."""
    about = {
        "publicIdentifier": event.msisdn,
        "customer": event.subscriber,
        "language": event.language,
        "values": dict(event.values),
    }
    return {"eventId": event.key, "eventTime": event.at.isoformat(), "eventType": event.kind, "event": about}


def _field(document: object, name: str) -> Any:
    if not isinstance(document, Mapping) or name not in document:
        raise BadEvent(name)
    return document[name]


def _values(kind: str, given: object) -> dict[str, Any]:
    values = {}
    for name, wanted in VALUES[kind].items():
        value = _field(given, name)
        # A bool is an int to Python.
        if type(value) is not wanted or (isinstance(value, str) and len(value) > 200):
            raise BadEvent(name)
        values[name] = _moment(value, name).isoformat() if name in _MOMENTS else value
    return values


def _moment(value: object, name: str) -> datetime:
    try:
        # Python reads no Z before 3.11.
        read = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError as error:
        raise BadEvent(name) from error
    if name == "eventTime" and read.tzinfo is None:
        raise BadEvent(name)
    return read


def events_handler(token: str, tell: Tell) -> Handler:
    """200 with what became of it once it is stored; 401 without our token, 400 for what is malformed. What `tell`
    raises makes the CRM send it again.
    """
    expected = f"Bearer {token}".encode()

    async def handle(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, expected):
            return web.json_response({"code": "unauthorized"}, status=401)
        if (request.content_length or 0) > MOST_BODY:
            return web.json_response({"code": "too_large"}, status=413)
        try:
            event = event_from(json.loads(await request.read()))
        except (BadEvent, ValueError, RecursionError) as error:
            return web.json_response({"code": "invalid", "field": str(error)[:60]}, status=400)
        return web.json_response({"became": await tell(event)})

    return handle
