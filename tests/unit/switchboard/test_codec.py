"""Records survive the way through JSON, and strange ones are refused."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

import pytest

from switchboard.codec import from_dict, to_dict, to_json
from switchboard.errors import BadRecord
from switchboard.model import (
    Address,
    Binding,
    Choice,
    Conversation,
    Owner,
    Reply,
    TurnContext,
    TurnResult,
    Understanding,
)

MOMENT = datetime(2026, 11, 21, 8, 30, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "value",
    [
        Conversation(
            "web:1", Address("web", "x"), Owner.AGENT, 3, binding=Binding("+8613800001234", "s1", MOMENT, "code")
        ),
        TurnResult(
            replies=(Reply("您好", choices=(Choice("查账单", 1, "ab.1", "query_bill", {"month": "2026-10"}),)),),
            understanding=Understanding("greet", 0.9, (("greet", 0.9), ("bye", 0.1))),
            context=TurnContext({"a": 1}, "form", "code"),
        ),
    ],
)
def test_a_record_comes_back_equal(value: object) -> None:
    assert from_dict(type(value), json.loads(json.dumps(to_dict(value)))) == value


@pytest.mark.parametrize(
    "data",
    [{"channel": "web"}, {"channel": "web", "id": "x", "more": 1}, {"channel": 1, "id": "x"}, [], "web", None],
)
def test_a_strange_record_is_refused(data: object) -> None:
    with pytest.raises(BadRecord):
        from_dict(Address, data)


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(BadRecord):
        from_dict(Binding, {"msisdn": "+86", "subscriber_id": "s", "bound_at": "2026-11-21T08:30:00", "proof": "code"})


def test_a_number_of_any_length_is_written_as_it_is() -> None:
    understood = Understanding("recharge", 0.9, entities={"amount_fen": 10**30})
    assert from_dict(Understanding, json.loads(to_json(understood))) == understood


@pytest.mark.parametrize(
    "value",
    [
        {"at": MOMENT.astimezone(timezone(timedelta(hours=8))), "whose": [Owner.AGENT, Address("web", "x")]},
        {"nested": {"deep": (Choice("查账单", 1, "t", "query_bill", {"month": None}), "😀", 0.5, True)}},
        MappingProxyType({"a": MappingProxyType({})}),
        {1: "a key that is no text", "more": 10**30},
        [],
        "只是文字",
    ],
)
def test_json_is_that_of_plain_types(value: object) -> None:
    assert json.loads(to_json(value)) == json.loads(json.dumps(to_dict(value)))


def test_what_is_no_json_is_refused() -> None:
    with pytest.raises(TypeError):
        to_json({"a": object()})
