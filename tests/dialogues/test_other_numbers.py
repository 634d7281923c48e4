"""Other numbers of an account, by their last digits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.dialogues.said import month

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


HOLDER = "+8613800000007"


def ending(digits: str, text: str = "", words: str = "") -> dict[str, Any]:
    words = words or f"尾号{digits}"
    return {"text": text or f"{words}那个", "last_digits": digits, "spans": {"last_digits": words}}


async def test_the_holder_reads_another_number_by_its_last_digits(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("query_balance")
    heard = await person.say("nlu_fallback", **ending("0014"))
    assert heard.responses == ["for_number", "balance"]
    assert "尾号0014" in heard.texts[0]
    assert (await person.say("nlu_fallback", **month("上个月呢", "上个月", "2026-10"))).responses == [
        "for_number",
        "bill",
    ]
    assert (await person.say("repeat")).responses == ["for_number", "bill"]
    assert (await person.say("query_balance")).responses == ["balance"]


async def test_a_number_may_come_with_the_wish(talk: Begin) -> None:
    person = talk(HOLDER, "sms")
    person.language = "en"
    text = "data left on the one ending in 0015"
    heard = await person.say("query_data_usage", **ending("0015", text, "ending in 0015"))
    assert heard.responses == ["for_number", "data_left"]


@pytest.mark.parametrize("digits", ["8888", "0000", "0003"])
async def test_somebody_elses_number_is_refused(talk: Begin, digits: str) -> None:
    person = talk(HOLDER)
    await person.say("query_balance")
    heard = await person.say("query_other_number", **ending(digits))
    assert (heard.responses, heard.outcomes) == (["not_your_number"], [("query_balance", "refused")])


async def test_who_is_no_holder_reads_only_their_own(talk: Begin) -> None:
    person = talk("+8613800000014")
    await person.say("query_balance")
    assert (await person.say("nlu_fallback", **ending("0007"))).responses == ["not_your_number"]
    assert (await person.say("nlu_fallback", **ending("0014"))).responses == ["balance"]


async def test_the_other_of_many_is_asked_about_and_may_be_tapped(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("query_data_usage")
    heard = await person.say("query_other_number", "另一个号呢")
    assert (heard.responses, heard.labels[0]) == (["which_number"], "尾号0014")
    heard = await person.say("inform", last_digits="0014")
    assert heard.responses == ["for_number", "data_left"]


async def test_a_number_is_never_written_to(talk: Begin) -> None:
    person = talk(HOLDER, "sms")
    await person.say("order_data_pack")
    await person.say("stop")
    heard = await person.say("nlu_fallback", **ending("0014"))
    assert heard.responses == ["fallback_first"]
    assert (await person.say("dispute_charge", **ending("1234", "尾号1234的银行卡被扣了"))).responses == ["bill_why"]
    assert (await talk(None).say("nlu_fallback", **ending("0014"))).responses == ["fallback_first"]


async def test_a_crm_that_is_away_is_said_for_another_number_too(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("query_balance")
    person.crm.down = True
    assert (await person.say("nlu_fallback", **ending("0014"))).responses == ["crm_unavailable"]


@pytest.mark.parametrize("intent", ["inform", "query_other_number", "nlu_fallback"])
async def test_what_is_asked_of_a_number_may_be_a_noun(talk: Begin, intent: str) -> None:
    person = talk(HOLDER)
    heard = await person.say(intent, **ending("0014", "尾号0014的话费"))
    assert heard.responses == ["for_number", "balance"]
    assert (await person.say(intent, "我另一个号还有多少流量")).responses == ["which_number"]
    assert (await person.say("inform", last_digits="0015")).responses == ["for_number", "data_left"]
    assert (await person.say("recharge_other", **ending("0014", "给尾号0014充话费"))).responses == [
        "guide_recharge_other"
    ]


async def test_a_number_of_the_list_of_numbers_is_asked_what_about(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("query_other_number")
    heard = await person.say("inform", **ending("0014"))
    assert heard.responses == ["what_of_number"]
    picked = heard.choices[1]
    assert (await person.say(picked["intent"], **picked["entities"])).responses == ["for_number", "data_left"]


@pytest.mark.parametrize(
    ("intent", "said"),
    [
        ("change_plan", ending("8888", "尾号8888换套餐")),
        ("order_data_pack", {"text": "给13800000014办10元流量包", "msisdn": "+8613800000014", "amount_fen": 1000}),
        ("recharge", {"text": "给13800000014充50", "msisdn": "+8613800000014", "amount_fen": 5000}),
        ("recharge", {"text": "给另一个号充50", "amount_fen": 5000}),
        ("recharge_by_card", ending("0014", "刮卡给尾号0014充")),
    ],
)
async def test_a_transaction_for_another_number_is_not_done_for_the_own(
    talk: Begin, intent: str, said: dict[str, Any]
) -> None:
    person = talk(HOLDER)
    heard = await person.say(intent, **said)
    assert (heard.responses, heard.labels[-1]) == (["own_number_only"], "转人工")
    assert "0007" in heard.texts[0]


async def test_a_number_in_the_middle_of_an_order_is_not_silently_the_own(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("recharge")
    said = {"text": "给13800000014充50", "msisdn": "+8613800000014", "amount_fen": 5000}
    assert (await person.say("recharge", **said)).responses == ["own_number_only", "ask_recharge_way"]
    assert (
        await person.say("recharge", "给我13800000007充50", msisdn="+8613800000007", amount_fen=5000)
    ).responses == ["pay_here"]
    said = ending("8888", "用尾号8888的银行卡充50") | {"amount_fen": 5000}
    assert (await person.say("recharge", **said)).responses == ["pay_here"]


async def test_the_choices_of_another_numbers_answer_are_for_that_number(talk: Begin) -> None:
    person = talk(HOLDER)
    heard = await person.say("query_balance", **ending("0014", "尾号0014的话费"))
    assert heard.labels == ["查账单", "转人工"]
    picked = heard.choices[0]
    heard = await person.say(picked["intent"], **picked["entities"])
    assert heard.responses == ["for_number", "bill"]
    own = await person.say("query_balance")
    assert own.labels == ["查账单", "充值", "转人工"]
    picked = own.choices[0]
    assert (await person.say(picked["intent"], **picked["entities"])).responses == ["bill"]
