"""Promotions with their conditions, and what the number's register and plan add to answers that were texts alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
LI, WANG, ABROAD = "+8613800000000", "+8613800000001", "+8613800000004"
STUDENT, WAITING = "+8613800000006", "+8613800000010"
ZHIJIANG = "之江5G 79元套餐"
"""Sold in the province of Li Ming only."""


@pytest.mark.parametrize(
    ("language", "condition"), [("zh", "条件：本省号码，下月1日生效"), ("en", "Condition: numbers of this province")]
)
async def test_what_one_qualifies_for_is_told_with_its_conditions(talk: Begin, language: str, condition: str) -> None:
    person = talk(LI)
    person.language = language
    heard = await person.say("consult_promotions")
    assert condition in heard.texts[0] and "79.00" in heard.texts[0]
    assert "29.00" not in heard.texts[0], "he is no student"
    assert heard.outcomes == [("consult_promotions", "answered")]


async def test_a_promotion_is_taken_from_where_it_is_told(talk: Begin) -> None:
    person = talk(LI, "sms")
    heard = await person.say("consult_promotions")
    (choice,) = [one for one in heard.choices if one["intent"] == "change_plan"]
    assert choice["label"] == f"换{ZHIJIANG}"
    assert (await person.say("change_plan", **choice["entities"])).responses == ["quote_change_plan"]


async def test_a_pack_that_goes_with_a_students_plan_is_put_to_students(talk: Begin) -> None:
    person = talk(STUDENT)
    person.crm.held[STUDENT] = [p for p in person.crm.held[STUDENT] if p.offering_id != "pack-campus"]
    assert "办校园10元20GB月包" in (await person.say("consult_promotions")).labels


async def test_people_of_sixty_are_told_of_the_plan_for_them(talk: Begin) -> None:
    person = talk(LI)
    person.crm.subscribers[LI] = replace(person.crm.subscribers[LI], birth_date=date(1964, 1, 1))
    (text,) = (await person.say("consult_promotions")).texts
    assert "孝心19元套餐：19.00元/月，3GB流量，200分钟。条件：60岁以上" in text


async def test_what_is_in_the_way_is_said_and_not_put_to_be_bought(talk: Begin) -> None:
    person = talk(WAITING)
    heard = await person.say("consult_promotions")
    assert "您已有一个套餐变更在等生效" in heard.texts[0]
    assert "change_plan" not in {one["intent"] for one in heard.choices}


async def test_who_can_have_nothing_more_hears_so(talk: Begin) -> None:
    heard = await talk(WANG).say("consult_promotions")
    assert heard.texts[0].startswith("现在没有您还能加办的专属优惠。")
    assert heard.labels == ["积分兑换", "推荐套餐", "转人工"]


async def test_points_that_pay_for_nothing_are_not_spoken_of(talk: Begin) -> None:
    person = talk(WANG)
    person.crm.lots[WANG] = []
    heard = await person.say("consult_promotions")
    assert "积分" not in heard.texts[0] and "积分兑换" not in heard.labels


async def test_who_is_not_known_hears_what_there_is_and_for_whom(talk: Begin) -> None:
    heard = await talk(None).say("consult_promotions")
    assert all(words in heard.texts[0] for words in ("条件：60岁以上", "条件：在校学生", "条件：本省号码"))
    assert heard.labels == ["验证号码", "推荐套餐", "转人工"]


async def test_who_wants_no_recommendations_is_told_what_everybody_is(talk: Begin) -> None:
    person = talk(LI)
    assert (await person.say("delete_my_data", "撤回同意")).responses == ["consents_taken_back"]
    heard = await person.say("consult_promotions")
    assert heard.texts[0].startswith("这些优惠只给一部分人") and "2400" not in heard.texts[0]
    assert "验证号码" not in heard.labels


async def test_whose_name_a_number_is_in_is_told_half_hidden_with_a_visit_to_book(talk: Begin) -> None:
    person = talk(LI)
    heard = await person.say("query_real_name")
    assert heard.responses == ["guide_query_real_name"]
    assert heard.texts[0].startswith("您的号码已实名登记在李**名下，登记正常。")
    assert heard.outcomes == [("query_real_name", "answered")]
    assert heard.labels == ["预约到店", "转人工"]


async def test_a_register_that_did_not_pass_says_who_goes_where(talk: Begin) -> None:
    person = talk(LI)
    person.crm.subscribers[LI] = replace(person.crm.subscribers[LI], status="suspended", suspended_for="real_name")
    heard = await person.say("query_real_name")
    assert "没有通过核验" in heard.texts[0] and "到营业厅重新核验" in heard.texts[0]


async def test_a_stranger_is_told_of_no_register(talk: Begin) -> None:
    heard = await talk(None).say("query_real_name")
    assert "**" not in heard.texts[0] and "验证号码" in heard.labels
    assert heard.outcomes == [("query_real_name", "refused")]


@pytest.mark.parametrize(
    ("msisdn", "said"), [(LI, "可以用5G"), (WANG, "不含5G，要用5G先换5G套餐"), (None, "套餐和手机都支持")]
)
async def test_who_asks_for_5g_hears_whether_their_plan_has_it(talk: Begin, msisdn: str | None, said: str) -> None:
    assert said in (await talk(msisdn).say("consult_coverage")).texts[0]


@pytest.mark.parametrize(
    ("wish", "type", "words"),
    [
        ("query_data_usage", "data", "您的通用流量用完了"),
        ("query_voice_allowance", "voice", "100分钟通话用完了"),
    ],
)
async def test_what_is_used_up_is_said_to_be_used_up(talk: Begin, wish: str, type: str, words: str) -> None:
    person = talk(LI)
    person.crm.grants[LI] = [replace(a, used=a.total) if a.type == type else a for a in person.crm.grants[LI]]
    assert words in (await person.say(wish)).texts[0]


async def test_who_has_roaming_on_is_not_told_to_switch_it_on(talk: Begin) -> None:
    for msisdn, told in ((ABROAD, False), (LI, True), (None, True)):
        heard = await talk(msisdn).say("consult_roaming")
        assert ("要先开通国际漫游" in heard.texts[0], "开通国际漫游" in heard.labels) == (told, told), msisdn


async def test_a_pack_that_needs_a_service_offers_the_service(talk: Begin) -> None:
    person = talk(LI, "sms")
    heard = await person.say("order_data_pack", offering="pack-roam-world")
    assert heard.responses == ["refused_requires"] and heard.labels == ["开通国际漫游", "转人工"]
    assert (await person.say("order_data_pack", **heard.choices[0]["entities"])).responses == ["quote_order_data_pack"]
    heard = await talk(LI, "sms").say("order_data_pack", offering="pack-campus")
    assert heard.responses == ["refused_requires"] and heard.labels == ["换成青春校园29元套餐", "转人工"]


@pytest.mark.parametrize("wish", ["query_my_plan", "query_monthly_fee"])
async def test_a_change_that_waits_is_put_to_be_taken_back(talk: Begin, wish: str) -> None:
    assert "撤销更换" in (await talk(WAITING).say(wish)).labels
    assert "撤销更换" not in (await talk(LI).say(wish)).labels


async def test_the_fee_of_the_plan_that_comes_is_told(talk: Begin) -> None:
    assert "起换为畅享5G 99元套餐，每月99.00元" in (await talk(WAITING).say("query_monthly_fee")).texts[0]


async def test_what_cannot_be_had_yet_is_not_told_as_an_offer_that_can(talk: Begin) -> None:
    person = talk(LI, "sms")
    person.crm.subscribers[LI] = replace(person.crm.subscribers[LI], status="suspended")
    heard = await person.say("consult_promotions")
    assert heard.texts[0].startswith("您现在还不能办的优惠：")
