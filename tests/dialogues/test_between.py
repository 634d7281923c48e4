"""What is asked in the middle of a form: answered, the open question once more and shorter, and then it is let go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


@pytest.mark.parametrize(
    ("wish", "question"), [("invoice", "ask_invoice_month"), ("order_data_pack", "ask_order_data_pack")]
)
async def test_an_open_question_comes_once_more_after_another_was_answered_and_then_no_more(
    talk: Begin, wish: str, question: str
) -> None:
    person = talk()
    assert (await person.say(wish)).responses == [question]
    assert (await person.say("query_balance", "查话费")).responses == ["balance", question]
    assert (await person.say("query_data_usage", "查流量")).responses == ["data_left"]
    assert (await person.say("query_bill", "查账单")).responses == ["bill"]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_what_is_asked_once_more_is_shorter_with_the_same_choices(talk: Begin, language: str) -> None:
    person = talk()
    person.language = language
    first = await person.say("invoice", "我要开发票")
    again = await person.say("query_balance", "查话费")
    assert len(again.texts[1]) < len(first.texts[0]) and again.labels == first.labels
    title = await person.say("inform", month="2026-10")
    assert len((await person.say("nlu_fallback", "？")).texts[1]) < len(title.texts[0])


async def test_a_new_wish_takes_the_place_of_an_open_question(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", "我要开发票")
    assert (await person.say("complain", "我要投诉")).responses == ["ask_complaint"]
    assert (await person.say("stop", "算了")).responses == ["stopped"]
    assert (await person.say("query_balance", "查话费")).responses == ["balance"]


async def test_a_place_goes_with_the_shops_that_were_asked_for_in_the_middle(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", "我要开发票")
    assert (await person.say("find_store", "附近营业厅")).responses == ["stores", "ask_invoice_month"]
    heard = await person.say("out_of_scope", "天河区", region="gd", spans={"region": "天河"})
    assert heard.responses == ["stores"] and "广州天河营业厅" in heard.texts[0]
    assert (await person.say("inform", "10月的", month="2026-10", spans={"month": "10月"})).responses == [
        "ask_invoice_title"
    ]


async def test_more_of_a_question_in_the_middle_lets_an_open_offer_go(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    assert (await person.say("find_store", "附近营业厅")).responses == ["stores", "quote_order_data_pack"]
    assert (await person.say("out_of_scope", "天河区", region="gd", spans={"region": "天河"})).responses == ["stores"]
    assert (await person.say("affirm", "确认")).responses == ["nothing_to_confirm"]
    assert person.packs() == []


async def test_a_place_is_no_title_of_an_invoice_right_after_the_shops(talk: Begin) -> None:
    person = talk()
    await person.say("invoice", month="2026-10")
    await person.say("find_store", "附近营业厅")
    heard = await person.say("out_of_scope", "天河区", region="gd", spans={"region": "天河"})
    assert heard.responses[0] == "stores"
