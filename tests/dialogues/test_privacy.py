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
    assert (heard.responses, heard.outcomes) == (["deletion_noted"], [("delete_my_data", "done")])
    (ticket,) = person.crm.all_tickets.values()
    assert ticket.text.startswith("【个人信息删除申请】") and ticket.due_at > person.now and ticket.accountable
    assert ticket.id in heard.texts[0] and ticket.accountable in heard.texts[0]
    await person.say("delete_my_data", "把我的资料都删掉")
    assert (await person.say("repeat", "再说一遍")).responses == ["deletion_noted"]
    assert len(person.crm.all_tickets) == 1


@pytest.mark.parametrize(
    "words", ["导出我的信息", "给我一份个人信息副本", "export my data", "I want a copy of my data"]
)
@pytest.mark.parametrize("wish", ["query_my_data", "delete_my_data"])
async def test_a_copy_is_a_ticket_with_a_deadline_and_a_person(talk: Any, wish: str, words: str) -> None:
    person = talk(LI)
    heard = await person.say(wish, words)
    assert (heard.responses, heard.outcomes) == (["copy_noted"], [("query_my_data", "done")])
    (ticket,) = person.crm.all_tickets.values()
    assert ticket.text.startswith("【个人信息副本申请】") and ticket.due_at > person.now and ticket.accountable


async def test_a_copy_is_one_tap_below_the_summary(talk: Any) -> None:
    person = talk(LI)
    offered = (await person.say("query_my_data")).choices[0]
    assert (await person.say(offered["intent"], **offered["entities"])).responses == ["copy_noted"]


@pytest.mark.parametrize("words", ["我的卡被人复制了吗", "我的信息被人复制了吗", "怎么下载你们的软件"])
async def test_who_asks_for_no_data_gets_no_copy(talk: Any, words: str) -> None:
    person = talk(LI)
    assert (await person.say("query_my_data", words)).responses == ["my_data"]
    assert person.crm.all_tickets == {}


async def logged_in(person: Any, wish: str, words: str) -> Any:
    """What is answered once the number is proven."""
    assert (await person.say(wish, words)).responses == ["login_ask_number"]
    await person.say("inform", LI[3:], msisdn=LI, spans={"msisdn": LI[3:]})
    return await person.code(person.sent_code())


@pytest.mark.parametrize(
    ("wish", "words", "response"),
    [
        ("delete_my_data", "我要撤回授权", "consents_taken_back"),
        ("delete_my_data", "把我的聊天记录导出来", "copy_noted"),
        ("opt_out_marketing", "不要个性化推荐", "no_personal_recommendations"),
        ("invoice", "我要开专票", "special_invoice"),
    ],
)
async def test_a_variant_in_words_holds_after_the_login_and_when_it_is_said_again(
    talk: Any, wish: str, words: str, response: str
) -> None:
    person = talk(None)
    assert (await logged_in(person, wish, words)).responses[:2] == ["login_done", response]
    assert (await person.say("repeat", "再说一遍")).responses == [response]
    assert all("删除" not in ticket.text for ticket in person.crm.all_tickets.values())


async def test_a_variant_holds_as_a_part_of_a_line(talk: Any) -> None:
    parts = ["query_balance", "delete_my_data"]
    person, words = talk(LI), "查话费，然后撤回我的授权"
    heard = await person.say("several_questions", words, parts=parts)
    assert heard.responses == ["balance", "consents_taken_back"]
    stranger = talk(None)
    await stranger.say("several_questions", words, parts=parts)
    await stranger.say("inform", LI[3:], msisdn=LI, spans={"msisdn": LI[3:]})
    heard = await stranger.code(stranger.sent_code())
    assert heard.responses == ["login_done", "balance", "consents_taken_back"]
    assert (person.crm.all_tickets, stranger.crm.all_tickets) == ({}, {})


async def test_who_takes_nothing_back_has_nothing_taken_back(talk: Any) -> None:
    person = talk(LI)
    assert (await person.say("delete_my_data", "不是撤回授权，是删除我的信息")).responses == ["deletion_noted"]
    assert person.reminders.ended == []


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
