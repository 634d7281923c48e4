"""Wishes that are told apart from their neighbours, because something else is done for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.actions import skills
from crm.errors import Unavailable
from crm.model import Balance

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
ORDINARY, ARREARS, SMALL_PLAN = "+8613800000000", "+8613800000001", "+8613800000018"
ABROAD, HOLDER, MEMBERSHIPS, WAITING, STILL_CUT_OFF, INSURED = (
    f"+86138000000{n:02d}" for n in (4, 7, 9, 10, 12, 13)
)  # fmt: skip
HOW = {"done", "answered", "handed_off", "refused", "not_understood"}
WITHOUT_A_PERSON = {
    "book_visit",
    "event_handoff_ended",
    "event_order_finished",
    "event_timer",
    "event_payment_finished",
    "resume",
}


async def test_a_change_of_plan_that_waits_is_taken_back_after_a_yes_and_a_code(talk: Begin) -> None:
    person = talk(WAITING)
    heard = await person.say("undo_plan_change")
    assert heard.responses == ["quote_undo_plan_change"]
    assert "畅享5G 99元套餐12月1日生效" in heard.texts[0]
    assert (await person.say("affirm")).responses == ["code_sent"]
    heard = await person.code(person.sent_code())
    assert (heard.responses, heard.outcomes) == (["plan_change_undone"], [("undo_plan_change", "done")])
    assert [p.status for p in person.crm.held[WAITING] if p.category == "plan"] == ["active"]
    assert (await person.say("undo_plan_change")).responses == ["nothing_to_undo_plan_change"]


async def test_a_no_leaves_the_change_of_plan_as_it_is(talk: Begin) -> None:
    person = talk(WAITING)
    await person.say("undo_plan_change")
    assert (await person.say("deny")).responses == ["declined"]
    assert (await person.say("affirm")).responses == ["nothing_to_confirm"]
    assert "pendingActive" in {p.status for p in person.crm.held[WAITING]}


async def test_taking_back_whose_answer_was_lost_is_done_once_and_told_later(talk: Begin) -> None:
    person = talk(WAITING, "sms")
    await person.say("undo_plan_change")
    await person.say("affirm")
    person.crm.lose_answers = 1
    heard = await person.code(person.sent_code())
    assert heard.responses == ["order_pending"]
    (timer,) = heard.effect("timers")
    assert (await person.say("event_timer", **timer["values"])).responses == ["plan_change_undone"]


async def test_a_second_change_of_plan_offers_to_take_the_first_one_back(talk: Begin) -> None:
    heard = await talk(WAITING).say("change_plan", offering="plan-5g-199")
    assert heard.menus["refused_pending_plan_change"] == ["撤销换套餐", "转人工"]


async def test_roaming_goes_on_and_off_without_naming_it(talk: Begin) -> None:
    person = talk(ORDINARY, "sms")
    assert "国际漫游" in (await person.say("roaming_on")).texts[0]
    assert (await person.say("affirm")).responses == ["order_done"]
    assert (await person.say("roaming_off")).responses == ["quote_cancel_data_pack"]
    assert (await person.say("affirm")).responses == ["order_done"]
    assert (await person.say("roaming_off")).responses == ["roaming_is_off"]
    assert (await person.say("roaming_off", offering="svc-roaming")).responses == ["roaming_is_off"]


async def test_a_day_pack_for_abroad_needs_no_cancelling_and_roaming_goes_off_after_it(talk: Begin) -> None:
    person = talk(ABROAD, "sms")
    await person.say("order_data_pack", offering="pack-roam-hkmo")
    assert (await person.say("affirm")).responses == ["order_done"]
    left = await talk_on_web(person, "query_data_usage", "漫游流量还剩多少")
    assert "港澳漫游1GB日包剩1GB" in left
    for wish in ("roaming_off", "cancel_data_pack"):
        ended = await person.say(wish, "港澳漫游1GB日包退订")
        assert ["港澳漫游1GB日包到期自动失效，不用退订。"] == ended.texts
    heard = await person.say("roaming_off", "关掉漫游")
    assert "港澳漫游1GB日包要依靠它使用，到期自动失效，不用退订" in heard.texts[0]


async def talk_on_web(person: Any, intent: str, text: str) -> str:
    """What the same person hears where there is room for it."""
    person.channel = "web"
    heard = await person.say(intent, text)
    person.channel = "sms"
    return str(heard.texts[0])


async def test_a_payment_that_is_too_small_to_restore_the_line_says_what_is_missing(talk: Begin) -> None:
    person = talk(ARREARS)
    heard = await person.say("recharge", "交50行不行", amount_fen=5000)
    assert "欠费还差6.00元，缴清后才能办业务，停机的也才会恢复" in heard.texts[0]
    assert ["line_state"] == (await person.say("nlu_fallback", "交完多久能通")).responses
    assert "还差" not in (await person.say("recharge", "交60", amount_fen=6000)).texts[0]


async def test_what_is_missing_is_offered_with_the_no(talk: Begin) -> None:
    plans = await talk(ORDINARY).say("sub_card")
    assert plans.responses == ["refused_requires"]
    assert plans.labels == ["换成畅享5G 129元套餐", "换成畅享5G 199元套餐", "换成全家享169元套餐", "转人工"]
    service = await talk(ORDINARY).say("order_data_pack", offering="pack-roam-hkmo")
    assert service.menus["refused_requires"] == ["开通国际漫游", "转人工"]


async def test_a_pack_for_abroad_that_was_named_goes_before_roaming_itself(talk: Begin) -> None:
    heard = await talk(ABROAD, "sms").say("roaming_on", offering="pack-roam-hkmo")
    assert "港澳漫游1GB日包" in heard.texts[0]


async def test_who_opens_a_service_is_shown_services(talk: Begin) -> None:
    heard = await talk().say("open_service")
    assert heard.responses == ["ask_order_data_pack"]
    assert "来电显示 免费" in heard.labels
    assert not [label for label in heard.labels if "GB" in label]
    assert (await talk().say("open_service", offering="svc-ringback")).responses == ["quote_order_data_pack"]


async def test_who_cancels_a_service_is_shown_services(talk: Begin) -> None:
    heard = await talk(ORDINARY).say("cancel_service")
    assert heard.menus["ask_cancel_data_pack"] == ["来电显示 免费", "转人工"]


async def test_members_of_a_sub_card_are_a_persons_to_change(talk: Begin) -> None:
    heard = await talk(HOLDER).say("sub_card")
    assert heard.responses == ["members"]
    assert heard.labels == ["转人工", "退订副卡"]
    assert (await talk(ORDINARY).say("family_number")).responses == ["family_needs", "quote_order_data_pack"]


@pytest.mark.parametrize(
    ("intent", "asked", "kind"),
    [
        ("report_slow_data", "ask_fault_slow", "上网慢或不能上网"),
        ("report_no_codes", "ask_fault_codes", "收不到短信或验证码"),
        ("broadband_fault", "ask_fault_broadband", "宽带故障"),
    ],
)
async def test_a_fault_whose_kind_is_known_asks_only_where(talk: Begin, intent: str, asked: str, kind: str) -> None:
    person = talk(MEMBERSHIPS)
    assert (await person.say(intent, "不行了")).responses == [asked]
    assert (await person.say("query_balance")).responses == ["balance", "ask_fault_told"]
    assert (await person.say("nlu_fallback", "文三路，昨晚")).responses == ["ticket_fault"]
    (ticket,) = person.crm.all_tickets.values()
    assert (ticket.kind, ticket.text) == ("fault", f"不行了；{kind}；文三路，昨晚")


async def test_an_appeal_is_a_complaint_that_says_so(talk: Begin) -> None:
    person = talk()
    assert (await person.say("appeal", "我不服")).responses == ["ask_appeal"]
    heard = await person.say("query_suspension", "号码被误停了")
    assert heard.responses == ["ticket_appeal"] and heard.texts[0].startswith("您的申诉已登记")
    (ticket,) = person.crm.all_tickets.values()
    assert (ticket.kind, ticket.text) == ("complaint", "申诉；我不服；号码被误停了")


async def test_what_went_wrong_is_a_complaint_and_another_wish_is_not(talk: Begin) -> None:
    person = talk()
    await person.say("complain", "我要投诉")
    for other in ("query_balance", "find_store", "thanks", "greet"):
        assert (await person.say(other, "先问个别的")).responses[1:] == ["ask_complaint"]
        await person.say("stop")
        await person.say("complain", "我要投诉")
    assert (await person.say("never_ordered", "没订过的业务扣我钱")).responses == ["ticket_complaint"]


async def test_who_urges_hears_the_deadline_and_can_have_it_noted(talk: Begin) -> None:
    person = talk()
    assert (await person.say("urge")).labels[0] == "转人工"
    await person.say("complain", "我要投诉")
    await person.say("nlu_fallback", "营业厅态度差")
    (complaint,) = person.crm.all_tickets.values()
    heard = await person.say("urge")
    assert complaint.id in heard.texts[0] and complaint.accountable in heard.texts[0]
    await person.say("request_callback", option=f"催办{complaint.id}")
    callback = next(t for t in person.crm.all_tickets.values() if t.kind == "callback")
    assert (callback.urgency, callback.text) == ("urgent", f"催办{complaint.id}")


async def test_what_is_overdue_is_said_to_be(talk: Begin) -> None:
    person = talk()
    await person.say("complain", "我要投诉")
    await person.say("nlu_fallback", "营业厅态度差")
    person.crm.all_tickets = {
        id: replace(ticket, due_at=person.now - timedelta(days=1)) for id, ticket in person.crm.all_tickets.items()
    }
    assert "已经超过" in (await person.say("urge")).texts[0]


async def test_paid_but_cut_off_says_what_is_paid_what_is_owed_and_what_comes_next(talk: Begin) -> None:
    heard = await talk(ARREARS).say("paid_but_cut_off")
    assert "还没查到新的缴费" in heard.texts[0] and "还欠56.00元" in heard.texts[0]
    assert heard.labels[0] == "充值缴费"
    person = talk()
    await person.card("800000000000000001")
    assert "50.00元已到账" in (await person.say("paid_but_cut_off")).texts[0]


async def test_what_was_never_ordered_is_shown_with_its_provider_and_day(talk: Begin) -> None:
    heard = await talk(MEMBERSHIPS).say("never_ordered")
    assert "星河视频会员（星河视频，" in heard.texts[0] and "来电显示" not in heard.texts[0]
    assert heard.labels == ["不是我办的：星河视频会员", "不是我办的：书海阅读会员", "扣费明细", "投诉", "转人工"]


async def test_only_other_companies_are_third_parties(talk: Begin) -> None:
    (text,) = (await talk(INSURED).say("query_third_party_services")).texts
    assert "碎屏保障" in text and "来电显示" not in text and "30GB" not in text
    assert "没有第三方" in (await talk(ORDINARY).say("query_third_party_services")).texts[0]


async def test_the_end_of_a_contract_and_of_what_binds_is_told(talk: Begin) -> None:
    (text,) = (await talk(WAITING).say("query_pack_expiry")).texts
    assert "12月1日起换为畅享5G 99元套餐" in text


async def test_a_plan_is_suggested_by_what_was_used_or_by_a_budget(talk: Begin) -> None:
    heard = await talk(ORDINARY).say("recommend_plan")
    assert heard.responses == ["recommend_stay"] and "共354.00元（月费354.00元）" in heard.texts[0]
    person = talk(None)
    heard = await person.say("recommend_plan")
    assert heard.labels == ["30元以内", "60元以内", "100元以内", "全部套餐", "转人工"]
    heard = await person.say("recommend_plan", amount_fen=6000)
    assert heard.responses == ["recommend_budget"]
    assert "59.00元" in heard.texts[0] and "79.00元" not in heard.texts[0]


@pytest.mark.parametrize(("intent", "priority"), [("distress", 9), ("report_fraud", 8), ("older_mode", 5)])
async def test_what_needs_a_person_gets_one_first_and_no_menu(talk: Begin, intent: str, priority: int) -> None:
    person = talk(None)
    heard = await person.say(intent)
    assert (len(heard.responses), heard.labels) == (1, [])
    assert heard.effect("handoff")["priority"] == priority
    assert heard.outcomes == [(intent, "handed_off")]


async def test_the_national_line_is_named_to_who_cannot_go_on(talk: Begin) -> None:
    for channel in ("web", "sms"):
        assert "12356" in (await talk(None, channel).say("distress")).texts[0]


async def test_a_result_is_sent_again_by_sms_only_where_we_speak_by_sms(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("query_balance")
    assert (await person.say("send_result_by_sms")).responses == ["balance"]
    person = talk()
    await person.say("query_balance")
    heard = await person.say("send_result_by_sms")
    assert (heard.responses, heard.outcomes) == (["not_sent_by_sms"], [("send_result_by_sms", "refused")])


async def test_a_question_is_answered_by_its_topic_and_again_when_asked_again(talk: Begin) -> None:
    person = talk(None)
    assert (await person.say("faq", topic="hotspot")).responses == ["faq_hotspot"]
    assert (await person.say("repeat")).responses == ["faq_hotspot"]
    heard = await person.say("faq", topic="of_nobody")
    assert (heard.responses, heard.outcomes) == (["faq_other"], [("faq", "refused")])


async def test_other_numbers_of_an_account_are_named_to_its_holder_only(talk: Begin) -> None:
    (text,) = (await talk(HOLDER).say("query_other_number")).texts
    assert "还有5个号码" in text and "138****0018" in text
    assert "没有查到别的号码" in (await talk(SMALL_PLAN).say("query_other_number")).texts[0]


@pytest.mark.parametrize(("channel", "said"), [("web", "138****0018（余额暂时查不到）"), ("sms", "0018暂时查不到")])
async def test_a_number_whose_balance_cannot_be_read_hides_no_other(talk: Begin, channel: str, said: str) -> None:
    person = talk(HOLDER, channel)
    balance = person.crm.balance

    async def reading(msisdn: str, *, deadline: float) -> Balance:
        if msisdn.endswith("0018"):
            raise Unavailable("not now")
        return await balance(msisdn, deadline=deadline)

    person.crm.balance = reading
    (text,) = (await person.say("query_other_number")).texts
    assert "还有5个号码" in text and said in text and text.count("元") == 4


async def test_where_no_balance_can_be_read_it_is_said_so(talk: Begin) -> None:
    person = talk(HOLDER)

    async def reading(msisdn: str, *, deadline: float) -> Balance:
        raise Unavailable("not now")

    person.crm.balance = reading
    assert (await person.say("query_other_number")).responses == ["crm_unavailable"]


async def test_the_name_of_a_number_stays_half_hidden(talk: Begin) -> None:
    (text,) = (await talk(ORDINARY).say("query_own_number")).texts
    assert "李**" in text and "李明" not in text and "杭州" in text


async def test_a_recharge_by_card_asks_for_the_card_at_once(talk: Begin) -> None:
    person = talk(channel="sms")
    heard = await person.say("recharge_by_card")
    assert (heard.responses, heard.effect("awaits")) == (["ask_recharge_card"], "code")
    assert (await person.card("800000000000000001", intent="recharge_by_card")).responses == ["recharged"]


@pytest.mark.parametrize(("channel", "language"), [("web", "zh"), ("sms", "en")])
async def test_there_is_no_wish_that_nobody_answers(talk: Begin, channel: str, language: str) -> None:
    for intent in sorted(skills.SKILLS.keys() - WITHOUT_A_PERSON):
        for number in (ORDINARY, None):
            person = talk(number, channel)
            person.language = language
            heard = await person.say(intent, "x")
            assert heard.responses or heard.effect("handoff"), (intent, number)
            assert {how for _, how in heard.outcomes} <= HOW, (intent, heard.outcomes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("99的换成199的", ("99", "199")),
        ("把99元套餐改成199元套餐", ("99元", "199元")),
        ("从99换到199", ("99", "199")),
        ("99的套餐到期了换199的", ("99", "199")),
        ("change from the 99 plan to the 199 plan", ("99", "199")),
        ("不要99的，给我199的", ("99", "199")),
        ("I do not want the 99 one, I want the 199 one", ("99", "199")),
    ],
)
async def test_what_is_changed_to_is_quoted(talk: Begin, text: str, words: tuple[str, str]) -> None:
    heard = await talk().say("change_plan", text, amount_fen=(9900, 19900), spans={"amount_fen": words})
    assert (heard.responses, "199元套餐" in heard.texts[0]) == (["quote_change_plan"], True)


async def test_a_name_after_the_verb_goes_before_a_price_before_it(talk: Begin) -> None:
    spans = {"offering": "199元套餐", "amount_fen": "99元"}
    heard = await talk().say("change_plan", "99元的换成199元套餐", offering="plan-5g-199", amount_fen=9900, spans=spans)
    assert "199元套餐" in heard.texts[0]


async def test_the_plan_that_is_held_is_not_the_one_wanted(talk: Begin) -> None:
    said = {"amount_fen": (9900, 19900), "spans": {"amount_fen": ("99", "199")}}
    heard = await talk("+8613800000011").say("change_plan", "我是99的，想用199", **said)
    assert "199元套餐" in heard.texts[0]


async def test_offerings_that_share_a_name_are_told_of_together(talk: Begin) -> None:
    shared = ["plan-5g-99", "plan-5g-129"]
    person = talk()
    assert (await person.say("consult_plans", "畅享有哪些", among=shared)).responses == ["plans"]
    shown = (await person.agent.tracker_store.retrieve(person.conversation)).get_slot("shown")
    assert [one["id"] for one in shown["items"]] == shared
    heard = await talk().say("compare_plans", "畅享的比较一下", among=shared)
    assert all(price in heard.texts[0] for price in ("99", "129"))
    heard = await talk().say("consult_plans", "畅享129", among=shared, amount_fen=12900)
    assert heard.responses == ["offering_details"]
