"""Short words of somebody unknown after an answer: another place, another price, how to have it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


async def test_another_country_is_asked_of_the_roaming_that_was_spoken_of(talk: Begin) -> None:
    person = talk(None)
    first = await person.say("consult_roaming", "去日本流量怎么收费", country="jp", spans={"country": "日本"})
    assert "去日本可以用的流量包" in first.texts[0]
    then = await person.say("out_of_scope", "那泰国呢", country="th", spans={"country": "泰国"})
    assert then.responses == ["roaming_packs"] and "去泰国" in then.texts[0]


@pytest.mark.parametrize("text", ["英国那边", "那英国呢", "去英国多少钱", "要是去英国呢", "英国那边怎么样"])
async def test_a_country_is_asked_of_roaming_with_what_goes_around_it(talk: Begin, text: str) -> None:
    person = talk(None)
    await person.say("consult_roaming", "去日本流量怎么收费", country="jp", spans={"country": "日本"})
    heard = await person.say("out_of_scope", text, country="gb", spans={"country": "英国"})
    assert heard.responses == ["roaming_packs"] and "去英国可以用" in heard.texts[0]


async def test_two_countries_are_both_answered(talk: Begin) -> None:
    both: dict[str, Any] = {"country": ("jp", "th"), "spans": {"country": ("日本", "泰国")}}
    heard = await talk(None).say("consult_roaming", "去日本和泰国怎么收费", **both)
    assert "去日本和泰国可以用" in heard.texts[0]
    person = talk(None)
    await person.say("consult_roaming", "出国流量怎么收费")
    assert "去日本和泰国可以用" in (await person.say("out_of_scope", "去日本和泰国", **both)).texts[0]


async def test_packs_for_each_of_two_places_are_listed(talk: Begin) -> None:
    said: dict[str, Any] = {"region": "hk", "country": "jp", "spans": {"region": "香港", "country": "日本"}}
    heard = await talk(None).say("consult_roaming", "去香港和日本用什么流量", **said)
    assert (
        "去香港和日本" in heard.texts[0]
        and "港澳漫游1GB日包" in heard.texts[0]
        and "国际漫游1GB三天包" in heard.texts[0]
    )


async def test_packs_for_hong_kong_only_are_not_offered_for_another_country(talk: Begin) -> None:
    there = await talk(None).say("consult_roaming", "去香港用什么流量", region="hk", spans={"region": "香港"})
    assert "港澳漫游1GB日包" in there.texts[0]
    elsewhere = await talk(None).say("consult_roaming", "去日本用什么流量", country="jp", spans={"country": "日本"})
    assert "港澳" not in elsewhere.texts[0] and "国际漫游1GB三天包" in elsewhere.texts[0]


async def test_who_is_asked_for_the_city_may_name_a_district(talk: Begin) -> None:
    person = talk(None)
    person.region = ""
    assert (await person.say("find_store", "附近营业厅")).responses == ["ask_store_place"]
    heard = await person.say("out_of_scope", "天河区", region="gd", spans={"region": "天河"})
    assert heard.responses == ["stores"]
    assert "广州天河营业厅" in heard.texts[0] and "深圳" not in heard.texts[0]


async def test_a_place_that_nobody_knows_is_asked_about_by_its_name(talk: Begin) -> None:
    person = talk(None)
    person.region = ""
    await person.say("find_store", "附近营业厅")
    heard = await person.say("out_of_scope", "那桐乐县呢")
    assert heard.responses == ["ask_store_place"] and "“桐乐县”" in heard.texts[0]


async def test_the_place_that_is_kept_does_not_grow_with_each_message(talk: Begin) -> None:
    person = talk(None)
    person.region = ""
    await person.say("find_store", "广州天河的营业厅", region="gd", spans={"region": "广州"})
    kept = (await person.agent.tracker_store.retrieve(person.conversation)).get_slot("wish")["entities"]["place"]
    for text in ("周末开不", "几点关门", "周末开不"):
        await person.say("find_store", text)
    wish = (await person.agent.tracker_store.retrieve(person.conversation)).get_slot("wish")
    assert wish["entities"]["place"] == kept


async def test_a_question_about_the_hours_means_the_shops_just_named(talk: Begin) -> None:
    person = talk(None)
    person.region = ""
    named = await person.say("find_store", "广州天河的营业厅", region="gd", spans={"region": "广州"})
    assert "广州天河营业厅" in named.texts[0]
    again = await person.say("find_store", "周末开不")
    assert again.texts == named.texts


async def test_how_to_have_it_opens_the_order_of_what_was_listed(talk: Begin) -> None:
    person = talk()
    assert (await person.say("consult_plans", "流两包多少钱")).responses == ["packs"]
    assert (await person.say("out_of_scope", "怎么办理")).responses == ["ask_order_data_pack"]


@pytest.mark.parametrize("text", ["最大的", "最大的多少钱", "流量最多的", "the biggest one"])
async def test_the_biggest_of_the_packs_is_one_of_those_that_were_listed(talk: Begin, text: str) -> None:
    person = talk(None)
    listed = await person.say("consult_plans", "流量包有哪些")
    heard = await person.say("out_of_scope", text)
    assert (listed.responses, heard.responses) == (["packs"], ["offering_details"])


@pytest.mark.parametrize(
    ("text", "least", "most"),
    [("有没有100以下的", 0, 100), ("100块以内的套餐", 0, 100), ("plans under 100", 0, 100), ("150以上的", 150, 9999)],
)
async def test_a_bound_on_the_price_lists_what_is_within_it(talk: Begin, text: str, least: int, most: int) -> None:
    person = talk(None)
    bound = least or most
    heard = await person.say("consult_plans", text, number=bound, spans={"number": str(bound)})
    prices = [item.price_fen for item in await person.crm.offerings(category="plan", region="zj", deadline=9e9)]
    assert heard.responses == ["plans"]
    shown = [line for line in heard.texts[0].splitlines() if "每月" in line]
    said = [round(float(line.split("每月")[1].split("元")[0]) * 100) for line in shown]
    assert said and set(said) <= set(prices) and all(least * 100 <= fen <= most * 100 for fen in said)


async def test_a_bound_that_nothing_meets_is_said(talk: Begin) -> None:
    heard = await talk(None).say("consult_plans", "有没有1块以下的", number=1, spans={"number": "1"})
    assert heard.responses == ["none_like_that", "plans"]


@pytest.mark.parametrize("text", ["最便宜的套餐", "cheapest plan?", "最便宜的是哪个"])
async def test_the_cheapest_is_named_though_nothing_was_listed_before(talk: Begin, text: str) -> None:
    person = talk(None)
    heard = await person.say("consult_plans", text)
    open_to_all = [p for p in await person.crm.offerings(category="plan", region="zj", deadline=9e9) if not p.audience]
    cheapest = min(open_to_all, key=lambda plan: plan.price_fen)
    assert heard.responses == ["offering_details"] and cheapest.name.zh in heard.texts[0]


@pytest.mark.parametrize("text", ["套餐", "taocan", "那套餐呢"])
async def test_a_bare_word_for_plans_lists_them_to_who_is_not_known(talk: Begin, text: str) -> None:
    heard = await talk(None).say("query_my_plan", text)
    assert heard.responses == ["plans"] and "我的套餐" in heard.labels
    assert (await talk().say("query_my_plan", text)).responses == ["my_plan"]
    assert (await talk(None).say("query_my_plan", "我的套餐是啥")).responses == ["login_ask_number"]


async def test_the_login_says_what_it_is_for_and_that_we_are_sorry(talk: Begin) -> None:
    asked = await talk(None).say("query_balance", "查话费")
    assert "“查话费”需要先验证" in asked.texts[0] and "抱歉" not in asked.texts[0]
    asked = await talk(None).say("complain", "投诉")
    assert asked.texts[0].startswith("很抱歉给您添麻烦了。")
    asked = await talk(None).say("several_questions", "投诉 顺便查下话费", parts=["query_balance", "complain"])
    assert "“查话费”和“投诉”" in asked.texts[0]


async def test_a_number_that_came_with_the_wish_is_sent_its_code_and_asked_for_it_once(talk: Begin) -> None:
    person = talk(None)
    heard = await person.say("login", "用13800000000登录", msisdn="+8613800000000", spans={"msisdn": "13800000000"})
    assert heard.responses == ["login_code_sent"]
    assert (await person.code(person.sent_code())).responses[0] == "login_done"


async def test_words_that_point_back_are_read_while_the_login_waits_for_a_number(talk: Begin) -> None:
    person = talk(None)
    await person.say("consult_plans", "有什么套餐")
    assert (await person.say("query_balance")).responses == ["login_ask_number"]
    assert (await person.say("out_of_scope", "最便宜的那个")).responses == ["offering_details"]


async def test_what_is_in_one_of_a_list_is_told_of_that_one(talk: Begin) -> None:
    person = talk(None)
    await person.say("compare_plans", "59和99哪个好", number=(59, 99), spans={"number": ("59", "99")})
    heard = await person.say("out_of_scope", "贵的那个多少流两")
    assert heard.responses == ["offering_details"] and "99" in heard.texts[0]


async def test_a_wish_that_waited_for_the_number_goes_on_after_another_question(talk: Begin) -> None:
    person = talk(None)
    assert (await person.say("query_balance", "查话费")).responses == ["login_ask_number"]
    assert (await person.say("consult_plans", "5g套餐都有啥")).responses == ["plans"]
    await person.say("login", "13800000000", msisdn="+8613800000000", spans={"msisdn": "13800000000"})
    heard = await person.code(person.sent_code())
    assert heard.responses[:2] == ["login_done", "balance"]


async def test_what_waited_for_the_number_gives_way_to_a_newer_wish_that_needs_it(talk: Begin) -> None:
    person = talk(None)
    await person.say("query_balance", "查话费")
    await person.say("consult_plans", "5g套餐都有啥")
    asked = await person.say("query_data_usage", "查流量")
    assert "“查流量”" in asked.texts[0]
    await person.say("inform", "13800000000", msisdn="+8613800000000", spans={"msisdn": "13800000000"})
    heard = await person.code(person.sent_code())
    assert "balance" not in heard.responses and heard.responses[0] == "login_done" and len(heard.responses) > 1


async def test_last_month_under_the_bill_of_last_month_is_the_one_before(talk: Begin) -> None:
    person = talk("+8613800000030")
    first = await person.say("query_bill", "查账单")
    then = await person.say("query_bill", "上个月呢", month="2026-10", spans={"month": "上个月"})
    assert (first.responses, then.responses) == (["bill"], ["bill"])
    assert "10月" in first.texts[0] and "9月" in then.texts[0]


async def test_why_so_much_is_asked_of_the_bill_on_the_screen(talk: Begin) -> None:
    person = talk("+8613800000030")
    await person.say("query_bill", "查账单")
    assert "10月" in (await person.say("dispute_charge", "为什么扣这么多")).texts[0]
    assert "11月" in (await talk("+8613800000030").say("dispute_charge", "为什么扣这么多")).texts[0]


@pytest.mark.parametrize("wish", ["complain", "report_fault"])
async def test_never_mind_files_nothing(talk: Begin, wish: str) -> None:
    person = talk()
    before = len(person.crm.all_tickets)
    await person.say(wish, "我要投诉" if wish == "complain" else "没信号")
    assert (await person.say("deny", "算了")).responses == ["stopped"]
    await person.say("report_fault", "没信号")
    assert len(person.crm.all_tickets) == before


@pytest.mark.parametrize("text", ["就它", "最便宜的那个"])
async def test_words_that_point_at_a_list_are_no_description_of_a_fault(talk: Begin, text: str) -> None:
    person = talk()
    await person.say("consult_plans", "有什么套餐")
    await person.say("report_fault", "没信号")
    heard = await person.say("nlu_fallback", text)
    assert "ticket_fault" not in heard.responses and not person.crm.all_tickets


async def test_who_says_what_is_broken_is_not_asked_again(talk: Begin) -> None:
    assert (await talk().say("report_fault", "手机没信号")).responses == ["ask_fault_told"]
    assert (await talk().say("report_fault", "手机坏了")).responses == ["ask_fault_kind"]


async def test_who_sees_the_own_plan_may_ask_for_a_cheaper_one(talk: Begin) -> None:
    person = talk()
    await person.say("query_my_plan", "我的套餐")
    assert (await person.say("out_of_scope", "便宜点的")).responses == ["offering_details"]
