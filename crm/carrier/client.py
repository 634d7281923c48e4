"""How the carrier is asked: signed, within a deadline, reads twice and writes once, lists page by page."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import ClientSession

from crm.asking import ask, twice
from crm.carrier.codes import DONE, meant
from crm.carrier.fields import WHOLE
from crm.carrier.services import SERVICES, Service
from crm.carrier.wire import MEDIA_TYPE, PAGE, BadSignature, check, signed
from crm.documents.scalars import BadDocument, Document, mapping, string
from crm.errors import NotFound, TimedOut, Unavailable

PATH = "/carrier/api"
MOST = 1000
"""No list that is wanted whole is longer."""


@dataclass(frozen=True)
class Reply:
    """What a service answered. `repeated`: this number had been answered before. `total`: how long the list is."""

    data: Any
    repeated: bool
    total: int


class CarrierClient:
    """Asks one server with one key."""

    def __init__(self, session: ClientSession, key: bytes, clock: Callable[[], datetime]) -> None:
        self._session, self._key, self._clock = session, key, clock

    async def _read(self, call: str, deadline: float, **arguments: Any) -> Any:
        service, question = _asked(call, arguments)

        async def attempt() -> Any:
            return self._answer(service, await self._call(service, question, "", deadline))

        return await twice(attempt, deadline)

    async def _pages(self, call: str, deadline: float, first: int | None = None, **arguments: Any) -> tuple[Any, ...]:
        """The `first` rows of a list, or all of it. Raises Unavailable for one of more than MOST, of which a part would
        pass for the whole.
        """
        service, question = _asked(call, arguments)
        found: list[Any] = []
        while True:
            page = {"pageNo": len(found) // PAGE + 1, "pageSize": PAGE}

            async def attempt(page: Document = page) -> tuple[tuple[Any, ...], int]:
                reply = await self._call(service, question, "", deadline, page)
                return self._answer(service, reply), reply.total

            rows, total = await twice(attempt, deadline)
            found += rows
            # A short page is the last one, whatever the total says: it may have changed meanwhile.
            if len(rows) < PAGE or len(found) >= min(total, first or total):
                return tuple(found[:first])
            if first is None and len(found) >= MOST:
                raise _unreadable(service, f"total of {total}")

    async def _write(self, call: str, key: str, deadline: float, **arguments: Any) -> tuple[Any, bool]:
        """The answer, and whether it is the stored one of an earlier request with this key."""
        service, question = _asked(call, arguments)
        reply = await self._call(service, question, key, deadline)
        return self._answer(service, reply), reply.repeated

    def _answer(self, service: Service, reply: Reply) -> Any:
        try:
            return service.answer.read(reply.data, "data")
        except BadDocument as bad:
            raise _unreadable(service, bad.field) from bad

    async def _call(
        self, service: Service, question: Document, key: str, deadline: float, page: Mapping[str, int] | None = None
    ) -> Reply:
        nonce = secrets.token_hex(16)
        asked = {"service": service.code, "reqNo": key or nonce, "params": question, **({"page": page} if page else {})}
        body = json.dumps(asked, ensure_ascii=False).encode()
        headers = {**signed(self._key, nonce, body, self._clock()), "Content-Type": MEDIA_TYPE}
        answer = await ask(self._session, "POST", PATH, deadline=deadline, data=body, headers=headers)
        try:
            if check(self._key, answer.headers, answer.raw, self._clock()) != nonce:
                raise _unreadable(service, "nonce")
            return _reply(service, json.loads(answer.raw))
        except BadSignature as bad:
            raise _unreadable(service, f"signature of a {answer.status}") from bad
        except BadDocument as bad:
            raise _unreadable(service, bad.field) from bad
        except (ValueError, RecursionError):
            raise _unreadable(service, "body") from None


def _asked(call: str, arguments: Mapping[str, Any]) -> tuple[Service, Document]:
    service = SERVICES[call]
    try:
        return service, service.question(arguments)
    except BadDocument as bad:
        # What the carrier has no form for, such as a foreign number or a thirteenth month, it does not have.
        raise NotFound(service.missing) from bad


def _reply(service: Service, raw: Any) -> Reply:
    document = mapping(raw, "answer")
    code = string(document.get("code"), "code", 16)
    if code != DONE:
        raise meant(code, document.get("data"), writes=service.writes)
    total = WHOLE.read(document.get("total"), "total") if service.paged else 0
    if total < 0:
        raise BadDocument("total")
    return Reply(document.get("data"), document.get("repeatFlag") == "Y", total)


def _unreadable(service: Service, what: str) -> Unavailable:
    """An answer that says nothing to us; a write may have happened all the same."""
    return (TimedOut if service.writes else Unavailable)(f"unreadable answer: {what}")
