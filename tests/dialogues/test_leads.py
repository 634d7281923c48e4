"""What people sell: a need, a place, a time, a yes to being called; then one person, a clock and an answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
HOLDER = "+8613800000007"
"""Has an account manager by name."""


async def says_what(person: Any, wish: str = "broadband_new") -> Any:
    await person.say(wish, "我想装宽带")
    await person.say("nlu_fallback", "300M，这个月装")
    await person.say("inform", "滨江区长河街道")
    return await person.say("inform", option="am")


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
async def test_a_lead_has_need_place_time_and_a_yes(talk: Begin, channel: str) -> None:
    person = talk(channel=channel)
    assert (await person.say("broadband_new", "我想装宽带")).responses == ["ask_lead_need"]
    assert (await person.say("nlu_fallback", "300M，这个月装")).responses == ["ask_lead_place"]
    assert (await person.say("inform", "滨江区长河街道")).responses == ["ask_lead_time"]
    heard = await person.say("inform", option="am")
    assert heard.responses == ["confirm_lead"]
    assert all(told in heard.texts[0] for told in ("300M", "滨江区长河街道", "工作日上午", "138****0000"))
    assert person.crm.all_tickets == {}
    heard = await person.say("affirm")
    assert (heard.responses, heard.outcomes) == (["ticket_lead"], [("broadband_new", "done")])
    (ticket,) = person.crm.all_tickets.values()
    assert ticket.kind == "lead" and "我想装宽带；300M，这个月装；滨江区长河街道；工作日上午" in ticket.text
    assert ticket.accountable in heard.texts[0]


async def test_the_yes_is_kept_with_the_version_of_what_was_read(talk: Begin) -> None:
    person = talk()
    await says_what(person)
    await person.say("affirm", message_id="m-yes")
    kept = person.once.answers[person.conversation, "m-yes", "evidence"]
    assert (kept["consent"], kept["state"], kept["agreed_by"]) == ("lead", "on", "m-yes")


async def test_its_owner_is_the_manager_by_name_else_whose_the_grid_is(talk: Begin) -> None:
    owners = {}
    for number in (HOLDER, "+8613800000000", "+8613800000001"):
        person = talk(number)
        await says_what(person, "consult_business")
        await person.say("affirm")
        owners[number] = next(iter(person.crm.all_tickets.values())).accountable
    assert owners == {HOLDER: "何晓东", "+8613800000000": "沈佳", "+8613800000001": "陈立文"}


async def test_the_clock_is_one_working_day_and_the_progress_can_be_asked_for(talk: Begin) -> None:
    person = talk()
    await says_what(person)
    await person.say("affirm")
    (ticket,) = person.crm.all_tickets.values()
    assert (ticket.due_at - person.now).days <= 3
    assert "业务登记" in (await person.say("query_ticket")).texts[0]


@pytest.mark.parametrize("word", ["不同意", "不用了"])
async def test_without_a_yes_nothing_is_noted(talk: Begin, word: str) -> None:
    person = talk()
    await says_what(person)
    heard = await person.say("deny", word)
    assert (heard.responses, heard.outcomes) == (["lead_not_left"], [("broadband_new", "abandoned")])
    assert person.crm.all_tickets == {}


async def test_another_wish_in_the_middle_is_answered_and_notes_nothing(talk: Begin) -> None:
    person = talk()
    await person.say("consult_handset", "想买合约机")
    heard = await person.say("query_balance", "查话费")
    assert heard.responses[0] == "balance"
    assert person.crm.all_tickets == {}


async def test_a_need_that_sounds_like_an_order_and_a_place_that_sounds_like_a_shop_are_what_they_are(
    talk: Begin,
) -> None:
    person = talk()
    await person.say("consult_business", "集团业务")
    assert (await person.say("order_data_pack", "30个号码要共享流量包")).responses == ["ask_lead_place"]
    assert (await person.say("find_store", "滨江区")).responses == ["ask_lead_time"]
    assert person.packs() == talk().packs()


async def test_a_human_is_never_a_need(talk: Begin) -> None:
    person = talk()
    await person.say("consult_business", "集团业务")
    heard = await person.say("transfer_to_agent", "我要和人工客服说清楚这件事")
    assert heard.effect("handoff") and person.crm.all_tickets == {}


async def test_a_yes_that_is_repeated_leaves_one_lead(talk: Begin) -> None:
    person = talk()
    await says_what(person)
    person.crm.lose_answers = 1
    assert (await person.say("affirm")).responses == ["crm_unavailable_in_form"]
    assert (await person.say("affirm")).responses == ["ticket_lead"]
    assert len(person.crm.all_tickets) == 1


@pytest.mark.parametrize("wish", ["broadband_new", "consult_business", "consult_handset"])
async def test_who_is_not_known_hears_the_way_on(talk: Begin, wish: str) -> None:
    heard = await talk(None).say(wish)
    assert heard.responses == [f"guide_{wish}"] and "验证号码" in heard.labels


async def test_in_english_nothing_is_chinese(talk: Begin) -> None:
    person = talk("+8613800000011")
    person.language = "en"
    heard = [await person.say("consult_handset", "I want a new phone on contract")]
    heard.append(await person.say("nlu_fallback", "an iPhone, up to 300 a month"))
    heard.append(await person.say("inform", **heard[-1].choices[0]["entities"]))
    heard.append(await person.say("inform", option="pm"))
    texts = "".join(text for one in heard for text in (*one.texts, *one.labels))
    assert "weekday afternoons" in texts
    assert not any("一" <= char <= "鿿" for char in texts)


SMALL = [
    ("bot_challenge", "你是机器人吗", ["i_am_a_machine"]),
    ("affirm", "好的", ["form_unclear"]),
    ("nlu_fallback", "？", ["form_unclear"]),
    ("abuse", "你们是不是傻啊", ["abuse"]),
    ("chitchat", "今天天气真不错", ["form_unclear"]),
    ("thanks", "谢谢谢谢谢谢", ["welcome"]),
]


@pytest.mark.parametrize(("intent", "text", "answered"), SMALL)
async def test_what_describes_nothing_is_no_need_no_place_and_no_time(
    talk: Begin, intent: str, text: str, answered: list[str]
) -> None:
    person = talk()
    await person.say("broadband_new", "我想装宽带")
    for asked, answer in (
        ("ask_lead_need", "300M，这个月装"),
        ("ask_lead_place", "滨江区长河街道"),
        ("ask_lead_time", "明天下午"),
    ):
        assert (await person.say(intent, text)).responses == [*answered, asked]
        await person.say("inform", answer)
    assert text not in str(person.crm.all_tickets)


@pytest.mark.parametrize(
    ("intent", "text", "more"),
    [
        ("correct", "地址改成西湖区", {}),
        ("find_store", "西湖区", {"region": "西湖区", "spans": {"region": "西湖区"}}),
        ("correct", "不对，是西湖区文三路", {"region": "西湖区", "spans": {"region": "西湖区"}}),
    ],
)
async def test_a_place_is_corrected_when_the_time_is_asked_and_when_it_is_read_back(
    talk: Begin, intent: str, text: str, more: dict[str, Any]
) -> None:
    person = talk()
    await person.say("broadband_new", "我想装宽带")
    await person.say("nlu_fallback", "300M，这个月装")
    await person.say("inform", "滨江区长河街道")
    assert (await person.say(intent, text, **dict(more))).responses == ["ask_lead_time"]
    (read_back,) = (await person.say("inform", option="am")).texts
    assert "地点：西湖区" in read_back and "滨江区" not in read_back
    heard = await person.say("correct", "时间改成周六上午")
    assert heard.responses == ["confirm_lead"] and "周六上午" in heard.texts[0]


async def test_all_that_was_agreed_to_stands_in_the_ticket(talk: Begin) -> None:
    person = talk()
    await person.say("consult_business", "集团业务" * 60)
    for answer in ("三十个号码" * 100, "滨江区长河街道" * 40, "工作日晚上" * 40):
        heard = await person.say("nlu_fallback", answer)
    lines = [line.partition("：")[2] for line in heard.texts[0].splitlines()[1:4]]
    await person.say("affirm")
    (ticket,) = person.crm.all_tickets.values()
    assert all(line and line in ticket.text for line in lines) and len(lines[0]) == 200
