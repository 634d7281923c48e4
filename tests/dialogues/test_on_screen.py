"""What is on sale, listed as it was asked for: 5G plans only, all usual packs, how many minutes are in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


@pytest.mark.parametrize("text", ["5g套餐都有啥", "5G的套餐有哪些", "which 5G plans do you have"])
async def test_who_asks_for_5g_plans_sees_no_others(talk: Begin, text: str) -> None:
    heard = await talk(None).say("consult_plans", text)
    assert heard.responses == ["plans"] and heard.texts[0].startswith("在售5G套餐：")
    assert "4G" not in heard.texts[0] and "99元" in heard.texts[0]


async def test_where_all_plans_are_5g_plans_it_is_said(talk: Begin) -> None:
    person = talk(None)
    of_generation(person, "5G")
    assert "都是5G套餐" in (await person.say("consult_plans", "5g套餐都有啥")).texts[0]


async def test_a_catalogue_that_does_not_say_which_are_5g_is_listed_whole(talk: Begin) -> None:
    person = talk(None)
    of_generation(person, "")
    assert (await person.say("consult_plans", "5g套餐都有啥")).texts[0].startswith("部分在售套餐：")


@pytest.mark.parametrize("text", ["最便宜的5g套餐", "5g套餐里最便宜的"])
async def test_the_cheapest_5g_plan_is_a_5g_plan(talk: Begin, text: str) -> None:
    heard = await talk(None).say("consult_plans", text)
    assert heard.responses == ["offering_details"] and "畅享5G 59元" in heard.texts[0]


@pytest.mark.parametrize("channel", ["web", "wechat"])
async def test_every_usual_pack_is_listed(talk: Begin, channel: str) -> None:
    person = talk(channel=channel)
    heard = await person.say("consult_plans", "流量包有哪些")
    assert "10GB流量加油包" in heard.texts[0] and "30GB流量加油包" in heard.texts[0]
    asked = await person.say("order_data_pack", "办流量包")
    assert [label for label in asked.labels if "10GB流量加油包" in label]


async def test_by_sms_the_packs_are_spread_over_the_sizes(talk: Begin) -> None:
    heard = await talk(channel="sms").say("consult_plans", "流量包有哪些")
    assert "几个G" in heard.texts[0] and "30GB" in heard.labels[-2]


@pytest.mark.parametrize("text", ["有没有10G的", "10g的多少钱", "10G流量包"])
async def test_a_size_that_is_named_lists_the_packs_of_that_size(talk: Begin, text: str) -> None:
    person, words = talk(None), next(words for words in ("10G", "10g") if words in text)
    await person.say("consult_plans", "流量包有哪些")
    heard = await person.say("consult_plans", text, volume_kb=10 * 1024**2, spans={"volume_kb": words})
    assert heard.responses == ["packs"]
    assert heard.labels[:-1] == ["10GB流量七天包15.00元", "10GB流量加油包20.00元"]


@pytest.mark.parametrize("channel", ["web", "sms"])
@pytest.mark.parametrize(
    ("text", "said"), [("通话多少分钟", "1000"), ("短信有多少条", "200"), ("how many minutes", "1000")]
)
async def test_how_much_is_in_them_is_asked_of_the_plans_on_the_screen(
    talk: Begin, channel: str, text: str, said: str
) -> None:
    person = talk(None, channel)
    await person.say("consult_plans", "有什么套餐")
    heard = await person.say("query_voice_allowance", text)
    assert heard.responses == ["amounts_in_plans"] and said in heard.texts[0]


@pytest.mark.parametrize("text", ["多少钱", "流量呢"])
async def test_prices_and_data_of_several_are_those_on_the_screen(talk: Begin, text: str) -> None:
    person = talk(None)
    await person.say("compare_plans", "59和99哪个好", number=(59, 99), spans={"number": ("59", "99")})
    heard = await person.say("out_of_scope", text)
    assert heard.responses == ["plans"] and "59.00元" in heard.texts[0] and "129" not in heard.texts[0]


async def test_what_is_ones_own_is_not_asked_of_the_plans_on_the_screen(talk: Begin) -> None:
    person = talk()
    await person.say("consult_plans", "有什么套餐")
    assert (await person.say("query_voice_allowance", "我还有多少分钟")).responses == ["voice_left"]
    await person.say("consult_plans", "有什么套餐")
    await person.say("query_balance", "查话费")
    assert (await person.say("query_data_usage", "流量呢")).responses == ["data_left"]


def of_generation(person: Any, generation: str) -> None:
    """From now on all that the person's CRM sells is."""
    offerings = {id: replace(one, generation=generation) for id, one in person.crm.catalogue.offerings.items()}
    person.crm.catalogue = replace(person.crm.catalogue, offerings=offerings)


@pytest.mark.parametrize(("text", "wish"), [("有10G的吗", "packs"), ("要10G的", "ask_order_data_pack")])
async def test_a_size_after_the_packs_is_one_of_theirs_however_it_was_read(talk: Begin, text: str, wish: str) -> None:
    person = talk()
    await person.say("consult_plans", "流量包有哪些")
    heard = await person.say("out_of_scope", text, volume_kb=10 * 1024**2, spans={"volume_kb": "10G"})
    assert heard.responses == [wish] and len(heard.labels) == 3


@pytest.mark.parametrize("text", ["40块的是啥", "40块的是什么"])
async def test_what_one_of_that_price_is_may_be_asked(talk: Begin, text: str) -> None:
    person = talk()
    await person.say("consult_plans", "流量包有哪些")
    heard = await person.say("inform", text, amount_fen=4000, spans={"amount_fen": "40块"})
    assert heard.responses == ["offering_details"] and "30GB流量加油包" in heard.texts[0]


async def test_a_size_and_a_price_name_one_of_the_packs(talk: Begin) -> None:
    person = talk()
    await person.say("consult_plans", "流量包有哪些")
    said: dict[str, Any] = {"volume_kb": 10 * 1024**2, "amount_fen": 2000}
    heard = await person.say("inform", "就10G那个20块的", **said, spans={"volume_kb": "10G", "amount_fen": "20块"})
    assert heard.responses == ["offering_details"] and "10GB流量加油包" in heard.texts[0]


@pytest.mark.parametrize("text", ["5g的有吗", "只要5G的", "only 5G ones"])
async def test_after_the_plans_5g_alone_means_5g_plans(talk: Begin, text: str) -> None:
    person = talk(None)
    await person.say("consult_plans", "有什么套餐")
    heard = await person.say("out_of_scope", text)
    assert heard.responses == ["plans"] and heard.texts[0].startswith("在售5G套餐：")


@pytest.mark.parametrize("said", [{"offering": "plan-5g-59"}, {"amount_fen": 5900}])
async def test_who_wants_the_plan_that_they_have_is_told_so(talk: Begin, said: dict[str, Any]) -> None:
    heard = await talk().say("change_plan", **said)
    assert heard.responses == ["refused_already_active", "ask_change_plan"] and "59元" in heard.texts[0]
