"""How TM Forum's servers are asked: deadlines, two tries for reads and one for writes, statuses as crm.errors."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeVar

from crm.asking import Answer, twice
from crm.documents.scalars import BadDocument, Document, rows
from crm.errors import REASONS, CrmError, KeyReused, NotFound, Refused, TimedOut, Unavailable
from crm.lines import Lines

T = TypeVar("T")
MEDIA_TYPE = "application/json;charset=utf-8"
MOST_DIGITS = 10
PAGE = 500
"""So many rows are asked for at once."""
MOST_ROWS = 1000
"""More of a list that is wanted whole is none that a person has."""
PARTIAL = 206


@dataclass(frozen=True)
class Reply:
    """A parsed answer. `total` is how many there are of a list, this page being some of them, 0 where it does not say;
    `partial` that it is not all, whatever the total; `lost` is what it stands for when it cannot be read.
    """

    document: Any
    duplicate: bool
    total: int = 0
    lost: type[Unavailable] = Unavailable
    partial: bool = False

    def more(self, read: int) -> bool:
        """Whether there is something behind the first `read` rows, of which this is the last page."""
        return self.total > read if self.total else self.partial


class TmfClient:
    """Asks one server. `clock` is for answers that carry no moment of their own."""

    def __init__(self, lines: Lines, clock: Callable[[], datetime]) -> None:
        self._lines = lines
        self._clock = clock

    async def _list(
        self, path: str, query: Mapping[str, str], read: Callable[[Any], T], deadline: float, first: int = 0
    ) -> list[T]:
        """A whole list, in however many pages it comes, or its `first` rows. Raises Unavailable where the answer does
        not hold what it says there is, or there are more than MOST_ROWS: a part would pass for the whole."""
        found: list[T] = []
        page, before = {**query, **({"limit": str(min(PAGE, first))} if first else {})}, None
        while True:
            reply = await self._read_twice("GET", path, page, None, deadline)
            rows = _rows(reply, read)
            if rows and rows == before:
                raise Unavailable("unreadable answer: the same page again")
            found += rows
            if (first and len(found) >= first) or not reply.more(len(found)):
                return found[: first or None]
            if not rows or len(found) >= max(first, MOST_ROWS):
                raise Unavailable(f"unreadable answer: {len(found)} of {reply.total or 'more'} rows")
            page = {**query, "offset": str(len(found)), "limit": str(min(PAGE, (first or MOST_ROWS) - len(found)))}
            before = rows

    async def _unread(self, path: str, query: Mapping[str, str], deadline: float) -> bytes | None:
        """A list as it came, `rows_of` reads it; None where that is not known to be all of it."""

        async def attempt() -> bytes | None:
            answer = await self._lines.ask("GET", path, deadline=deadline, query=query)
            if answer.status >= 300:
                _checked(answer.status, answer.raw)
            return answer.raw if _is_whole(answer) else None

        return await twice(attempt, deadline)

    async def _one(self, path: str, key: str, what: str, read: Callable[[Any], T], deadline: float) -> T:
        if not key.isascii() or not key.replace("-", "").replace("_", "").isalnum():
            raise NotFound(what, key)
        reply = await self._read_twice("GET", f"{path}/{key}", {}, None, deadline)
        return read_document(read, reply)

    async def _ask(self, path: str, document: Document, read: Callable[[Any], T], deadline: float) -> T:
        """A POST that changes nothing."""
        reply = await self._read_twice("POST", path, {}, document, deadline)
        return read_document(read, reply)

    async def _read_twice(
        self, method: str, path: str, query: Mapping[str, str], document: Document | None, deadline: float
    ) -> Reply:
        return await twice(lambda: self._call(method, path, query, document, {}, deadline), deadline)

    async def _write(self, path: str, document: Document, key: str, deadline: float, method: str = "POST") -> Reply:
        """Raises TimedOut for whatever does not say what became of it."""
        return await self._call(method, path, {}, document, {"Idempotency-Key": key}, deadline, TimedOut)

    async def _patch(
        self, path: str, key: str, change: Document, read: Callable[[Any], T], idempotency_key: str, deadline: float
    ) -> T:
        return read_document(read, await self._write(f"{path}/{key}", change, idempotency_key, deadline, "PATCH"))

    async def _call(
        self, method: str, path: str, query: Mapping[str, str], document: Document | None,
        headers: Mapping[str, str], deadline: float, lost: type[Unavailable] = Unavailable,
    ) -> Reply:  # fmt: skip
        data = None if document is None else json.dumps(document, ensure_ascii=False).encode()
        more = {**headers, "Content-Type": MEDIA_TYPE} if data is not None else headers
        answer = await self._lines.ask(method, path, deadline=deadline, query=query, data=data, headers=more)
        duplicate = answer.headers.get("idempotent-replayed") == "true"
        document = _checked(answer.status, answer.raw, lost)
        return Reply(document, duplicate, _count(answer, "x-total-count"), lost, _is_partial(answer))


def _count(answer: Answer, header: str) -> int:
    text = answer.headers.get(header, "")
    return int(text) if _is_count(text) else 0


def _is_partial(answer: Answer) -> bool:
    return answer.status == PARTIAL or 'rel="next"' in answer.headers.get("link", "")


def _is_whole(answer: Answer) -> bool:
    if _is_partial(answer):
        return False
    total = _count(answer, "x-total-count")
    if not total or "x-result-count" in answer.headers:
        return total <= _count(answer, "x-result-count")
    return total <= len(rows(_checked(200, answer.raw), "list"))


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < MOST_DIGITS


def rows_of(raw: bytes, read: Callable[[Any], T]) -> list[T]:
    """Of a list that came with a success."""
    return _rows(Reply(_checked(200, raw), False), read)


def _rows(reply: Reply, read: Callable[[Any], T]) -> list[T]:
    return read_document(lambda d: [read(row) for row in rows(d, "list")], reply)


def _checked(status: int, raw: bytes, lost: type[Unavailable] = Unavailable) -> Any:
    """The parsed body of a success; the error that any other status stands for, `lost` for one that says nothing."""
    if status == 503:
        raise Unavailable("status 503")
    if status >= 500:
        # Ours or a gateway's before it: the work may have been done.
        raise lost(f"status {status}")
    try:
        document = json.loads(raw, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise lost(f"status {status} without JSON") from None
    if status < 300:
        return document
    raise _error(status, document if isinstance(document, dict) else {})


def _error(status: int, document: Mapping[str, Any]) -> CrmError:
    code = str(document.get("code", ""))
    if status == 404:
        return NotFound(str(document.get("what", "resource")))
    if status == 409 and code == "key_reused":
        return KeyReused()
    if status == 409 and code in REASONS:
        values = document.get("values")
        return Refused(code, values if isinstance(values, dict) else {})
    if status in (401, 403, 429):
        return Unavailable(f"status {status}")
    # A reason that is none of ours has no words: it says that nothing was done.
    return Refused("invalid", {"field": str(document.get("field", ""))})


def read_document(read: Callable[[Any], T], reply: Reply) -> T:
    """An answer we cannot read is as good as none."""
    try:
        return read(reply.document)
    except BadDocument as bad:
        raise reply.lost(f"unreadable answer: {bad.field}") from bad
