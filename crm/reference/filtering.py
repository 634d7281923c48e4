"""What TMF630 lets a caller ask of any list: filters by attribute, order, one page of it, and some fields only.

?status=acknowledged,pending    one of these; attributes of nested objects and lists by dots: relatedParty.id
?creationDate.gte=2026-11-01    also gt, lt, lte, ne; numbers and moments by size
?sort=-creationDate,id          descending with a minus
?offset=20&limit=10             X-Total-Count, X-Result-Count and Link say where the page is
?fields=id,status               id, href and @type come always
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from multidict import MultiMapping
from yarl import URL

from crm.documents.scalars import BadDocument, Document

PAGE, MOST_PAGE = 100, 500
MOST_OFFSET = 10**6
MOST_FILTERS, MOST_VALUE = 20, 512
OF_THE_LIST = ("fields", "offset", "limit", "sort")
ALWAYS = ("id", "href", "@type")
_MEASURES = {
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
}


def matching(documents: Sequence[Document], query: MultiMapping[str], handled: Iterable[str] = ()) -> list[Document]:
    """Those that fit every filter, in order. An attribute that nothing has fits nothing. `handled`: filters that the
    caller applied itself, since they are no attributes."""
    wanted = [(name, value) for name, value in query.items() if name not in (*OF_THE_LIST, *handled)]
    if len(wanted) > MOST_FILTERS or any(len(value) > MOST_VALUE for _, value in wanted):
        raise BadDocument("filter")
    found = [d for d in documents if all(_fits(d, name, value) for name, value in wanted)]
    for key in reversed([key for key in query.get("sort", "").split(",") if key]):
        path = key.lstrip("+-").split(".")
        found.sort(key=lambda d: _rank(next(_values(d, path), None)), reverse=key.startswith("-"))  # noqa: B023
    return found


def _fits(document: Document, name: str, value: str) -> bool:
    path = name.split(".")
    operator = path.pop() if path[-1] in (*_MEASURES, "ne", "eq") and len(path) > 1 else "eq"
    held = [_text(one) for one in _values(document, path)]
    if operator in _MEASURES:
        return any(_MEASURES[operator](*_measured(one, value)) for one in held)
    among = any(one in value.split(",") or one == value for one in held)
    return among if operator == "eq" else not among


def _values(found: Any, path: Sequence[str]) -> Iterator[Any]:
    """What stands at a path; through a list, in each of its entries."""
    if isinstance(found, list):
        for one in found:
            yield from _values(one, path)
    elif not path:
        yield found
    elif isinstance(found, dict) and path[0] in found:
        yield from _values(found[path[0]], path[1:])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _measured(one: str, other: str) -> tuple[Any, Any]:
    """As numbers where both are, else as text: moments of ours all have one form."""
    try:
        return float(one), float(other)
    except ValueError:
        return one, other


def _rank(value: Any) -> tuple[int, Any]:
    if isinstance(value, (int, float)):
        return 0, float(value)
    return (1, _text(value)) if value is not None else (2, "")


def page_of(query: MultiMapping[str]) -> tuple[int, int]:
    """Offset and limit. BadDocument for anything but digits."""
    return _number(query, "offset", 0, MOST_OFFSET), _number(query, "limit", PAGE, MOST_PAGE)


def _number(query: MultiMapping[str], name: str, default: int, most: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 8):
        raise BadDocument(name)
    return min(int(text), most)


def links(url: URL, offset: int, limit: int, total: int) -> dict[str, str]:
    """The header that leads to the other pages; none where there is one page."""
    if limit <= 0 or (offset == 0 and total <= limit):
        return {}
    starts = {"first": 0, "last": max(0, (total - 1) // limit * limit)}
    starts |= {"prev": max(0, offset - limit)} if offset else {}
    starts |= {"next": offset + limit} if offset + limit < total else {}
    steps = (f'<{url.update_query(offset=at, limit=limit)}>; rel="{rel}"' for rel, at in starts.items())
    return {"Link": ", ".join(steps)}


def only(document: Document, query: MultiMapping[str]) -> Document:
    wanted = query.get("fields", "")
    if not wanted:
        return document
    keep = {*ALWAYS, *wanted.split(",")}
    return {name: value for name, value in document.items() if name in keep}
