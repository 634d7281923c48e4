"""A lost phone without its SIM, and visits to shops for what is not done here."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from typing import Any

import pytest

from crm.errors import Refused, TimedOut
from crm.model import Appointment
from crm.port import within
from crm.reference.papers import papers_of

pytestmark = pytest.mark.rasa
LI, WANG, ANNA = "+8613800000000", "+8613800000001", "+8613800000011"


class Told:
    """Who was told what."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []

    async def __call__(self, msisdn: str, response: str, values: Any, dedupe: str) -> None:
        self.said.append((msisdn, response))


async def password(person: Any, digits: str, kind: str = "password") -> Any:
    ref = f"{person.number:016x}"
    person.vault.values[person.conversation, ref] = digits
    return await person.say("inform", f"密码⟦{kind}:{ref}⟧")


async def asked_for_proof(person: Any, msisdn: str = LI) -> Any:
    assert (await person.say("report_lost_sim", "手机丢了")).responses == ["lost_ask_number"]
    heard = await person.say("inform", msisdn[3:], msisdn=msisdn)
    assert heard.responses == ["lost_ask_proof"]
    return heard


def state(person: Any, msisdn: str = LI) -> tuple[str, str | None]:
    known = person.crm.subscribers[msisdn]
    return known.status, known.suspended_for


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
async def test_the_service_password_stops_a_lost_line_at_once_and_everybody_is_told(talk: Any, channel: str) -> None:
    person = talk(None if channel != "sms" else WANG, channel)
    person.tell = told = Told()
    await asked_for_proof(person)
    heard = await password(person, "130000")
    assert (heard.responses, heard.outcomes) == (["lost_line_stopped"], [("report_lost_sim", "done")])
    assert state(person) == ("suspended", "lost")
    assert told.said == [(LI, "line_was_stopped")]


@pytest.mark.parametrize(("lost", "told"), [(1, "line_was_stopped"), (2, "line_may_be_stopped")])
async def test_a_stop_whose_answer_is_lost_is_told_of_too(talk: Any, lost: int, told: str) -> None:
    person = talk(None)
    person.tell = Told()
    await asked_for_proof(person)
    place, asked = person.crm.place_order, []

    async def late(*of: Any, **how: Any) -> Any:
        order = await place(*of, **how)
        asked.append(how["idempotency_key"])
        if len(asked) <= lost:
            raise TimedOut("late")
        return order

    person.crm.place_order = late
    await password(person, "130000")
    assert state(person) == ("suspended", "lost") and len(set(asked)) == 1
    assert person.tell.said == [(LI, told)]


@pytest.mark.parametrize(
    ("msisdn", "words"),
    [
        (LI, "李明，{tail}，59元"),
        (LI, "我叫李明 证件后四位{tail} 月费59"),
        (WANG, "王芳,{tail},28"),
        (ANNA, "Anna Weber, {tail}, 99"),
        (ANNA, "my name is anna weber, ID ending {tail}, 99.00"),
    ],
)
async def test_name_end_of_the_id_and_the_fee_do_it_too(talk: Any, msisdn: str, words: str) -> None:
    person = talk(None, "wechat")
    await asked_for_proof(person, msisdn)
    tail = papers_of(person.crm.subscribers[msisdn]).id_number[-4:]
    assert (await person.say("inform", words.format(tail=tail))).responses == ["lost_line_stopped"]
    assert state(person, msisdn) == ("suspended", "lost")


async def test_a_proof_that_came_whole_from_the_vault_is_read(talk: Any) -> None:
    person = talk(None, "wechat")
    await person.say("report_lost_sim", "手机丢了")
    tail = papers_of(person.crm.subscribers[LI]).id_number[-4:]
    person.vault.values[person.conversation, "00112233aabbccdd"] = f"{LI[3:]}，套餐59，我是李明，后四位{tail}"
    heard = await person.say("inform", f"{LI[3:]} ⟦id:00112233aabbccdd⟧", msisdn=LI)
    assert heard.responses == ["lost_line_stopped"]
    assert state(person) == ("suspended", "lost")


async def test_a_number_keeps_its_place_when_the_proof_beside_it_was_wrong(talk: Any) -> None:
    person = talk(None, "wechat")
    await person.say("report_lost_sim", "手机丢了")
    heard = await person.say("inform", f"{LI[3:]}，李明，9999，59", msisdn=LI)
    assert (heard.responses, heard.effect("awaits")) == (["refused_proof_wrong"], "proof")
    assert (await password(person, "130000")).responses == ["lost_line_stopped"]


@pytest.mark.parametrize("words", ["王芳，0004，59元", "李明，9999，59元", "李明，0004，28元"])
async def test_a_wrong_fact_stops_nothing_and_may_be_said_again(talk: Any, words: str) -> None:
    person = talk(None, "wechat")
    await asked_for_proof(person)
    heard = await person.say("inform", words)
    assert heard.responses == ["refused_proof_wrong"]
    assert state(person) == ("active", None)
    assert (await password(person, "130000")).responses == ["lost_line_stopped"]


async def test_a_number_that_nobody_has_is_answered_like_a_wrong_proof(talk: Any) -> None:
    person = talk(None, "wechat")
    await asked_for_proof(person, "+8613999999999")
    assert (await password(person, "130000")).responses == ["refused_proof_wrong"]


async def test_after_five_tries_a_person_comes_before_others(talk: Any) -> None:
    person = talk(None, "wechat")
    await asked_for_proof(person)
    for _ in range(4):
        assert (await password(person, "999999")).responses == ["refused_proof_wrong"]
    heard = await password(person, "999999")
    assert (heard.responses, heard.effect("handoff")) == (
        ["sim_is_lost"], {"reason": "lost", "skill": "general", "priority": 6}
    )  # fmt: skip
    await asked_for_proof(person, WANG)
    assert (await password(person, "130001")).responses == ["sim_is_lost"]
    assert state(person, WANG) == ("active", None)


async def test_a_number_without_papers_is_left_to_a_person(talk: Any) -> None:
    person = talk(None, "wechat")

    async def verify(*_: Any, **__: Any) -> None:
        raise Refused("no_papers")

    person.crm.verify = verify
    await asked_for_proof(person)
    heard = await password(person, "130000")
    assert (heard.responses, heard.effect("handoff")["reason"]) == (["sim_is_lost"], "lost")


async def test_a_crm_that_goes_away_leaves_it_to_a_person(talk: Any) -> None:
    person = talk(None, "wechat")
    await asked_for_proof(person)
    person.crm.down = True
    heard = await password(person, "130000")
    assert (heard.responses, heard.effect("handoff")["reason"]) == (["sim_is_lost"], "lost")


async def test_an_answer_that_is_lost_leaves_it_to_a_person(talk: Any) -> None:
    person = talk(None, "wechat")
    person.tell = told = Told()
    await asked_for_proof(person)
    person.crm.lose_answers = 1
    assert (await password(person, "130000")).responses == ["sim_is_lost"]
    assert told.said == []


async def test_a_no_stops_nothing(talk: Any) -> None:
    person = talk(None, "wechat")
    await asked_for_proof(person)
    assert (await person.say("deny", "不停了")).responses == ["stopped"]
    assert state(person) == ("active", None)


async def test_a_line_stopped_so_comes_back_by_a_person_only(talk: Any) -> None:
    person = talk(LI, "wechat")
    person.crm.stop(LI, "lost")
    assert (await person.say("resume_number")).responses == ["cut_off_lost"]
    assert state(person) == ("suspended", "lost")


# --- visits ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "words"), [("zh", "14:00到16:00人少"), ("en", "quiet from 14:00 to 16:00")])
async def test_where_it_is_done_is_told_with_when_it_is_quiet(talk: Any, language: str, words: str) -> None:
    person = talk(LI)
    person.language = language
    assert words in (await person.say("replace_sim")).texts[1]
    assert words in (await person.say("find_store", "营业厅什么时候人少")).texts[0]


async def test_the_one_that_is_open_now_comes_before_one_that_is_not(talk: Any) -> None:
    person = talk(LI)
    person.now = datetime.fromisoformat("2026-11-20T11:00:00+00:00")  # 19:00 in China: only one is still open
    assert "武林广场" in (await person.say("replace_sim")).texts[1]
    shops = await person.crm.shops("zj", deadline=within(5))
    late = replace(shops[0], closes=time(18)), replace(shops[1], closes=time(21))

    async def changed(region: str, *, deadline: float) -> Any:
        return (*late, *shops[2:])

    person.crm.shops = changed
    assert "西湖" in (await person.say("replace_sim")).texts[1]


async def booked(person: Any) -> Any:
    heard = await person.say("find_store", "", option="book")
    assert heard.responses == ["ask_visit_shop"]
    shop = heard.choices[0]["entities"]["option"]
    heard = await person.say("inform", "", option=shop)
    assert heard.responses == ["ask_visit_time"]
    return await person.say("inform", "", option=heard.choices[0]["entities"]["option"])


@pytest.mark.parametrize(("wish", "told"), [("replace_sim", "new_sim"), ("close_account", "guide_close_account")])
async def test_what_only_a_shop_does_is_told_with_the_nearest_one_and_a_booking(
    talk: Any, wish: str, told: str
) -> None:
    person = talk(LI)
    heard = await person.say(wish)
    assert heard.responses == [told, "nearest_shop"]
    assert "杭州" in heard.texts[1] and heard.labels == ["预约到店", "转人工"]
    heard = await booked(person)
    assert (heard.responses, heard.outcomes) == (["visit_booked"], [("book_visit", "done")])
    (visit,) = person.crm.all_visits.values()
    assert (visit.msisdn, visit.state) == (LI, "confirmed")


async def test_a_visit_is_cancelled_with_one_tap(talk: Any) -> None:
    person = talk(LI)
    heard = await booked(person)
    heard = await person.say("find_store", "", **heard.choices[0]["entities"])
    assert heard.responses == ["visit_cancelled"]
    assert [visit.state for visit in person.crm.all_visits.values()] == ["cancelled"]


async def test_nobody_cancels_anothers_visit(talk: Any) -> None:
    person = talk(LI)
    await booked(person)
    (visit,) = person.crm.all_visits
    person.binding = {"msisdn": WANG, "subscriber_id": person.crm.subscribers[WANG].id}
    heard = await person.say("find_store", "", option=f"cancel:{visit}")
    assert heard.responses == ["refused_nothing_to_cancel"]


async def test_a_time_that_was_taken_meanwhile_is_offered_no_more(talk: Any) -> None:
    person = talk(LI)
    await person.say("find_store", "我想预约营业厅")
    heard = await person.say("inform", "", option="shop-hz-1")
    time = heard.choices[0]["entities"]["option"]
    for msisdn in (WANG, ANNA):
        at = datetime.fromisoformat(time)
        await person.crm.book_visit(msisdn, "shop-hz-1", "sim", at, idempotency_key=msisdn, deadline=within(5))
    heard = await person.say("inform", "", option=time)
    assert heard.responses == ["refused_slot_taken", "ask_visit_time"]
    assert time not in [(choice.get("entities") or {}).get("option") for choice in heard.choices]


async def test_a_stranger_logs_in_before_a_visit(talk: Any) -> None:
    assert (await talk(None).say("find_store", "", option="book")).responses == ["login_ask_number"]


async def fill(person: Any, shop: str) -> None:
    """Until nobody can come any more."""
    while free := await person.crm.visit_times(shop, deadline=within(5)):
        for at in free:
            visit = Appointment(f"V{len(person.crm.all_visits)}", WANG, shop, "sim", at)
            person.crm.all_visits[visit.id] = visit


def shown(heard: Any) -> list[str]:
    return [choice["entities"]["option"] for choice in heard.choices if choice["intent"] == "inform"]


async def test_a_shop_that_is_booked_out_leads_back_to_the_others(talk: Any) -> None:
    person = talk(LI)
    heard = await person.say("find_store", "", option="book")
    assert "shop-hz-1" in shown(heard)
    await fill(person, "shop-hz-1")
    heard = await person.say("inform", "", option="shop-hz-1")
    assert heard.responses == ["visit_shop_full", "ask_visit_shop"]
    assert shown(heard) and "shop-hz-1" not in shown(heard)
    assert (await person.say("inform", "", option=shown(heard)[0])).responses == ["ask_visit_time"]


async def test_where_every_shop_is_booked_out_the_booking_ends(talk: Any) -> None:
    person = talk(LI)
    for shop in await person.crm.shops("zj", deadline=within(5)):
        await fill(person, shop.id)
    assert (await person.say("find_store", "", option="book")).responses == ["visit_full"]
    assert (await person.say("query_balance")).outcomes == [("query_balance", "answered")]


async def at_the_time(person: Any) -> Any:
    heard = await person.say("find_store", "", option="book")
    return await person.say("inform", "", option=shown(heard)[0])


@pytest.mark.parametrize(
    ("intent", "option", "response"),
    [
        ("transfer_to_agent", "lost", ""),
        ("transfer_to_agent", "complaint", ""),
        ("event_end_notices", "data:off", "notices_ended"),
        ("query_ticket", "T26112000000001", "tickets"),
        ("find_store", "cancel:V26112000000001", "refused_nothing_to_cancel"),
    ],
)
async def test_a_tap_on_something_else_is_no_time_and_is_answered(
    talk: Any, intent: str, option: str, response: str
) -> None:
    person = talk(LI)
    await at_the_time(person)
    heard = await person.say(intent, "", option=option)
    assert heard.responses[:1] == [response] if response else heard.effect("handoff")
    assert person.crm.all_visits == {}


async def test_a_second_tap_on_a_shop_changes_the_shop_and_what_is_no_time_is_asked_again(talk: Any) -> None:
    person = talk(LI)
    heard = await person.say("find_store", "", option="book")
    first, second = shown(heard)[:2]
    await person.say("inform", "", option=first)
    assert (await person.say("inform", "", option=second)).responses == ["ask_visit_time"]
    heard = await person.say("inform", "", option="2026-11-23T10:00:00")
    assert heard.responses == ["form_unclear", "ask_visit_time"]
    time = shown(heard)[0]
    assert (await person.say("inform", "", option=time)).responses == ["visit_booked"]
    assert [visit.shop_id for visit in person.crm.all_visits.values()] == [second]


async def test_a_visit_is_offered_where_the_person_asked_for_a_shop(talk: Any) -> None:
    person = talk(LI)
    await person.say("find_store", "成都的营业厅", region="sc", spans={"region": "成都"})
    heard = await person.say("find_store", "预约")
    assert heard.responses == ["ask_visit_shop"] and "成都" in heard.texts[0]
    heard = await person.say("inform", "", option=shown(heard)[0])
    heard = await person.say("inform", "", option=shown(heard)[0])
    assert heard.responses == ["visit_booked"] and "成都" in heard.texts[0]


HOLDER, SON = "+8613800000007", "+8613800000014"


async def hidden(person: Any, words: str) -> Any:
    """While a proof is waited for, masking takes words with four digits for one."""
    ref = f"{person.number:016x}"
    person.vault.values[person.conversation, ref] = words
    return await person.say("nlu_fallback", f"⟦id:{ref}⟧")


@pytest.mark.parametrize(
    ("at_once", "words"), [(True, ""), (False, "0014"), (False, "尾号0014"), (False, "ending in 0014")]
)
async def test_a_lost_phone_of_the_household_is_known_by_its_last_digits(talk: Any, at_once: bool, words: str) -> None:
    person = talk(HOLDER, "sms")
    said = {"last_digits": "0014", "spans": {"last_digits": "尾号0014"}} if at_once else {}
    heard = await person.say("report_lost_sim", "儿子手机丢了 尾号0014 先停掉", **said)
    if not at_once:
        assert heard.responses == ["lost_ask_number"]
        heard = await hidden(person, words)
    assert heard.responses == ["lost_ask_proof"]
    assert state(person, SON) == ("active", None)


@pytest.mark.parametrize("bound", [None, HOLDER])
async def test_digits_that_name_no_number_here_leave_a_lost_phone_to_a_person(talk: Any, bound: str | None) -> None:
    person = talk(bound, "sms" if bound else "wechat")
    await person.say("report_lost_sim", "我儿子手机丢了")
    heard = await hidden(person, "9999")
    assert (heard.responses, heard.effect("handoff")["reason"]) == (["sim_is_lost"], "lost")


async def test_other_wishes_leave_the_question_for_the_lost_number(talk: Any) -> None:
    person = talk(HOLDER, "sms")
    await person.say("report_lost_sim", "我儿子手机丢了")
    assert (await person.say("query_balance", "查话费")).responses[0] == "balance"
    assert (await person.say("query_bill", "查账单")).responses == ["bill"]
    assert (await person.say("query_balance", "查话费")).responses == ["balance"]
