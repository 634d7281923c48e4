"""What points at what was listed or shown: the second, the cheaper one, a price as a name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.dialogues.said import month

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
@pytest.mark.parametrize("text", ["第二个", "the second one"])
async def test_the_second_of_a_list_is_told_of(talk: Begin, channel: str, text: str) -> None:
    person = talk(channel=channel)
    await person.say("compare_plans", amount_fen=9900)
    shown = (await person.agent.tracker_store.retrieve(person.conversation)).get_slot("shown")
    heard = await person.say("inform", text, number=2, spans={"number": text})
    assert heard.responses == ["offering_details"]
    assert heard.choices[0]["intent"] == "change_plan"
    assert heard.choices[0]["entities"]["offering"] == shown["items"][1]["id"]
    assert person.packs() == []


@pytest.mark.parametrize("text", ["那个便宜点的", "the cheaper one", "那個便宜點的"])
async def test_the_cheaper_of_two_is_told_of(talk: Begin, text: str) -> None:
    person = talk()
    await person.say("compare_plans", amount_fen=9900)
    assert "59元" in (await person.say("nlu_fallback", text)).texts[0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("那个便宜点的", "8元"),
        ("the cheaper one", "8元"),
        ("贵点的", "199元"),
        ("流量多点的", "199元"),
        ("流量最少的", "8元"),
    ],
)
async def test_what_is_pointed_at_of_many_is_one_of_those_on_the_screen(talk: Begin, text: str, name: str) -> None:
    person = talk()
    await person.say("consult_plans", "有什么套餐")
    heard = await person.say("recommend_plan", text)
    assert heard.responses == ["offering_details"] and name in heard.texts[0]


async def test_how_to_have_it_goes_on_with_the_one_that_was_pointed_at(talk: Begin) -> None:
    person = talk()
    await person.say("consult_plans", "有什么套餐")
    await person.say("consult_plans", "那个便宜点的")
    heard = await person.say("out_of_scope", "怎么办理")
    assert heard.responses == ["quote_change_plan"] and "8元" in heard.texts[0]
    assert person.packs() == []


async def test_the_middle_of_a_list_is_told_of_or_asked_about_when_there_are_two(talk: Begin) -> None:
    person = talk()
    await person.say("consult_plans", "有什么套餐")
    shown = (await person.agent.tracker_store.retrieve(person.conversation)).get_slot("shown")["items"]
    heard = await person.say("out_of_scope", "中间那个")
    assert heard.responses == ["which_one"]
    assert [c["entities"]["offering"] for c in heard.choices[:-1]] == [one["id"] for one in shown[2:4]]
    person = talk()
    await person.say("compare_plans", "59 99 129", number=(59, 99, 129), spans={"number": ("59", "99", "129")})
    assert "99元" in (await person.say("out_of_scope", "the middle one")).texts[0]


@pytest.mark.parametrize(
    ("text", "name"), [("最便宜的", "8元"), ("the cheapest", "8元"), ("最贵的", "199元"), ("流量最多的那个", "199元")]
)
async def test_the_most_or_least_of_a_list_is_told_of(talk: Begin, text: str, name: str) -> None:
    person = talk()
    await person.say("consult_plans", "有什么套餐")
    heard = await person.say("nlu_fallback", text)
    assert heard.responses == ["offering_details"]
    assert name in heard.texts[0]


async def test_cheaper_still_goes_on_from_what_was_told(talk: Begin) -> None:
    person = talk()
    await person.say("consult_plans", offering="plan-4g-28")
    assert "18元" in (await person.say("nlu_fallback", "再便宜点呢")).texts[0]
    assert "8元" in (await person.say("nlu_fallback", "再便宜点呢")).texts[0]
    assert (await person.say("nlu_fallback", "再便宜点呢")).responses == ["none_like_that"]


async def test_nothing_listed_or_too_far_down_is_not_guessed(talk: Begin) -> None:
    person = talk()
    assert (await person.say("nlu_fallback", "第二个")).responses == ["fallback_first"]
    await person.say("compare_plans", amount_fen=9900)
    assert (await person.say("nlu_fallback", "第九个")).responses == ["none_like_that"]
    assert (await person.say("nlu_fallback", "第二个流量包")).responses == ["fallback_first"]
    person.later(10 * 60 + 1)
    assert (await person.say("inform", "第一个", number=1)).responses == ["what_about_it"]


async def test_to_have_the_cheapest_is_asked_and_not_done(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("consult_plans", "流量包有哪些")
    heard = await person.say("nlu_fallback", "要最便宜的")
    assert heard.responses == ["quote_order_data_pack"]
    assert person.packs() == []
    person = talk()
    await person.say("consult_plans")
    assert (await person.say("nlu_fallback", "换成最便宜的")).responses == ["quote_change_plan"]
    assert person.packs() == []


@pytest.mark.parametrize("intent", ["nlu_fallback", "consult_plans", "inform", "deny", "affirm"])
async def test_in_a_form_the_second_is_chosen_and_asked_about(talk: Begin, intent: str) -> None:
    person = talk(channel="sms")
    heard = await person.say("order_data_pack")
    heard = await person.say(intent, "第二个", number=2, spans={"number": "第二个"})
    assert heard.responses == ["quote_order_data_pack"]
    assert "1GB流量加油包" in heard.texts[0]
    assert person.packs() == []


async def test_in_a_form_another_than_the_one_offered_is_offered(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-10g")
    assert "10GB流量七天包" in (await person.say("recommend_plan", "便宜点的呢")).texts[0]
    assert "10GB流量加油包" in (await person.say("deny", "不要这个，贵一点的")).texts[0]
    assert (await person.say("query_balance", "多少钱")).responses == ["quote_order_data_pack"]
    assert person.packs() == []


@pytest.mark.parametrize("text", ["不是第一个", "不是最便宜的", "not the first", "I do not want the cheaper one"])
async def test_in_a_form_what_is_denied_is_never_chosen(talk: Begin, text: str) -> None:
    person = talk()
    await person.say("order_data_pack")
    assert (await person.say("deny", text)).responses == ["declined"]
    await person.say("order_data_pack")
    assert (await person.say("nlu_fallback", text)).responses == ["form_unclear", "ask_order_data_pack"]
    await person.say("order_data_pack", offering="pack-10g")
    heard = await person.say("inform", "不是10块的", amount_fen=1000, spans={"amount_fen": "10块"})
    assert heard.responses == ["ask_order_data_pack"]


@pytest.mark.parametrize("intent", ["recharge", "inform", "out_of_scope", "correct"])
@pytest.mark.parametrize(
    ("text", "said"), [("10块", {"amount_fen": 1000}), ("10", {"number": 10}), ("ten yuan", {"amount_fen": 1000})]
)
async def test_a_bare_amount_answers_the_form(talk: Begin, intent: str, text: str, said: dict[str, int]) -> None:
    spans = dict.fromkeys(said, text)
    person = talk(channel="sms")
    await person.say("order_data_pack")
    heard = await person.say(intent, text, spans=spans, **said)
    assert heard.responses == ["quote_order_data_pack"]
    assert "5GB流量加油包" in heard.texts[0]
    person = talk()
    await person.say("recharge")
    heard = await person.say(intent, text, spans=spans, **said)
    assert heard.responses == ["pay_here"]
    assert "10.00元" in heard.texts[0]


@pytest.mark.parametrize("number", [1, 4])
async def test_a_small_number_is_no_amount_before_one_was_asked_for(talk: Begin, number: int) -> None:
    person = talk()
    await person.say("recharge")
    heard = await person.say("inform", str(number), number=number, spans={"number": str(number)})
    assert heard.responses == ["form_unclear", "ask_recharge_way"]


@pytest.mark.parametrize(("intent", "text"), [("nlu_fallback", "换成199的"), ("inform", "要那个199的")])
async def test_a_price_is_a_plans_name(talk: Begin, intent: str, text: str) -> None:
    person = talk()
    await person.say("consult_plans")
    heard = await person.say(intent, text, amount_fen=19900, spans={"amount_fen": "199"})
    assert heard.responses == ["quote_change_plan"]
    assert "199元套餐" in heard.texts[0]
    assert person.packs() == []


async def test_a_price_without_a_verb_is_told_of(talk: Begin) -> None:
    person = talk()
    await person.say("consult_plans")
    heard = await person.say("inform", "99的呢", amount_fen=9900, spans={"amount_fen": "99"})
    assert heard.responses == ["offering_details"]
    await person.say("recommend_plan")
    heard = await person.say("inform", "五十", number=50, spans={"number": "五十"})
    assert heard.responses == ["recommend_budget"]


async def test_a_number_after_the_question_for_a_budget_is_the_budget(talk: Begin) -> None:
    person = talk("+8613800000000")
    await person.say("consult_plans")
    person.later(1)
    person.binding = None
    assert (await person.say("recommend_plan")).responses == ["recommend_ask"]
    assert (await person.say("inform", "99", number=99, spans={"number": "99"})).responses == ["recommend_budget"]


async def test_the_second_is_of_the_list_that_was_asked_about(talk: Begin) -> None:
    person = talk()
    await person.say("consult_plans", "有什么套餐")
    heard = await person.say("nlu_fallback", "中间的")
    meant = heard.choices[1]["entities"]["offering"]
    shown = (await person.agent.tracker_store.retrieve(person.conversation)).get_slot("shown")
    assert [one["id"] for one in shown["items"]] == [c["entities"]["offering"] for c in heard.choices[:-1]]
    heard = await person.say("nlu_fallback", "第二个")
    assert heard.choices[0]["entities"]["offering"] == meant


async def test_a_price_of_several_is_asked_about_once(talk: Begin) -> None:
    person = talk()
    await person.say("consult_roaming")
    heard = await person.say("inform", "15的", amount_fen=1500, spans={"amount_fen": "15"})
    assert (heard.responses, len(heard.labels)) == (["which_one"], 3)


@pytest.mark.parametrize(("opener", "intent"), [("请问，", "nlu_fallback"), ("你好，", "greet"), ("喂，", "inform")])
async def test_gathered_openers_do_not_hide_what_is_pointed_at(talk: Begin, opener: str, intent: str) -> None:
    person = talk()
    await person.say("compare_plans", amount_fen=9900)
    assert "59元" in (await person.say(intent, f"{opener}便宜点的")).texts[0]
    await person.say("query_bill")
    heard = await person.say(intent, **month(f"{opener}上个月呢", "上个月", "2026-10"))
    assert heard.responses == ["bill"]


@pytest.mark.parametrize("text", ["多少钱", "how much"])
async def test_how_much_is_about_what_was_just_shown(talk: Begin, text: str) -> None:
    person = talk()
    await person.say("consult_plans", offering="pack-5g")
    heard = await person.say("query_balance", text)
    assert heard.responses == ["offering_details"]
    assert "10.00元" in heard.texts[0]
    assert (await talk().say("query_balance", text)).responses == ["balance"]


@pytest.mark.parametrize("text", ["怎么取消", "取消它", "cancel it"])
async def test_what_was_just_bought_is_cancelled_after_a_yes(talk: Begin, text: str) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-monthly-5g")
    assert (await person.say("affirm")).responses == ["order_done"]
    heard = await person.say("stop", text)
    assert heard.responses == ["quote_cancel_data_pack"]
    assert person.packs() == ["pack-monthly-5g"]


async def test_what_ends_by_itself_or_was_never_held_is_not_cancelled(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("consult_plans", offering="pack-10g")
    assert "还没有开通" in (await person.say("cancel_data_pack", "怎么取消")).texts[0]
    await person.say("order_data_pack", offering="pack-5g")
    await person.say("affirm")
    heard = await person.say("cancel_data_pack", "怎么取消")
    assert (heard.responses, "自动失效" in heard.texts[0]) == (["nothing_to_cancel_of_it"], True)
    assert (await person.say("stop", "取消")).responses == ["nothing_open"]


@pytest.mark.parametrize("text", ["等等 有没有更便宜的", "wait, do you have anything cheaper"])
@pytest.mark.parametrize(("wish", "of"), [("order_data_pack", "pack-5g"), ("change_plan", "plan-5g-129")])
async def test_who_asks_for_cheaper_ones_leaves_the_offer_and_sees_them(
    talk: Begin, text: str, wish: str, of: str
) -> None:
    person = talk()
    offer = await person.say(wish, offering=of)
    price = await fen(person, of)
    heard = await person.say("out_of_scope", text)
    assert heard.responses == [f"ask_{wish}"]
    ids = [c["entities"]["offering"] for c in heard.choices if "offering" in c.get("entities", {})]
    assert ids and all([await fen(person, one) < price for one in ids])
    assert (await person.say("affirm", "确认")).responses != ["code_sent"]
    assert offer.responses == [f"quote_{wish}"] and person.packs() == []


async def test_nothing_cheaper_is_said_and_the_offer_stays(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-day-1g")
    assert (await person.say("out_of_scope", "有没有更便宜的")).responses == ["none_like_that", "quote_order_data_pack"]
    assert (await person.say("affirm")).responses == ["order_done"]


async def fen(person: Any, offering: str) -> int:
    return int((await person.crm.offering(offering, deadline=9e9)).price_fen)
