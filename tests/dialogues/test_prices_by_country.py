"""What use in a country and calls to one cost: by the CRM's prices, and where it has none, by a person."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
ROAMS = "+8613800000004"


def to(code: str, words: str) -> dict[str, Any]:
    name = "region" if code in ("hk", "mo", "tw") else "country"
    return {name: code, "spans": {name: words}}


async def test_where_somebody_goes_data_calls_and_messages_have_prices_and_a_pack_is_held_against_them(
    talk: Begin,
) -> None:
    heard = await talk().say("consult_roaming", "去日本怎么收费", **to("jp", "日本"))
    (text,) = heard.texts
    assert "日本：不办包时上网每MB1.00元，打国内每分钟0.99元，打当地每分钟0.99元，接听每分钟0.99元，发短信" in text
    assert "收短信免费" in text
    assert "国际漫游1GB三天包：68.00元，1GB，不办包同样流量要1024.00元" in text and "港澳" not in text
    assert heard.labels == ["国际漫游1GB三天包68.00元", "开通国际漫游", "转人工"]


async def test_the_next_country_is_asked_for_in_three_characters(talk: Begin) -> None:
    person = talk(ROAMS, "sms")
    await person.say("consult_roaming", "去日本怎么收费", **to("jp", "日本"))
    for text, code, words, price in (("那美国呢", "us", "美国", "1.99"), ("香港呢", "hk", "香港", "0.69")):
        heard = await person.say("out_of_scope", text, **to(code, words))
        assert f"{words}：上网每MB" in heard.texts[0] and f"打国内每分钟{price}元" in heard.texts[0]


async def test_who_names_no_country_is_asked_for_it(talk: Begin) -> None:
    for channel in ("web", "sms"):
        heard = await talk(channel=channel).say("consult_roaming", "出国打电话多少钱")
        assert "国家或地区" in heard.texts[0] and "漫游不另收费" in heard.texts[0]


async def test_where_no_roaming_is_there_are_neither_prices_nor_packs(talk: Begin) -> None:
    heard = await talk().say("consult_roaming", "朝鲜能漫游吗", **to("kp", "朝鲜"))
    assert heard.texts[0].strip() == "朝鲜：还不能漫游，手机在那里用不了。" and heard.labels == ["转人工"]


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_what_the_crm_does_not_tell_is_not_told(talk: Begin, channel: str) -> None:
    person = talk(channel=channel)
    heard = await person.say("consult_roaming", "去秘鲁怎么收费", **to("pe", "秘鲁"))
    assert "查不到" in heard.texts[0] and "人工" in heard.labels[-1]
    person.crm.catalogue.offerings["svc-roaming"], kept = (
        replace(person.crm.catalogue.offering("svc-roaming"), tariffs=()),
        person.crm.catalogue.offering("svc-roaming"),
    )
    try:
        heard = await person.say("consult_roaming", "去日本怎么收费", **to("jp", "日本"))
    finally:
        person.crm.catalogue.offerings["svc-roaming"] = kept
    assert "按当地资费" in heard.texts[0] and "每MB" not in heard.texts[0]


@pytest.mark.parametrize("intent", ["consult_plans", "consult_roaming", "nlu_fallback"])
@pytest.mark.parametrize(
    "text", ["打到日本多少钱一分钟", "给日本打电话贵吗", "从国内打日本怎么收费", "拨打日本每分钟多少"]
)
async def test_a_call_to_a_country_has_the_price_from_home(talk: Begin, intent: str, text: str) -> None:
    heard = await talk().say(intent, text, **to("jp", "日本"))
    assert heard.responses == ["calls_out"]
    assert (
        heard.texts[0].strip() == "从国内打到日本每分钟0.99元，发短信每条0.69元。打之前要先开通国际长途，开通不收费。"
    )
    assert heard.labels[0] == "开通国际长途"


@pytest.mark.parametrize("text", ["在日本打回国内多少钱", "去日本打电话贵吗", "日本漫游打电话怎么收费"])
async def test_a_call_from_a_country_has_the_price_there(talk: Begin, text: str) -> None:
    heard = await talk().say("consult_roaming", text, **to("jp", "日本"))
    assert heard.responses == ["roaming_packs"] and "打国内每分钟0.99元" in heard.texts[0]


async def test_after_a_call_another_country_is_called_too(talk: Begin) -> None:
    person = talk(ROAMS)
    await person.say("consult_plans", "打到日本多少钱一分钟", **to("jp", "日本"))
    heard = await person.say("nlu_fallback", "那英国呢", **to("gb", "英国"))
    assert heard.texts[0].strip() == "从国内打到英国每分钟1.99元，发短信每条0.99元。"


async def test_a_question_for_the_price_of_a_call_abroad_asks_where_to(talk: Begin) -> None:
    person = talk()
    heard = await person.say("faq", "打国际长途多少钱", topic="international_calls")
    assert heard.responses == ["calls_out"] and "哪个国家" in heard.texts[0]
    assert "1.99元" in (await person.say("inform", "德国", **to("de", "德国"))).texts[0]
    heard = await person.say("faq", "国际长途怎么拨", topic="international_calls")
    assert heard.responses == ["faq_international_calls"]
    assert "0.99元" in (await person.say("inform", "韩国", **to("kr", "韩国"))).texts[0]


async def test_prices_by_country_are_told_in_english(talk: Begin) -> None:
    person = talk(ROAMS)
    person.language = "en"
    heard = await person.say("consult_plans", "how much is a call to Japan per minute", **to("jp", "Japan"))
    assert heard.texts[0].startswith("From China, a minute to Japan costs ¥0.99 and a text ¥0.69.")
    heard = await person.say("consult_roaming", "roaming in Germany", **to("de", "Germany"))
    assert "Germany: without a pack data a MB ¥1.00, a minute to China ¥1.99" in heard.texts[0]
    assert "without it the same data costs ¥1024.00" in heard.texts[0]


async def test_places_that_are_named_together_have_prices_of_their_own(talk: Begin) -> None:
    heard = await talk(ROAMS, "sms").say(
        "consult_roaming", "去港澳台怎么收费", region="hmt", spans={"region": "港澳台"}
    )
    for words in ("香港：上网每MB0.30元", "澳门：上网每MB0.30元", "台湾：上网每MB1.00元", "去港澳台可以用"):
        assert words in heard.texts[0]
