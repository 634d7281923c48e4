"""What somebody wants no more of: nothing is filed, what was filed is withdrawn after a yes, and every form ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
WITHDRAWN = [
    ("complain", "取消投诉"),
    ("complain", "我不想投诉了"),
    ("undo_plan_change", "取消刚才的投诉"),
    ("appeal", "我要撤回我的投诉"),
    ("out_of_scope", "帮我撤诉"),
    ("complain", "cancel the complaint"),
    ("query_ticket", "withdraw my complaint"),
    ("complain", "forget it, I don't want to complain any more"),
]
FORMS = ["order_data_pack", "change_plan", "recharge", "query_puk", "invoice", "report_fault", "complain", "login",
         "suspend_number", "report_lost_sim", "reset_password", "query_call_detail", "broadband_new"]  # fmt: skip


@pytest.mark.parametrize(("intent", "text"), WITHDRAWN)
async def test_a_complaint_that_is_given_up_is_not_filed(talk: Begin, intent: str, text: str) -> None:
    person = talk()
    await person.say("complain", "我要投诉")
    heard = await person.say(intent, text)
    assert heard.responses in (["stopped"], ["nothing_open"]) and not person.crm.all_tickets
    heard = await person.say("report_fault", "no signal at home")
    assert "ask_fault_told" in heard.responses and not person.crm.all_tickets


@pytest.mark.parametrize(("intent", "text"), WITHDRAWN[2::2])
async def test_a_complaint_that_was_filed_is_withdrawn_after_a_yes(talk: Begin, intent: str, text: str) -> None:
    person = talk()
    await person.say("complain", "我要投诉")
    await person.say("abuse", "你们乱扣费，太差了")
    heard = await person.say(intent, text)
    (ticket,) = person.crm.all_tickets.values()
    assert heard.responses == ["ask_complaint_withdraw"] and ticket.id in heard.texts[0]
    assert ticket.state == "acknowledged"
    assert (await person.say("affirm", "是")).responses == ["complaint_withdrawn"]
    assert [t.state for t in person.crm.all_tickets.values()] == ["cancelled"]
    assert (await person.say(intent, text)).responses == ["complaint_none"]


async def test_a_complaint_stays_where_the_answer_is_no_or_another_wish(talk: Begin) -> None:
    person = talk()
    await person.say("complain", "我要投诉")
    await person.say("abuse", "你们乱扣费，太差了")
    await person.say("complain", "撤销投诉")
    await person.say("deny", "不撤销")
    await person.say("complain", "撤销投诉")
    await person.say("query_balance", "查话费")
    assert (await person.say("affirm", "是")).responses == ["nothing_to_confirm"]
    assert [t.state for t in person.crm.all_tickets.values()] == ["acknowledged"]


async def test_a_yes_withdraws_no_other_complaint_than_the_one_it_was_asked_about(talk: Begin) -> None:
    person = talk()
    await person.say("complain", "我要投诉")
    await person.say("abuse", "你们乱扣费，太差了")
    heard = await person.say("complain", "撤销投诉")
    option = heard.choices[0]["entities"]["option"]
    await person.say("complain", "我要投诉")
    await person.say("abuse", "营业厅态度差，排队两小时")
    await person.say("complain", option=option)
    asked_about = option.partition(":")[2]
    assert {t.id: t.state for t in person.crm.all_tickets.values()}[asked_about] == "cancelled"
    assert [t.state for t in person.crm.all_tickets.values() if t.id != asked_about] == ["acknowledged"]


async def test_a_withdrawal_whose_answer_was_lost_is_told_when_it_is_asked_again(talk: Begin) -> None:
    person = talk()
    await person.say("complain", "我要投诉")
    await person.say("abuse", "你们乱扣费，太差了")
    await person.say("complain", "撤销投诉")
    person.crm.lose_answers = 1
    assert (await person.say("affirm", "是")).responses == ["crm_unavailable"]
    assert (await person.say("repeat", "再试一次")).responses == ["complaint_withdrawn"]


async def test_a_reason_with_the_word_not_to_complain_in_it_is_filed(talk: Begin) -> None:
    person = talk()
    await person.say("complain", "我要投诉")
    assert (await person.say("abuse", "我不投诉你们不处理，已经三次了")).responses == ["ticket_complaint"]


@pytest.mark.parametrize(
    ("wish", "intent"), [*((wish, "deny") for wish in FORMS), ("recharge", "nlu_fallback"), ("invoice", "out_of_scope")]
)
async def test_never_mind_ends_every_form(talk: Begin, wish: str, intent: str) -> None:
    person = talk(None if wish == "login" else "+8613800000011")
    person.language = "en"
    await person.say(wish)
    await person.say(intent, "never mind")
    tracker = await person.agent.tracker_store.retrieve(person.conversation)
    assert tracker.active_loop_name is None and not person.crm.all_tickets


async def test_the_opening_said_again_is_no_description(talk: Begin) -> None:
    person = talk()
    await person.say("complain", "I want to complain")
    heard = await person.say("complain", "I want to complain")
    assert heard.responses == ["ask_complaint"] and not person.crm.all_tickets
    assert (await person.say("complain", "我要投诉乱扣费")).responses == ["ticket_complaint"]


@pytest.mark.parametrize("text", [
    "我要投诉营业厅员工态度差，昨天在天河店",
    "I want to complain about the shop staff, they were rude to me at Tianhe on Friday",
])  # fmt: skip
async def test_a_complaint_that_is_told_in_full_is_not_asked_for_again(talk: Begin, text: str) -> None:
    person = talk()
    assert (await person.say("complain", text)).responses == ["ask_complaint_so"]
    assert (await person.say("affirm", "yes")).responses == ["ticket_complaint"]
    assert [t.text for t in person.crm.all_tickets.values()] == [text]
    person = talk()
    heard = await person.say("complain", text)
    await person.say("inform", option=heard.choices[0]["entities"]["option"])
    assert [t.text for t in person.crm.all_tickets.values()] == [text]


async def test_more_may_be_added_to_a_complaint_that_is_told_in_full_or_it_is_given_up(talk: Begin) -> None:
    person = talk()
    await person.say("complain", "我要投诉营业厅员工态度差，昨天在天河店")
    assert (await person.say("nlu_fallback", "下午三点，一个姓王的")).responses == ["ticket_complaint"]
    (ticket,) = person.crm.all_tickets.values()
    assert ticket.text == "我要投诉营业厅员工态度差，昨天在天河店；下午三点，一个姓王的"
    person = talk()
    await person.say("complain", "我要投诉营业厅员工态度差，昨天在天河店")
    assert (await person.say("stop", "算了")).responses == ["stopped"] and not person.crm.all_tickets
