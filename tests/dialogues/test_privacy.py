"""What a person may know of their data, take back and have deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
LI = "+8613800000000"


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
async def test_what_is_known_is_told_to_whom_it_is_about(talk: Any, channel: str) -> None:
    heard = await talk(LI, channel).say("query_my_data", "你知道我哪些信息")
    assert (heard.responses, heard.outcomes) == (["my_data"], [("query_my_data", "answered")])
    assert "李明" not in heard.texts[0] and LI[3:] not in heard.texts[0]


async def test_a_stranger_hears_what_there_is_and_nothing_of_anybody(talk: Any) -> None:
    assert (await talk(None).say("query_my_data")).responses == ["guide_query_my_data"]


async def test_consents_are_listed_and_taken_back_by_a_sentence(talk: Any) -> None:
    person = talk(LI)
    assert (await person.say("delete_my_data", "我要撤回同意")).responses == ["consents_taken_back"]
    assert [(one["topic"], one["off"], one["version"]) for one in person.reminders.ended] == [
        ("marketing", True, "2026-11"), ("personal", True, "2026-11")
    ]  # fmt: skip
    told = (await person.say("query_my_data")).texts[0]
    assert "推销不同意" in told and "个性化推荐不同意" in told


@pytest.mark.parametrize("words", ["关闭个性化推荐", "no personalised offers please"])
async def test_no_personal_recommendations_means_a_question_instead_of_what_was_used(talk: Any, words: str) -> None:
    person = talk(LI)
    assert (await person.say("opt_out_marketing", words)).responses == ["no_personal_recommendations"]
    assert (await person.say("recommend_plan")).responses == ["recommend_ask"]


async def test_a_wish_to_be_deleted_is_a_ticket_with_a_deadline_and_a_person(talk: Any) -> None:
    person = talk(LI)
    heard = await person.say("delete_my_data", "删除我的个人信息")
    assert (heard.responses, heard.outcomes) == (["deletion_noted", "ticket_complaint"], [("delete_my_data", "done")])
    (ticket,) = person.crm.all_tickets.values()
    assert ticket.text.startswith("【个人信息删除申请】") and ticket.due_at > person.now and ticket.accountable
    await person.say("delete_my_data", "删除我的个人信息")
    assert len(person.crm.all_tickets) == 1


@pytest.mark.parametrize(
    "words", ["导出我的信息", "给我一份个人信息副本", "export my data", "I want a copy of my data"]
)
async def test_a_copy_is_a_ticket_with_a_deadline_and_a_person(talk: Any, words: str) -> None:
    person = talk(LI)
    heard = await person.say("query_my_data", words)
    assert (heard.responses, heard.outcomes) == (["copy_noted", "ticket_complaint"], [("query_my_data", "done")])
    (ticket,) = person.crm.all_tickets.values()
    assert ticket.text.startswith("【个人信息副本申请】") and ticket.due_at > person.now and ticket.accountable


async def test_a_copy_is_one_tap_below_the_summary(talk: Any) -> None:
    person = talk(LI)
    offered = (await person.say("query_my_data")).choices[0]
    assert (await person.say(offered["intent"], **offered["entities"])).responses == ["copy_noted", "ticket_complaint"]


async def test_a_stranger_has_nobodys_data_deleted(talk: Any) -> None:
    assert (await talk(None).say("delete_my_data", "删除我的信息")).responses == ["login_ask_number"]


@pytest.mark.parametrize("wish", ["query_my_data", "delete_my_data"])
async def test_under_fourteen_a_guardian_asks(talk: Any, wish: str) -> None:
    person = talk(LI)
    person.crm.subscribers[LI] = replace(person.crm.subscribers[LI], birth_date=date(2013, 6, 1))
    assert (await person.say(wish, "我的信息")).responses == ["guardian_needed"]
    assert (await person.say(wish, "导出我的信息")).responses == ["guardian_needed"]
    assert (person.crm.all_tickets, person.reminders.ended) == ({}, [])


async def test_what_another_subscriber_of_the_number_said_is_not_told(talk: Any) -> None:
    person = talk(LI)
    await person.say("delete_my_data", "撤回同意")
    person.crm.subscribers[LI] = replace(person.crm.subscribers[LI], id="S-new")
    person.binding = {"msisdn": LI, "subscriber_id": "S-new"}
    assert "没有同意过推销" in (await person.say("query_my_data")).texts[0]
