"""Who looks after a customer, and how that person is reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
HAS_ONE, HAS_NONE = "+8613800000007", "+8613800000000"


@pytest.mark.parametrize("channel", ["web", "sms"])
@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("query_own_number", "我的客户经理是谁"),
        ("find_store", "客户经理电话"),
        ("transfer_to_agent", "我有没有客户经理"),
        ("transfer_to_agent", "怎么联系客户经理"),
        ("nlu_fallback", "how do I reach my account manager"),
    ],
)
async def test_the_account_manager_is_named_and_calls_back(talk: Begin, channel: str, intent: str, text: str) -> None:
    person = talk(HAS_ONE, channel)
    heard = await person.say(intent, text)
    assert heard.responses == ["account_manager"] and "何晓东" in heard.texts[0] and heard.labels[0] == "请何晓东回电"
    heard = await person.say("request_callback", option="请客户经理回电")
    assert heard.responses == ["ticket_callback"]
    assert [ticket.accountable for ticket in person.crm.all_tickets.values()] == ["何晓东"]


async def test_who_has_none_hears_what_there_is_instead(talk: Begin) -> None:
    person = talk(HAS_NONE)
    heard = await person.say("query_own_number", "我的客户经理是谁")
    assert heard.responses == ["account_manager"] and "没有专属客户经理" in heard.texts[0]
    assert heard.labels == ["单位业务", "转人工"]
    person.language = "en"
    assert "no account manager" in (await person.say("query_own_number", "who is my account manager")).texts[0]


async def test_who_wants_to_be_put_through_gets_a_person(talk: Begin) -> None:
    heard = await talk(HAS_ONE).say("transfer_to_agent", "给我转客户经理")
    assert heard.effect("handoff")


async def test_nobody_unknown_hears_a_name(talk: Begin) -> None:
    assert "account_manager" not in (await talk(None).say("query_own_number", "我的客户经理是谁")).responses
