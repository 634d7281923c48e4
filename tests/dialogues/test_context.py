"""What stands between the lines: no words at all, too few of them, and words that only context explains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_sticker_is_friendly_and_no_miss(talk: Begin, channel: str, language: str) -> None:
    person = talk(channel=channel)
    person.language = language
    await person.say("nlu_fallback", "哈")
    heard = await person.say("event_media", kind="sticker")
    assert (heard.responses, heard.labels, heard.outcomes) == (["media_sticker"], [], [])
    assert (await person.say("nlu_fallback", "哈")).responses == ["fallback_menu"]


@pytest.mark.parametrize(
    ("kind", "response"),
    [("image", "media_image"), ("video", "media_other"), ("file", "media_other"), ("voice", "media_voice")],
)
async def test_what_cannot_be_read_is_asked_about_once_with_a_human(talk: Begin, kind: str, response: str) -> None:
    heard = await talk().say("event_media", kind=kind)
    assert (heard.responses, heard.labels) == ([response], ["转人工"])


async def test_a_place_is_answered_with_the_shops(talk: Begin) -> None:
    assert (await talk().say("event_media", kind="location")).responses == ["stores"]


@pytest.mark.parametrize("kind", ["image", "sticker", "voice", "video", "file", "location"])
@pytest.mark.parametrize(
    ("first", "question"),
    [
        ("recharge", "ask_recharge_way"),
        ("report_fault", "ask_fault_kind"),
        ("complain", "ask_complaint"),
        ("order_data_pack", "ask_order_data_pack"),
    ],
)
async def test_a_form_asks_again_however_many_pictures_come(talk: Begin, first: str, question: str, kind: str) -> None:
    person = talk()
    await person.say(first)
    for _ in range(4):
        heard = await person.say("event_media", kind=kind)
        assert (len(heard.responses), heard.responses[-1]) == (2, question)


async def test_a_hello_is_not_answered_twice(talk: Begin) -> None:
    person = talk()
    assert (await person.say("greet", "你好")).responses == ["listening"]
    person = talk()
    await person.say("query_balance")
    assert (await person.say("greet", "你好")).responses == ["greeting"]
    assert (await person.say("greet", "在吗")).responses == ["listening"]


# Asking instead of guessing.


async def test_two_close_readings_are_asked_about_by_name(talk: Begin) -> None:
    person = talk()
    heard = await person.say("nlu_fallback", "扣费", ranking={"dispute_charge": 0.44, "query_bill": 0.3})
    assert heard.texts == ["您说的是“为什么扣费”，还是“查账单”？"]
    assert heard.labels == ["为什么扣费", "查账单", "转人工"]
    person = talk(channel="sms")
    person.language = "en"
    heard = await person.say("nlu_fallback", "charge", ranking={"dispute_charge": 0.44, "query_bill": 0.3})
    assert heard.texts == ['Did you mean "Why was I charged" or "Bill"?']


@pytest.mark.parametrize(
    "ranking",
    [
        {"query_bill": 0.3, "dispute_charge": 0.25},
        {"query_bill": 0.58, "dispute_charge": 0.1},
        {"query_bill": 0.5, "goodbye": 0.3},
    ],
)
async def test_readings_that_hold_too_little_are_a_list(talk: Begin, ranking: dict[str, float]) -> None:
    heard = await talk().say("nlu_fallback", "扣", ranking=ranking)
    assert heard.responses == ["fallback_first"]
    assert heard.labels[0] == "查账单"
    assert len(heard.labels) <= 4
    assert heard.labels[-1] == "转人工"


async def test_a_doubtful_transaction_is_offered_and_not_begun(talk: Begin) -> None:
    person = talk()
    for ranking in ({"order_data_pack": 0.59}, {"order_data_pack": 0.45, "query_data_usage": 0.4}):
        heard = await person.say("nlu_fallback", "流量包", ranking=ranking)
        assert heard.labels[0] == "办流量包"
        tracker = await person.agent.tracker_store.retrieve(person.conversation)
        assert tracker.active_loop_name is None
        await person.say("thanks")
    assert person.packs() == []


async def test_a_fragment_is_asked_about_by_what_came_before(talk: Begin) -> None:
    person = talk()
    await person.say("query_bill")
    heard = await person.say("out_of_scope", "那个嗯")
    assert heard.labels == ["为什么扣费", "发票", "通话详单", "转人工"]
    await person.say("query_data_usage")
    assert (await person.say("nlu_fallback", "嗯")).labels[0] == "办流量包"
    person.later(11 * 60)
    await person.say("thanks")
    assert (await person.say("nlu_fallback", "嗯")).labels == ["转人工"]


@pytest.mark.parametrize(
    ("said", "labels"),
    [
        ({"month": "2026-09"}, ["查账单"]),
        ({"volume_kb": 1048576}, ["办流量包", "套餐介绍"]),
        ({"amount_fen": 5000}, ["充值", "套餐介绍"]),
        ({"offering": "plan-5g-99"}, ["套餐介绍", "换套餐"]),
        ({"offering": "pack-5g"}, ["套餐介绍", "办流量包"]),
        ({"offering": "gone"}, ["套餐介绍"]),
    ],
)
async def test_a_fragment_is_asked_about_by_the_values_in_it(
    talk: Begin, said: dict[str, Any], labels: list[str]
) -> None:
    assert (await talk().say("nlu_fallback", "嗯那个", **said)).labels == [*labels, "转人工"]


async def test_what_was_said_goes_with_the_choice(talk: Begin) -> None:
    heard = await talk().say("nlu_fallback", "嗯三月", month="2026-09")
    assert heard.choices[0]["intent"] == "query_bill"
    assert heard.choices[0]["entities"]["month"] == "2026-09"


async def test_a_crm_that_is_away_does_not_stop_the_question(talk: Begin) -> None:
    person = talk()
    person.crm.down = True
    assert (await person.say("nlu_fallback", "嗯", offering="pack-5g")).responses == ["fallback_first"]


async def test_after_a_question_comes_the_menu_and_then_a_human(talk: Begin) -> None:
    person = talk()
    steps = [(await person.say("out_of_scope", "哈")).responses[-1] for _ in range(4)]
    assert steps == ["fallback_first", "fallback_menu", "offer_human", "fallback_first"]


async def test_who_is_72_gets_a_human_at_the_first_miss(talk: Begin) -> None:
    heard = await talk("+8613800000008").say("nlu_fallback", "哈")
    assert heard.effect("handoff")["reason"] == "not_understood"


async def test_a_miss_in_a_form_counts_by_itself(talk: Begin) -> None:
    person = talk()
    await person.say("nlu_fallback", "哈")
    await person.say("recharge")
    for expected in ("form_unclear", "form_unclear", "form_offer_human"):
        assert (await person.say("nlu_fallback", "哈")).responses[0] == expected
    await person.say("stop")
    assert (await person.say("nlu_fallback", "哈")).responses == ["fallback_first"]


async def test_what_was_answered_in_a_form_forgives_its_misses(talk: Begin) -> None:
    person = talk()
    await person.say("recharge")
    for _ in range(2):
        await person.say("nlu_fallback", "哈")
    await person.say("query_balance")
    assert (await person.say("nlu_fallback", "哈")).responses[0] == "form_unclear"


# What only makes sense after what was said or shown before.

CHEAPER = ("那个便宜点的", "the cheaper one")


def month(text: str, words: str, value: str) -> dict[str, Any]:
    return {"text": text, "month": value, "spans": {"month": words}}


@pytest.mark.parametrize("intent", ["nlu_fallback", "out_of_scope", "inform", "query_bill"])
@pytest.mark.parametrize(("text", "words"), [("上个月呢", "上个月"), ("and last month?", "last month")])
async def test_a_month_is_asked_of_the_last_wish(talk: Begin, intent: str, text: str, words: str) -> None:
    person = talk("+8613800000003")
    await person.say("dispute_charge")
    heard = await person.say(intent, **month(text, words, "2026-10"))
    assert heard.responses == ["bill_why"]
    assert "2026年10月" in heard.texts[0]
    assert heard.outcomes == [("dispute_charge", "answered")]


async def test_after_a_balance_a_month_is_its_bill(talk: Begin) -> None:
    person = talk()
    await person.say("query_balance")
    heard = await person.say("nlu_fallback", **month("三月的呢", "三月", "2026-09"))
    assert heard.responses == ["bill"]
    assert "2026年9月" in heard.texts[0]
    assert "2026年8月" in (await person.say("nlu_fallback", "再上个月呢")).texts[0]


async def test_after_the_calls_a_month_is_theirs(talk: Begin) -> None:
    person = talk()
    await person.say("query_call_detail")
    heard = await person.say("inform", **month("上个月的", "上个月", "2026-10"))
    assert heard.responses == ["code_ask"]
    assert "2026年10月" in (await person.code(person.sent_code())).texts[0]


async def test_a_month_counts_as_understood(talk: Begin) -> None:
    person = talk()
    await person.say("query_bill")
    await person.say("nlu_fallback", "哈")
    await person.say("nlu_fallback", **month("上个月呢", "上个月", "2026-10"))
    assert (await person.say("nlu_fallback", "哈")).responses == ["fallback_first"]


async def test_after_ten_minutes_or_a_human_nothing_came_before(talk: Begin) -> None:
    said = month("上个月呢", "上个月", "2026-10")
    person = talk()
    await person.say("dispute_charge")
    person.later(10 * 60 + 1)
    assert (await person.say("nlu_fallback", **said)).responses == ["fallback_first"]
    person = talk()
    await person.say("dispute_charge")
    await person.say("consult_plans")
    await person.say("event_handoff_ended", how="returned")
    assert (await person.say("nlu_fallback", **said)).responses == ["fallback_first"]
    assert (await person.say("nlu_fallback", "第二个")).responses == ["fallback_menu"]
    assert (await person.say("repeat")).responses == ["plans"]


async def test_a_month_with_a_wish_of_its_own_is_that_wish(talk: Begin) -> None:
    person = talk()
    await person.say("dispute_charge")
    heard = await person.say("query_recharge_record", **month("上个月充值", "上个月", "2026-10"))
    assert heard.responses == ["payments"]


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


async def test_the_cheaper_of_many_is_asked_about(talk: Begin) -> None:
    person = talk()
    await person.say("consult_plans", "有什么套餐")
    heard = await person.say("recommend_plan", "便宜点的")
    assert heard.responses == ["which_one"]
    assert len(heard.labels) == 4
    assert "8元" in heard.labels[0]
    assert heard.labels[-1] == "转人工"


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
    assert "10GB流量七天包" in (await person.say("recommend_plan", "有没有便宜点的")).texts[0]
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
    heard = await person.say("nlu_fallback", "便宜点的")
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


# Other numbers of an account.

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
