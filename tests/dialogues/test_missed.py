"""What an open question makes of words that do not answer it: other words, another wish, a way out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
ANNA = "+8613800000011"


async def english(talk: Begin, wish: str) -> Any:
    person = talk(ANNA)
    person.language = "en"
    await person.say(wish)
    return person


@pytest.mark.parametrize(
    ("wish", "question", "needs"),
    [
        ("query_puk", "ask_puk_papers", "service password"),
        ("recharge", "ask_recharge_way", '"card"'),
        ("invoice", "ask_invoice_month", "October"),
        ("report_fault", "ask_fault_kind", "no signal"),
    ],
)
async def test_a_question_that_was_missed_twice_is_put_in_other_words_with_a_way_out(
    talk: Begin, wish: str, question: str, needs: str
) -> None:
    person = await english(talk, wish)
    assert (await person.say("affirm", "?")).responses == ["form_unclear", question]
    heard = await person.say("affirm", "?")
    assert heard.responses == ["form_needs"] and needs in heard.texts[0]
    assert heard.labels == ["Stop", "Talk to a person"]
    heard = await person.say("affirm", "?")
    assert heard.responses == ["form_offer_human"] and heard.labels == ["Talk to a person", "Stop"]
    assert (await person.say("stop", "stop")).responses == ["stopped"]


async def test_words_that_are_likely_another_wish_are_asked_about_and_a_yes_begins_it(talk: Begin) -> None:
    person = await english(talk, "invoice")
    said = {"ranking": {"report_fault": 0.77, "out_of_scope": 0.2}}
    heard = await person.say("nlu_fallback", "the signal is bad in my flat", **said)
    assert heard.responses == ["form_other"] and heard.labels == ["Report a fault", "Stop", "Talk to a person"]
    assert (await person.say("affirm", "yes")).responses == ["ask_fault_kind"]
    person = await english(talk, "invoice")
    heard = await person.say("nlu_fallback", "the signal is bad in my flat", **said)
    assert (await person.say("report_fault")).responses == ["ask_fault_kind"]


async def test_who_goes_on_with_the_form_begins_no_other_wish_by_a_later_yes(talk: Begin) -> None:
    person = await english(talk, "recharge")
    await person.say("nlu_fallback", "the signal is bad in my flat", ranking={"report_fault": 0.77})
    assert (await person.say("inform", option="page")).responses == ["ask_recharge_amount"]
    assert (await person.say("affirm", "yes")).responses == ["form_unclear", "ask_recharge_amount"]


async def test_a_yes_to_an_offer_is_never_a_yes_to_another_wish(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    heard = await person.say("nlu_fallback", "家里没信号", ranking={"report_fault": 0.77})
    assert heard.responses == ["form_unclear", "quote_order_data_pack"]
    assert (await person.say("affirm", "确认")).responses == ["order_done"]


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_papers_for_a_puk_are_asked_for_shorter_under_an_answer(talk: Begin, language: str) -> None:
    person = talk()
    person.language = language
    first = await person.say("query_puk")
    heard = await person.say("query_balance")
    assert heard.responses == ["balance", "ask_puk_papers"] and len(heard.texts[1]) < len(first.texts[0])
