"""Sub-cards and the family circle: what comes with a yes is said before it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
BIG, LI = "+8613800000005", "+8613800000000"
"""A plan that a sub-card may be added to; an ordinary one."""


@pytest.mark.parametrize("channel", ["web", "sms"])
@pytest.mark.parametrize("wish", ["sub_card", "order_data_pack"])
async def test_the_new_card_and_the_real_name_are_said_before_the_yes_and_after(
    talk: Begin, channel: str, wish: str
) -> None:
    person = talk(BIG, channel)
    heard = await person.say(wish, "副卡咋办", offering="svc-sub-card")
    assert heard.responses == ["sub_card_needs", "quote_order_data_pack"]
    assert "实名" in heard.texts[0] and "营业厅" in heard.texts[0]
    heard = await person.say("query_monthly_fee", "一个月多少")
    assert heard.responses == ["quote_order_data_pack"] and "10.00" in heard.texts[0]
    heard = await person.say("affirm", "行")
    if heard.responses == ["code_sent"]:
        heard = await person.code(person.sent_code())
    assert heard.responses == ["order_done", "sub_card_next"] and "find_store" in [c["intent"] for c in heard.choices]


async def test_the_circle_is_said_to_need_members_and_who_adds_them(talk: Begin) -> None:
    person = talk(LI)
    heard = await person.say("family_number", "我要办亲情网")
    assert heard.responses == ["family_needs", "quote_order_data_pack"] and "哪个号码" in heard.texts[0]


@pytest.mark.parametrize("intent", ["family_number", "inform", "nlu_fallback", "recharge_other"])
async def test_the_number_that_is_to_be_added_is_kept_and_can_be_corrected(talk: Begin, intent: str) -> None:
    person = talk(LI, "sms")
    await person.say("family_number", "我要办亲情网")
    said = {"msisdn": "+8613900002222", "spans": {"msisdn": "13900002222"}}
    heard = await person.say(intent, "加13900002222", **said)
    assert heard.responses == ["family_needs", "quote_order_data_pack"] and "2222" in heard.texts[0]
    said = {"msisdn": "+8613900003333", "spans": {"msisdn": "13900003333"}}
    heard = await person.say("correct", "不对 是13900003333", **said)
    assert heard.responses == ["family_needs", "quote_order_data_pack"] and "3333" in heard.texts[0]
    heard = await person.say("affirm", "行")
    assert heard.responses == ["order_done", "family_next"] and "3333" in heard.texts[1]
    (add,) = [c for c in heard.choices if c["intent"] == "request_callback"]
    assert "3333" in add["entities"]["option"]


async def test_a_member_that_comes_with_the_wish_is_no_number_of_somebody_else(talk: Begin) -> None:
    said = {"msisdn": "+8613912345678", "spans": {"msisdn": "13912345678"}}
    heard = await talk(LI).say("family_number", "亲情网加我老伴 13912345678", **said)
    assert heard.responses == ["family_needs", "quote_order_data_pack"] and "5678" in heard.texts[0]
