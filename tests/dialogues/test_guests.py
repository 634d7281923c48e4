"""What guests of the country and whoever compares plans ask, in English and by the calendar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.dialogues.said import month

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
ANNA, XIE = "+8613800000011", "+8613800000030"
GB = 1024 * 1024


def guest(talk: Begin, msisdn: str = ANNA) -> Any:
    person = talk(msisdn)
    person.language = "en"
    return person


# leaving
@pytest.mark.parametrize(
    ("intent", "text", "told"),
    [
        (
            "consult_roaming",
            "can I close it without going to a shop? I'm leaving China on Friday",
            "guide_close_account",
        ),
        ("consult_roaming", "I'm leaving China on Friday", "guide_close_account"),
        ("recharge", "can I keep my number and pay the minimum", "quote_suspend_number"),
        ("nlu_fallback", "keep my number at the lowest cost while abroad", "quote_suspend_number"),
        ("faq", "I renewed my passport, how do I update it?", "guide_papers_renewed"),
        ("out_of_scope", "my passport expires next month", "guide_papers_renewed"),
        ("nlu_fallback", "证件到期了怎么更新", "guide_papers_renewed"),
    ],
)
async def test_who_leaves_or_has_a_new_passport_hears_of_that(talk: Begin, intent: str, text: str, told: str) -> None:
    assert (await guest(talk).say(intent, text)).responses[0] == told


@pytest.mark.parametrize("text", ["I'm leaving China on Friday, will my phone work", "leaving China, roaming price?"])
async def test_who_travels_hears_of_roaming(talk: Begin, text: str) -> None:
    assert "guide_close_account" not in (await guest(talk).say("consult_roaming", text)).responses


# bills
@pytest.mark.parametrize("text", ["why is it so high", "why so expensive", "how come it's so expensive"])
async def test_why_it_is_so_much_is_asked_of_the_bill_that_was_shown(talk: Begin, text: str) -> None:
    person = guest(talk, XIE)
    await person.say("query_bill", "bill")
    heard = await person.say("nlu_fallback", text)
    assert heard.responses == ["bill_why"] and "October" in heard.texts[0]
    await person.say("query_bill", month="2026-09")
    assert "September" in (await person.say("nlu_fallback", text)).texts[0]


@pytest.mark.parametrize(
    ("text", "words", "told"),
    [
        ("上个月的", "上个月", "10月"),
        ("上月", "上月", "10月"),
        ("上个月呢", "上个月", "9月"),
        ("上一个月", "上一个月", "9月"),
        ("再上个月", "上个月", "9月"),
    ],
)
async def test_last_month_is_by_the_calendar_unless_it_is_asked_as_another_one(
    talk: Begin, text: str, words: str, told: str
) -> None:
    person = talk(XIE)
    assert "10月" in (await person.say("query_bill", "查账单")).texts[0]
    assert told in (await person.say("inform", **month(text, words, "2026-10"))).texts[0]


# plans and packs
@pytest.mark.parametrize("before", [False, True])
@pytest.mark.parametrize(
    ("text", "words"),
    [("which plan is the cheapest with 20 GB or more?", "20 GB"), ("cheapest plan with 20 GB", "20 GB")],
)
async def test_the_cheapest_plan_with_so_much_data_is_told(talk: Begin, text: str, words: str, before: bool) -> None:
    person = guest(talk)
    if before:
        await person.say("consult_plans", "what plans do you have")
    heard = await person.say("consult_plans", text, volume_kb=20 * GB, spans={"volume_kb": words})
    assert heard.responses == ["offering_details"] and "5G Enjoy 59" in heard.texts[0]


async def test_one_with_at_least_so_much_is_of_the_list_that_was_shown(talk: Begin) -> None:
    person = guest(talk)
    await person.say("consult_plans", "what plans do you have")
    text = "which one is cheapest with at least 20GB?"
    heard = await person.say("consult_plans", text, volume_kb=20 * GB, spans={"volume_kb": "20GB"})
    assert heard.responses == ["offering_details"] and "¥" in heard.texts[0]


@pytest.mark.parametrize("text", ["data packs", "data packages"])
async def test_packs_are_told_after_plans_too(talk: Begin, text: str) -> None:
    person = guest(talk)
    await person.say("consult_plans", "what plans do you have")
    assert (await person.say("consult_plans", text)).responses == ["packs"]


async def test_more_is_told_of_the_second_of_a_list(talk: Begin) -> None:
    person = guest(talk)
    await person.say("consult_plans", "what plans do you have")
    heard = await person.say("out_of_scope", "tell me more about the second one", number=2)
    assert heard.responses == ["offering_details"]


@pytest.mark.parametrize("text", ["我想查一下", "我要办业务", "I have a question"])
async def test_who_only_begins_is_asked_what_it_is(talk: Begin, text: str) -> None:
    assert (await talk(ANNA).say("out_of_scope", text)).responses == ["menu"]
