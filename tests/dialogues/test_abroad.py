"""After prices abroad: what is pointed at, asked for and corrected is for abroad, never a pack for home."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
ABROAD = "+8613800000004"
JAPAN = {"country": "jp", "spans": {"country": "日本"}}


@pytest.mark.parametrize("intent", ["order_data_pack", "nlu_fallback", "open_service"])
async def test_the_cheapest_of_one_is_the_one_and_nothing_for_home(talk: Begin, intent: str) -> None:
    person = talk(ABROAD)
    heard = await person.say("consult_roaming", "我下周还要去日本呢", **JAPAN)
    assert heard.responses == ["roaming_packs"]
    heard = await person.say(intent, "开通那个最便宜的")
    assert heard.responses == ["quote_order_data_pack"] and "漫游" in heard.texts[0]


async def test_cheaper_within_the_offer_stays_abroad(talk: Begin) -> None:
    person = talk(ABROAD)
    await person.say("consult_roaming", "去日本", **JAPAN)
    await person.say("order_data_pack", "开通那个最便宜的")
    heard = await person.say("nlu_fallback", "便宜点的")
    assert "日包" not in "".join(heard.texts) or "漫游" in "".join(heard.texts)


@pytest.mark.parametrize("text", ["开个漫游包 一天的", "办个漫游包", "get me a roaming pack"])
async def test_a_roaming_pack_is_chosen_from_those_for_abroad(talk: Begin, text: str) -> None:
    person = talk(ABROAD, "sms")
    await person.say("consult_roaming", "香港", country="hk", spans={"country": "香港"})
    heard = await person.say("order_data_pack", text)
    assert all("漫游" in label for label in heard.labels[:2]) or "漫游" in heard.texts[0]


async def test_a_pack_that_is_not_named_after_prices_abroad_is_one_for_abroad(talk: Begin) -> None:
    person = talk(ABROAD, "sms")
    await person.say("consult_roaming", "漫游怎么收费")
    heard = await person.say("order_data_pack", "流量卡咋买")
    assert heard.responses == ["ask_order_data_pack"] and all("漫游" in one for one in heard.labels[:2])


@pytest.mark.parametrize("intent", ["correct", "nlu_fallback", "inform", "consult_roaming"])
async def test_another_country_in_the_offer_gets_what_can_be_used_there(talk: Begin, intent: str) -> None:
    person = talk(ABROAD)
    await person.say("consult_roaming", "香港", country="hk", spans={"country": "香港"})
    await person.say("order_data_pack", "开通那个最便宜的")
    heard = await person.say(intent, "日本的 不是香港", country=("jp", "hk"), spans={"country": ("日本", "香港")})
    assert heard.responses[0] in ("quote_order_data_pack", "ask_order_data_pack", "roaming_packs")
    assert "港澳" not in heard.texts[0]


async def test_how_many_days_says_which_pack_for_abroad(talk: Begin) -> None:
    person = talk(ABROAD)
    await person.say("consult_roaming", "香港", country="hk", spans={"country": "香港"})
    await person.say("order_data_pack", "办个漫游包")
    heard = await person.say("nlu_fallback", "三天的")
    assert heard.responses == ["quote_order_data_pack"] and "三天" in heard.texts[0]


# consent
@pytest.mark.parametrize("text", ["别推荐贵的 100以内", "不要推荐贵的 100以内的"])
@pytest.mark.parametrize("form", [False, True])
async def test_who_wants_nothing_dear_recommended_goes_on_hearing_of_plans(talk: Begin, text: str, form: bool) -> None:
    person = talk()
    await person.say("change_plan" if form else "consult_plans")
    heard = await person.say("opt_out_marketing", text, number=100, spans={"number": "100"})
    assert heard.responses[0] in ("recommend_budget", "plan_list", "plans") and "100" in heard.texts[0]
    assert "不再给您发" not in "".join(heard.texts)


async def test_who_wants_no_advertising_is_taken_at_the_word(talk: Begin) -> None:
    heard = await talk().say("opt_out_marketing", "别给我推荐套餐了 不要再发广告")
    assert "recommend_budget" not in heard.responses
