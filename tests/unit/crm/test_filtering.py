"""TMF630: filters, order, pages and fields of any list."""

from __future__ import annotations

import pytest
from multidict import MultiDict
from yarl import URL

from crm.documents.scalars import BadDocument, Document
from crm.reference.filtering import links, matching, only, page_of

ROWS: list[Document] = [
    {"id": "1", "status": "open", "at": "2026-11-01T00:00:00Z", "amount": {"value": 9.5},
     "party": [{"id": "a"}, {"id": "b"}], "done": False},
    {"id": "2", "status": "closed", "at": "2026-11-03T00:00:00Z", "amount": {"value": 10},
     "party": [{"id": "c"}], "done": True},
    {"id": "3", "status": "held, for now", "at": "2026-11-02T00:00:00Z", "party": []},
]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", "123"), ("status=open", "1"), ("status=open,closed", "12"), ("status=held, for now", "3"),
        ("party.id=b", "1"), ("party.id=b&status=closed", ""), ("done=true", "2"), ("done=false", "1"),
        ("amount.value.gt=9.5", "2"), ("amount.value.lte=10", "12"), ("at.gte=2026-11-02", "23"),
        ("at.lt=2026-11-02", "1"), ("status.ne=open", "23"), ("nothing=1", ""), ("party.id.x=1", ""),
        ("sort=-at", "231"), ("sort=amount.value", "123"), ("sort=-id", "321"), ("fields=id&limit=1&offset=5", "123"),
        ("month=2026-11", "123"),
    ],
)  # fmt: skip
def test_filters_and_order(query: str, ids: str) -> None:
    found = matching(ROWS, URL(f"/x?{query}").query, handled=("month",))
    assert ids == "".join(row["id"] for row in found)


@pytest.mark.parametrize("query", [{f"a{n}": "1" for n in range(21)}, {"status": "x" * 513}])
def test_a_question_has_its_bounds(query: dict[str, str]) -> None:
    with pytest.raises(BadDocument):
        matching(ROWS, MultiDict(query))


@pytest.mark.parametrize("query", [{"offset": "-1"}, {"limit": "ten"}, {"offset": "１"}, {"limit": ""}])
def test_a_page_is_asked_for_in_digits(query: dict[str, str]) -> None:
    with pytest.raises(BadDocument):
        page_of(MultiDict(query))


def test_links_lead_to_the_other_pages_and_keep_the_question() -> None:
    assert {} == links(URL("/x"), 0, 10, 10)
    told = links(URL("/x?status=open&limit=2&offset=2"), 2, 2, 5)["Link"]
    steps = dict(step.split("; ")[::-1] for step in told.split(", "))
    assert {"first", "prev", "next", "last"} == {rel[5:-1] for rel in steps}
    assert {"status": "open", "limit": "2", "offset": "4"} == dict(URL(steps['rel="next"'][1:-1]).query)
    assert "next" not in links(URL("/x"), 4, 2, 5)["Link"]


def test_fields_leave_what_says_which_it_is() -> None:
    row: Document = {"id": "1", "href": "/x/1", "@type": "X", "status": "open", "note": []}
    assert {"id", "href", "@type", "note"} == only(row, MultiDict(fields="note")).keys()
    assert row == only(row, MultiDict())
