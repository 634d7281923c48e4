"""Orders: shown, agreed, proven, done; and all the ways out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


async def test_by_sms_a_pack_is_chosen_and_agreed_to(talk: Begin) -> None:
    person = talk(channel="sms")
    assert (await person.say("order_data_pack")).responses == ["ask_order_data_pack"]
    heard = await person.say("inform", offering="pack-5g")
    assert heard.responses == ["quote_order_data_pack"]
    heard = await person.say("affirm", "是")
    assert heard.responses == ["order_done"]
    assert heard.outcomes == [("order_data_pack", "done")]
    assert person.packs() == ["pack-5g"]


async def test_a_name_that_several_plans_share_is_asked_about(talk: Begin) -> None:
    person = talk()
    shared = ["plan-5g-99", "plan-5g-129"]
    heard = await person.say("change_plan", among=shared)
    assert heard.responses == ["ask_change_plan"]
    assert len(heard.labels) >= 2 and all("99" in label or "129" in label for label in heard.labels[:2]), heard
    heard = await person.say("change_plan", among=shared, amount_fen=12900)
    assert heard.responses == ["quote_change_plan"]


async def test_in_the_web_a_code_follows_the_yes(talk: Begin) -> None:
    person = talk()
    await person.say("order_data_pack", offering="pack-5g")
    heard = await person.say("affirm")
    assert heard.responses == ["code_sent"]
    assert heard.effect("awaits") == "code"
    assert (await person.code("12345", intent="nlu_fallback")).responses == ["refused_code_wrong", "code_ask"]
    assert (await person.code(person.sent_code())).responses == ["order_done"]
    assert person.packs() == ["pack-5g"]


async def test_a_second_yes_does_nothing(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    await person.say("affirm")
    assert (await person.say("affirm")).responses == ["nothing_to_confirm"]
    assert person.packs() == ["pack-5g"]


async def test_a_question_in_between_is_answered_and_the_offer_shown_again(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    assert (await person.say("query_balance")).responses == ["balance", "quote_order_data_pack"]
    assert (await person.say("affirm")).responses == ["order_done"]


async def test_after_the_second_question_on_the_way_the_order_is_dropped(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    assert (await person.say("query_balance")).responses[-1] == "quote_order_data_pack"
    assert (await person.say("query_my_plan")).responses == ["my_plan"]
    assert (await person.say("affirm")).responses == ["nothing_to_confirm"]
    assert person.packs() == []


async def test_what_is_not_held_cannot_be_cancelled(talk: Begin) -> None:
    heard = await talk("+8613800000009", "sms").say("cancel_data_pack", offering="svc-ringback")
    assert heard.responses == ["not_held", "ask_cancel_data_pack"]


async def test_a_plan_is_named_by_its_price(talk: Begin) -> None:
    heard = await talk("+8613800000011", "sms").say("change_plan", number=129)
    assert heard.responses == ["quote_change_plan"]


async def test_another_pack_may_be_named_at_any_time(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    heard = await person.say("correct", "换成1G的", offering="pack-1g")
    assert "1GB流量加油包" in heard.texts[0]
    await person.say("affirm")
    assert person.packs() == ["pack-1g"]


async def test_back_stop_and_start_over(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    assert (await person.say("go_back")).responses == ["ask_order_data_pack"]
    await person.say("inform", offering="pack-5g")
    assert (await person.say("start_over")).responses == ["ask_order_data_pack"]
    assert (await person.say("stop")).responses == ["stopped"]
    assert (await person.say("affirm")).responses == ["nothing_to_confirm"]
    assert person.packs() == []


async def test_no_is_no(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    heard = await person.say("deny")
    assert heard.responses == ["declined"]
    assert [b["state"] for b in person.quotes.bodies.values()] == ["void"]


async def test_another_topic_is_a_no_too(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    assert (await person.say("recharge")).responses == ["ask_recharge_way"]
    assert [b["state"] for b in person.quotes.bodies.values()] == ["void"]
    await person.say("stop")
    assert (await person.say("affirm")).responses == ["nothing_to_confirm"]
    assert person.packs() == []


async def test_what_is_not_understood_is_not_a_yes(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    for _ in range(2):
        heard = await person.say("nlu_fallback", "嗯那个")
        assert heard.responses == ["form_unclear", "quote_order_data_pack"]
    assert (await person.say("nlu_fallback", "啊")).responses[0] == "form_offer_human"
    assert person.packs() == []


async def test_a_human_ends_the_form(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    heard = await person.say("transfer_to_agent")
    assert heard.effect("handoff") == {"reason": "asked", "skill": "general", "priority": 0}
    assert (await person.say("affirm")).responses == ["nothing_to_confirm"]


async def test_a_late_yes_gets_a_new_offer(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    person.later(700)
    assert (await person.say("affirm")).responses == ["refused_quote_expired", "quote_order_data_pack"]
    assert person.packs() == []


async def test_a_lost_answer_is_pending_then_done_once(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    person.crm.lose_answers = 1
    heard = await person.say("affirm")
    assert heard.responses == ["order_pending"]
    (timer,) = heard.effect("timers")
    heard = await person.say("event_timer", **timer["values"])
    assert heard.responses == ["order_done"]
    assert person.packs() == ["pack-5g"]


async def test_a_crm_that_is_away_keeps_the_step(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    person.crm.down = True
    assert (await person.say("affirm")).responses == ["crm_unavailable_in_form"]
    person.crm.down = False
    assert (await person.say("affirm")).responses == ["order_done"]
    assert person.packs() == ["pack-5g"]


async def test_the_second_refusal_offers_a_human(talk: Begin) -> None:
    person = talk("+8613800000001", "sms")
    assert (await person.say("order_data_pack", offering="pack-5g")).responses == ["refused_arrears"]
    assert (await person.say("order_data_pack", offering="pack-1g")).responses == ["refused_arrears", "offer_human"]


async def test_the_plan_changes_with_the_next_month(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("change_plan", offering="plan-5g-99")
    await person.say("affirm")
    heard = await person.code(person.sent_code())
    assert heard.responses == ["order_accepted"]
    assert "12月1日" in heard.texts[0]
    heard = await person.say("change_plan", offering="plan-5g-129")
    assert heard.responses == ["refused_pending_plan_change"]
    assert "畅享5G 99元套餐" in heard.texts[0]


async def test_a_membership_can_be_cancelled(talk: Begin) -> None:
    person = talk("+8613800000009", "sms")
    heard = await person.say("cancel_data_pack")
    assert heard.responses == ["ask_cancel_data_pack"]
    await person.say("inform", offering="svc-video-vip")
    assert (await person.say("affirm")).responses == ["order_done"]


async def test_who_holds_nothing_can_cancel_nothing(talk: Begin) -> None:
    assert (await talk("+8613800000018").say("cancel_data_pack")).responses == ["nothing_to_cancel_data_pack"]


@pytest.mark.parametrize("channel", ["web", "sms"])
@pytest.mark.parametrize(("language", "free"), [("zh", "免费，长期有效"), ("en", "free, stays on")])
async def test_what_is_free_is_offered_as_free(talk: Begin, channel: str, language: str, free: str) -> None:
    person = talk(channel=channel)
    person.language = language
    (text,) = (await person.say("order_data_pack", offering="svc-roaming")).texts
    assert free in text
    assert not [word for word in ("0.00", "一次性", ", once", " once,") if word in text]


async def test_what_is_free_is_done_and_cancelled_without_a_price(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="svc-roaming")
    assert (await person.say("affirm")).texts[0] == "办理成功！国际漫游已生效，免费。"
    heard = await person.say("cancel_data_pack", offering="svc-roaming")
    assert heard.responses == ["quote_cancel_data_pack"]
    assert "不影响话费" in heard.texts[0]
    assert "已付" not in heard.texts[0]


@pytest.mark.parametrize("channel", ["web", "sms"])
@pytest.mark.parametrize(("language", "bound"), [("zh", "6个月"), ("en", "6 months")])
async def test_a_service_that_binds_says_for_how_long(talk: Begin, channel: str, language: str, bound: str) -> None:
    person = talk(channel=channel)
    person.language = language
    (text,) = (await person.say("order_data_pack", offering="svc-screen-cover")).texts
    assert bound in text.replace("（至少6个月", "（")
    assert "随时" not in text and "at any time" not in text


@pytest.mark.parametrize(("language", "anytime"), [("zh", "随时再换"), ("en", "at any time")])
async def test_only_a_plan_without_a_contract_can_be_left_at_any_time(talk: Begin, language: str, anytime: str) -> None:
    for offering, free in (("plan-5g-199", False), ("plan-5g-129", True)):
        person = talk()
        person.language = language
        (text,) = (await person.say("change_plan", offering=offering)).texts
        assert (anytime in text) is free


async def test_the_offer_of_a_plan_tells_directed_data_apart(talk: Begin) -> None:
    heard = await talk().say("change_plan", offering="plan-5g-99")
    assert "30GB流量，另有10GB定向" in heard.texts[0]


@pytest.mark.parametrize("intent", ["recharge", "query_balance", "order_data_pack"])
async def test_an_unknown_number_by_sms_is_not_asked_to_verify(talk: Begin, intent: str) -> None:
    heard = await talk(None, "sms").say(intent)
    assert heard.responses == ["refused_unknown_number"]


async def test_a_number_that_goes_away_by_sms_is_not_asked_to_verify(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack")
    person.binding = None
    assert (await person.say("inform", offering="pack-5g")).responses == ["refused_unknown_number"]
    person = talk(channel="sms")
    person.binding["subscriber_id"] = "S-former"
    assert "验证" not in (await person.say("query_balance")).texts[0]


async def test_what_is_missing_is_named_as_one_thing_or_as_a_choice(talk: Begin) -> None:
    heard = await talk(channel="sms").say("order_data_pack", offering="pack-roam-world")
    assert heard.texts[0].startswith("要先开通国际漫游才能办理。")
    heard = await talk("+8613800000018", "sms").say("order_data_pack", offering="svc-sub-card")
    assert heard.texts[0].startswith("要先有以下任意一项才能办理：")


async def test_too_soon_for_another_code_shows_the_ways_on(talk: Begin) -> None:
    person = talk()
    await person.say("order_data_pack", offering="pack-5g")
    await person.say("affirm")
    heard = await person.say("repeat")
    assert heard.responses[0] == "refused_code_too_soon"
    assert heard.menus["refused_code_too_soon"] == ["重发", "取消", "转人工"]
