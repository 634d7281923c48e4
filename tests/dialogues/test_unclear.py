"""What stands between the lines: no words at all, too few of them, or too doubtful ones."""

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
    assert (await talk().say("event_media", kind="location", place="杭州市西湖区文三路")).responses == ["stores"]


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
    for expected in ("form_unclear", "form_needs", "form_offer_human"):
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
