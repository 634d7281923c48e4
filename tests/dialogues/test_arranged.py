"""What was arranged is put to another time, or given up, by a sentence: a visit to a shop, a call-back, a fault."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from crm.errors import NotFound, Refused
from crm.port import within
from crm.worktime import CHINA

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
WANG = "+8613800000001"
TOMORROW, SUNDAY = "2026-11-21", "2026-11-22"


def day(words: str, value: str = TOMORROW) -> dict[str, Any]:
    return {"date": value, "spans": {"date": words}}


async def with_visit(person: Any) -> Any:
    heard = await person.say("find_store", "预约营业厅")
    heard = await person.say("inform", option=heard.choices[0]["entities"]["option"])
    await person.say("inform", option=heard.choices[0]["entities"]["option"])
    (visit,) = person.crm.all_visits.values()
    return visit


def booked(person: Any) -> list[tuple[str, str, str]]:
    """Shop, day and hour of what is booked."""
    return [
        (v.shop_id, v.at.astimezone(CHINA).date().isoformat(), f"{v.at.astimezone(CHINA):%H:%M}")
        for v in person.crm.all_visits.values()
        if v.state == "confirmed"
    ]


@pytest.mark.parametrize(
    ("intent", "text", "words"),
    [
        ("out_of_scope", "改到明天下午", "明天下午"),
        ("nlu_fallback", "预约改到明天下午", "明天下午"),
        ("request_callback", "能改到明天下午去吗", "明天下午"),
        ("out_of_scope", "can I come tomorrow afternoon instead", "tomorrow afternoon"),
        ("out_of_scope", "move my appointment to tomorrow afternoon", "tomorrow afternoon"),
    ],
)
async def test_a_visit_is_put_to_another_time_by_a_sentence(talk: Begin, intent: str, text: str, words: str) -> None:
    person = talk()
    visit = await with_visit(person)
    heard = await person.say(intent, text, **day(words))
    assert heard.responses == ["ask_visit_time"] and "原来的预约不变" in heard.texts[0]
    assert booked(person) == [(visit.shop_id, *booked(person)[0][1:])] and len(person.crm.all_visits) == 1
    times = [choice["entities"]["option"] for choice in heard.choices if choice["intent"] == "inform"]
    assert times and all("2026-11-21T" in at and 12 <= int(at[11:13]) < 18 for at in times)
    heard = await person.say("inform", option=times[0])
    assert heard.responses == ["visit_booked"] and "已改到" in heard.texts[0]
    assert booked(person) == [(visit.shop_id, TOMORROW, times[0][11:16])]


async def test_a_visit_is_moved_at_once_to_an_hour_that_is_free(talk: Begin) -> None:
    person = talk()
    visit = await with_visit(person)
    heard = await person.say("out_of_scope", "改到明天下午三点半", **day("明天下午"))
    assert heard.responses == ["visit_booked"] and booked(person) == [(visit.shop_id, TOMORROW, "15:30")]


async def twice(person: Any, *said: Any, **more: Any) -> tuple[Any, Any]:
    """A turn that was done when its process ended before the save, and that runs again."""
    before = await person.agent.tracker_store.retrieve(person.conversation)
    first = await person.say(*said, message_id="twice", **more)
    await person.agent.tracker_store.save(before)
    return first, await person.say(*said, message_id="twice", **more)


async def beside(person: Any, shop: str, at: datetime) -> None:
    """Somebody else takes one of the two places."""
    await person.crm.book_visit(WANG, shop, "sim", at, idempotency_key=f"{at}", deadline=within(5))


@pytest.mark.parametrize("chosen", [True, False])
async def test_a_move_that_runs_again_is_the_same_move(talk: Begin, chosen: bool) -> None:
    person = talk()
    visit = await with_visit(person)
    at = datetime.fromisoformat(f"{TOMORROW}T15:30:00+08:00")
    await beside(person, visit.shop_id, at)
    said: tuple[str, ...] = ("out_of_scope", "改到明天下午三点半")
    more = day("明天下午")
    if chosen:
        await person.say("out_of_scope", "改到明天下午", **more)
        said, more = ("inform",), {"option": at.isoformat()}
    first, again = await twice(person, *said, **more)
    assert first.responses == again.responses == ["visit_booked"] and again.texts == first.texts
    mine = [v for v in person.crm.all_visits.values() if v.msisdn != WANG and v.state == "confirmed"]
    assert [(v.shop_id, v.at) for v in mine] == [(visit.shop_id, at)]


async def test_a_visit_that_ended_meanwhile_leaves_the_new_time_booked(talk: Begin) -> None:
    person = talk()
    visit = await with_visit(person)

    async def gone(*_: Any, **__: Any) -> Any:
        raise NotFound("visit", visit.id)

    person.crm.cancel_visit = gone
    heard = await person.say("out_of_scope", "改到明天下午三点半", **day("明天下午"))
    assert heard.responses == ["visit_booked"]


async def test_who_has_as_many_visits_as_are_allowed_moves_one_of_them(talk: Begin) -> None:
    person = talk()
    visit = await with_visit(person)
    for hour in ("10:00", "11:00"):
        at = datetime.fromisoformat(f"{SUNDAY}T{hour}:00+08:00")
        await person.crm.book_visit(visit.msisdn, visit.shop_id, "sim", at, idempotency_key=hour, deadline=within(5))
    await person.say("find_store", option=f"move:{visit.id}")
    at = datetime.fromisoformat(f"{TOMORROW}T15:30:00+08:00")
    first, again = await twice(person, "inform", option=at.isoformat())
    assert first.responses == again.responses == ["visit_booked"]
    assert sorted(booked(person))[0][1:] == (TOMORROW, "15:30") and len(booked(person)) == 3


async def test_the_old_time_is_taken_back_where_the_new_one_was_lost_on_the_way(talk: Begin) -> None:
    person = talk()
    visit = await with_visit(person)
    real, asked = person.crm.book_visit, []

    async def quicker(msisdn: str, shop: str, errand: str, at: datetime, **more: Any) -> Any:
        asked.append(at)
        if len(asked) < 3:
            raise Refused("too_many_visits" if len(asked) == 1 else "slot_taken", {"most": 3})
        return await real(msisdn, shop, errand, at, **more)

    person.crm.book_visit = quicker
    await person.say("find_store", option=f"move:{visit.id}")
    heard = await person.say("inform", option=f"{TOMORROW}T15:30:00+08:00")
    assert heard.responses == ["refused_slot_taken"]
    assert asked[-1] == visit.at and booked(person)[0][1:] == local(visit.at)


def local(at: datetime) -> tuple[str, str]:
    return at.astimezone(CHINA).date().isoformat(), f"{at.astimezone(CHINA):%H:%M}"


async def test_an_hour_that_is_not_free_is_said_and_the_booking_stands_until_another_is_chosen(talk: Begin) -> None:
    person = talk()
    visit = await with_visit(person)
    heard = await person.say("out_of_scope", "改到明天晚上11点", **day("明天晚上"))
    assert heard.responses == ["ask_visit_time"] and "没有空位" in heard.texts[0]
    heard = await person.say("deny", "不改了")
    assert heard.responses == ["visit_stays"] and [v.id for v in person.crm.all_visits.values()] == [visit.id]


async def test_another_time_may_be_said_once_more_before_it_is_chosen(talk: Begin) -> None:
    person = talk()
    await with_visit(person)
    heard = await person.say("out_of_scope", "换个时间")
    assert heard.responses == ["ask_visit_time"]
    heard = await person.say("out_of_scope", "周日上午", **day("周日上午", SUNDAY))
    assert heard.responses == ["ask_visit_time"]
    heard = await person.say("inform", "周日上午10点", **day("周日上午", SUNDAY))
    assert heard.responses == ["visit_booked"] and booked(person)[0][1:] == (SUNDAY, "10:00")


@pytest.mark.parametrize(
    ("intent", "text"),
    [("undo_plan_change", "取消预约"), ("out_of_scope", "cancel my appointment"), ("find_store", "不去营业厅了")],
)
async def test_a_visit_is_given_up_by_a_sentence(talk: Begin, intent: str, text: str) -> None:
    person = talk()
    await with_visit(person)
    assert (await person.say(intent, text)).responses == ["visit_cancelled"]
    assert booked(person) == []
    assert (await person.say(intent, "取消预约")).responses == ["visits_mine"]


@pytest.mark.parametrize("text", ["营业厅要不要预约", "去店里用不用预约啊"])
async def test_who_asks_whether_a_visit_is_needed_keeps_theirs(talk: Begin, text: str) -> None:
    person = talk()
    visit = await with_visit(person)
    heard = await person.say("find_store", text)
    assert "visit_cancelled" not in heard.responses and booked(person)[0][0] == visit.shop_id


@pytest.mark.parametrize("text", ["取消预约变更", "不要预约生效，立即生效", "取消预约的更换"])
@pytest.mark.parametrize("booked_one", [True, False])
async def test_a_change_that_waits_is_no_visit(talk: Begin, text: str, booked_one: bool) -> None:
    person = talk()
    if booked_one:
        await with_visit(person)
    heard = await person.say("undo_plan_change", text)
    assert not {"visit_cancelled", "visits_mine"} & set(heard.responses) and len(booked(person)) == booked_one


async def test_what_is_booked_is_told_and_with_several_it_is_asked_which(talk: Begin) -> None:
    person = talk()
    assert (await person.say("query_pack_expiry", "我约了什么时候")).responses == ["visits_mine"]
    visit = await with_visit(person)
    heard = await person.say("query_pack_expiry", "我约了什么时候")
    assert heard.responses == ["visits_mine"] and visit.id in heard.texts[0] and "营业厅" in heard.texts[0]
    await with_another(person)
    heard = await person.say("undo_plan_change", "取消预约")
    assert heard.responses == ["visits_mine"] and len(booked(person)) == 2
    gone = next(c for c in heard.choices if c["entities"]["option"] == f"cancel:{visit.id}")
    assert (await person.say(gone["intent"], **gone["entities"])).responses == ["visit_cancelled"]


async def with_another(person: Any) -> None:
    heard = await person.say("find_store", "预约营业厅")
    heard = await person.say("inform", option=heard.choices[0]["entities"]["option"])
    await person.say("inform", option=heard.choices[1]["entities"]["option"])


@pytest.mark.parametrize(
    ("intent", "text"), [("find_store", "周六上午去营业厅换卡"), ("replace_sim", "周六上午来补卡 预约一下")]
)
async def test_a_time_that_was_said_with_the_wish_is_taken_over(talk: Begin, intent: str, text: str) -> None:
    person = talk()
    # A day of the week is the one that comes, whatever was read.
    heard = await person.say(intent, text, **day("周六上午", "2026-11-14"))
    assert heard.responses[-1] == "ask_visit_shop" and "周六上午" in heard.texts[-1]
    heard = await person.say("inform", option=heard.choices[0]["entities"]["option"])
    times = [choice["entities"]["option"] for choice in heard.choices if choice["intent"] == "inform"]
    assert times and all(at.startswith("2026-11-21T") and int(at[11:13]) < 12 for at in times)
    heard = await person.say("inform", option=times[0])
    assert heard.responses == ["visit_booked"] and [v.errand for v in person.crm.all_visits.values()] == ["sim"]


@pytest.mark.parametrize("text", ["周六营业厅开门吗", "周六去营业厅要带什么", "is the shop open on Saturday"])
async def test_a_question_about_a_day_books_nothing(talk: Begin, text: str) -> None:
    words = "Saturday" if "Saturday" in text else "周六"
    assert (await talk().say("find_store", text, **day(words, TOMORROW))).responses == ["stores"]


async def test_where_nothing_is_arranged_words_mean_what_they_were_read_as(talk: Begin) -> None:
    person = talk()
    assert "visits_mine" not in (await person.say("out_of_scope", "改到明天下午", **day("明天下午"))).responses
    assert (await person.say("change_plan", "改个套餐")).responses == ["ask_change_plan"]
    assert (await person.say("stop", "算了")).responses == ["stopped"]
    assert (await person.say("goodbye", "不用回电了")).responses == ["goodbye"]
    await with_visit(person)
    assert (await person.say("cancel_data_pack", "取消预约的流量包")).responses == ["ask_cancel_data_pack"]


# call-backs
@pytest.mark.parametrize(
    ("intent", "text", "words"),
    [
        ("request_callback", "改成明天上午打给我", "明天上午"),
        ("nlu_fallback", "回电改到明天下午三点", "明天下午"),
        ("out_of_scope", "改到明天上午吧", "明天上午"),
        ("request_callback", "call me tomorrow morning instead", "tomorrow morning"),
    ],
)
async def test_another_time_changes_the_call_back_that_waits(talk: Begin, intent: str, text: str, words: str) -> None:
    person = talk()
    await person.say("request_callback", "请给我回电")
    heard = await person.say(intent, text, **day(words))
    (ticket,) = person.crm.all_tickets.values()
    assert heard.responses == ["callback_moved"] and words in heard.texts[0] and ticket.id in heard.texts[0]
    assert words in ticket.note and TOMORROW in ticket.note and ticket.text == "请给我回电"


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("goodbye", "不用回电了"),
        ("nlu_fallback", "别打给我了"),
        ("request_callback", "取消回电"),
        ("request_callback", "you don't need to call me back"),
    ],
)
async def test_a_call_back_that_is_not_wanted_any_more_is_cancelled(talk: Begin, intent: str, text: str) -> None:
    person = talk()
    await person.say("request_callback", "请给我回电")
    heard = await person.say(intent, text)
    assert heard.responses == ["callback_cancelled"]
    assert [t.state for t in person.crm.all_tickets.values()] == ["cancelled"]
    assert (await person.say("request_callback", "请给我回电")).responses == ["ticket_callback"]
    assert [t.state for t in person.crm.all_tickets.values()] == ["cancelled", "acknowledged"]


async def test_a_change_whose_answer_was_lost_is_made_once_and_said_again(talk: Begin) -> None:
    person = talk()
    await person.say("request_callback", "请给我回电")
    person.crm.lose_answers = 1
    assert (await person.say("goodbye", "不用回电了", message_id="x")).responses == ["crm_unavailable"]
    assert [t.state for t in person.crm.all_tickets.values()] == ["cancelled"]


async def test_who_changes_a_call_back_without_a_time_is_asked_for_one(talk: Begin) -> None:
    person = talk()
    await person.say("request_callback", "请给我回电")
    assert (await person.say("out_of_scope", "换个时间打给我")).responses == ["callback_when"]
    assert (await person.say("out_of_scope", "改到明天上午吧", **day("明天上午"))).responses == ["callback_moved"]
    assert len(person.crm.all_tickets) == 1


# somebody who comes
async def test_a_time_for_whoever_comes_is_written_on_the_fault(talk: Begin) -> None:
    person = talk()
    await person.say("report_fault", "手机没信号")
    await person.say("nlu_fallback", "文一路这边 从昨天晚上开始")
    heard = await person.say("nlu_fallback", "师傅能改到明天下午来吗", **day("明天下午"))
    (ticket,) = person.crm.all_tickets.values()
    assert (
        heard.responses == ["fault_time_noted"] and "明天下午" in ticket.note and ticket.accountable in heard.texts[0]
    )
    person.later(timedelta(hours=1).total_seconds())
    assert (await person.say("urge", "催一下")).responses == ["urge"]


# what is not arranged, and what is only half said
async def test_who_wants_no_call_is_made_none(talk: Begin) -> None:
    person = talk()
    assert (await person.say("request_callback", "别给我回电话了 已经解决了")).responses == ["callback_none"]
    assert not person.crm.all_tickets


async def test_a_bound_on_the_hour_is_kept_in_the_words(talk: Begin) -> None:
    person = talk()
    await person.say("request_callback", "请给我回电")
    heard = await person.say("request_callback", "回电时间改成下午四点以后")
    assert heard.responses == ["callback_moved"] and "“下午四点以后”" in heard.texts[0]


@pytest.mark.parametrize("text", ["I can't make it to the shop tomorrow", "明天我去不了营业厅了"])
async def test_who_cannot_come_is_asked_whether_to_move_or_to_cancel(talk: Begin, text: str) -> None:
    person = talk()
    await with_visit(person)
    heard = await person.say("correct", text, **day("tomorrow" if "tomorrow" in text else "明天"))
    assert heard.responses == ["visits_mine"] and len(booked(person)) == 1


async def test_a_visit_of_another_day_than_was_said_is_not_given_up(talk: Begin) -> None:
    person = talk()
    await with_visit(person)
    heard = await person.say("undo_plan_change", "取消周日的预约", **day("周日", SUNDAY))
    assert heard.responses == ["visits_mine"] and len(booked(person)) == 1


async def test_a_part_of_today_that_is_over_is_meant_of_a_week_later(talk: Begin) -> None:
    person = talk()
    await with_visit(person)
    heard = await person.say("out_of_scope", "改到周五上午", **day("周五上午", "2026-11-20"))
    assert heard.responses == ["ask_visit_time"]
    assert heard.choices[0]["entities"]["option"].startswith("2026-11-27T")


async def test_a_part_of_the_day_is_of_the_day_that_was_said_before(talk: Begin) -> None:
    person = talk()
    heard = await person.say("find_store", "预约营业厅")
    await person.say("inform", option=heard.choices[0]["entities"]["option"])
    await person.say("out_of_scope", "周日", **day("周日", SUNDAY))
    heard = await person.say("nlu_fallback", "上午有吗")
    times = [choice["entities"]["option"] for choice in heard.choices if choice["intent"] == "inform"]
    assert times and all(at.startswith(f"{SUNDAY}T") and int(at[11:13]) < 12 for at in times)


async def test_after_a_call_back_a_few_words_are_about_it(talk: Begin) -> None:
    person = talk()
    await person.say("request_callback", "请给我回电")
    assert (await person.say("out_of_scope", "能不能晚点打")).responses == ["callback_when"]
    assert (await person.say("nlu_fallback", "is anyone going to call me?")).responses == ["callback_waits"]
    assert (await person.say("goodbye", "不用打了")).responses == ["callback_cancelled"]


async def test_who_asks_when_somebody_comes_hears_who_answers_for_it(talk: Begin) -> None:
    person = talk()
    await person.say("report_fault", "手机没信号")
    await person.say("nlu_fallback", "文一路这边 从昨天晚上开始")
    heard = await person.say("chitchat", "明天师傅几点来", **day("明天"))
    assert heard.responses == ["urge"] and [t.note for t in person.crm.all_tickets.values()] == [""]
