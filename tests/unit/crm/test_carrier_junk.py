"""Whatever a carrier's answer holds, it is read or it is unreadable; nothing else comes of it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm.carrier import fields
from crm.carrier.services import SERVICES
from crm.documents.scalars import BadDocument

WORDS = st.sampled_from(["Y", "1", "01", "23.50", "13800000000", "20261118103000", "20261118", "202611", "0", "2002"])
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | WORDS,
    lambda some: st.lists(some, max_size=3) | st.dictionaries(st.text(max_size=8), some, max_size=3),
    max_leaves=8,
)


def like(kind: Any) -> st.SearchStrategy[Any]:
    """What has the names of a noun, and anything at all for values."""
    if isinstance(kind, fields.Table):
        return st.fixed_dictionaries({}, optional={name: like(of) | JUNK for name, of in kind.fields.values()})
    if isinstance(kind, (fields.Many, fields.Maybe)):
        return st.lists(like(kind.kind), max_size=2) if isinstance(kind, fields.Many) else like(kind.kind)
    return WORDS | JUNK


@pytest.mark.parametrize("call", SERVICES)
@settings(max_examples=5, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_an_answer_holds_it_is_read_or_unreadable(call: str, data: st.DataObject) -> None:
    answer = SERVICES[call].answer
    try:
        answer.read(data.draw(like(answer) | JUNK), "data")
    except BadDocument:
        pass
