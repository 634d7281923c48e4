"""What is filed and what is not: an urge is an urge, a correction no complaint, home no place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
LI, ZHAO = "+8613800000000", "+8613800000008"


def filed(person: Any) -> list[str]:
    """Texts of what was filed in this talk."""
    return [ticket.text for ticket in person.crm.all_tickets.values()]


async def with_fault(talk: Begin) -> Any:
    """Somebody whose fault is reported already, in the middle of reporting one more."""
    person = talk(LI)
    await person.say("report_fault", "没信号")
    await person.say("inform", "西湖区文三路 昨天开始的")
    assert len(filed(person)) == 1
    return person


@pytest.mark.parametrize("intent", ["report_fault", "complain", "nlu_fallback", "query_ticket"])
@pytest.mark.parametrize(
    "text", ["我昨天就报修了 咋还没人来", "早就报过了还没修好", "I reported it yesterday and nobody came"]
)
async def test_who_asks_after_an_earlier_report_hears_of_it_and_files_no_second(
    talk: Begin, intent: str, text: str
) -> None:
    person = await with_fault(talk)
    await person.say("report_fault", "没信号 又断了")
    heard = await person.say(intent, text)
    assert heard.responses[0] in ("urge", "tickets") and len(filed(person)) == 1
    (ticket,) = person.crm.all_tickets
    assert ticket in heard.texts[0]


@pytest.mark.parametrize("intent", ["report_fault", "complain"])
async def test_an_earlier_report_is_looked_up_before_anything_is_asked(talk: Begin, intent: str) -> None:
    person = await with_fault(talk)
    heard = await person.say(intent, "我昨天就报修了 咋还没人来")
    assert heard.responses[0] == "urge" and len(filed(person)) == 1


@pytest.mark.parametrize("text", ["在家 晚上九点", "家里 昨天开始", "at home, since yesterday"])
async def test_home_is_no_place_for_whoever_looks_for_it(talk: Begin, text: str) -> None:
    person = talk(LI)
    await person.say("report_fault", "没信号")
    heard = await person.say("inform", text)
    assert heard.responses == ["ask_fault_place"] and filed(person) == []
    await person.say("inform", "西湖区文三路")
    assert len(filed(person)) == 1 and text in filed(person)[0] and "文三路" in filed(person)[0]


async def test_where_broadband_is_laid_home_is_a_place(talk: Begin) -> None:
    person = talk(LI)
    await person.say("report_fault", "宽带断了", option="宽带故障")
    if not filed(person):
        await person.say("inform", "宽带故障", option="宽带故障")
        await person.say("inform", "家里 昨天开始")
    assert len(filed(person)) == 1


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("correct", "不是 我是说上上个月的那笔20块的"),
        ("deny", "不对 我说的是那笔20块"),
        ("inform", "no, I mean the 20 yuan charge"),
    ],
)
async def test_a_correction_is_filed_by_nobody(talk: Begin, intent: str, text: str) -> None:
    person = talk(LI)
    await person.say("complain", "这笔钱")
    heard = await person.say(intent, text, number=20, spans={"number": "20"})
    assert filed(person) == [] and "ticket_complaint" not in heard.responses
    assert ("dispute_charge", "answered") in heard.outcomes


async def test_what_is_corrected_without_a_sum_is_filed_after_a_yes_only(talk: Begin) -> None:
    person = talk(LI)
    await person.say("complain", "我要投诉")
    heard = await person.say("correct", "不是 我是说营业员态度差")
    assert heard.responses == ["complaint_corrected"] and filed(person) == []
    assert (await person.say("affirm", "登记")).responses == ["ticket_complaint"]
    assert "态度差" in filed(person)[0]


async def test_who_complains_of_our_advertising_is_offered_its_end_and_both_lines_are_filed(talk: Begin) -> None:
    person = talk(LI)
    heard = await person.say("complain", "我要投诉你们老是发广告")
    assert heard.responses == ["ask_complaint_adverts"]
    assert "opt_out_marketing" in [choice["intent"] for choice in heard.choices]
    heard = await person.say("report_spam", "就是天天发垃圾短信烦死了")
    assert heard.responses == ["ticket_complaint"]
    assert "老是发广告" in filed(person)[0] and "烦死了" in filed(person)[0]
