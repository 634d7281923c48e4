"""What a person gets done alone: points, single calls, the line, and payments that nobody told of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from crm.errors import Refused, Unavailable

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
ORDINARY, ARREARS, CALLED_BY_COMPANY, PAID, FRAUD = (f"+86138000000{n:02d}" for n in (0, 1, 14, 12, 19))


def points(person: Any, number: str = ORDINARY) -> int:
    return sum(lot.left for lot in person.crm.lots[number])


def line(person: Any, number: str = ORDINARY) -> tuple[str, str | None]:
    subscriber = person.crm.subscribers[number]
    return subscriber.status, subscriber.suspended_for


# points
async def test_points_are_told_with_the_day_on_which_each_lot_ends(talk: Begin) -> None:
    (text,) = (await talk().say("query_points")).texts
    assert "2400个可用积分：860分，2026年12月31日到期；1540分，2027年12月31日到期" in text


async def test_who_has_no_points_is_told_so_and_offered_nothing(talk: Begin) -> None:
    person = talk()
    person.crm.lots[ORDINARY] = []
    heard = await person.say("query_points")
    assert "没有可用的积分" in heard.texts[0]
    assert heard.labels == ["转人工"]


async def test_points_are_spent_after_a_yes_and_a_code(talk: Begin) -> None:
    person = talk()
    heard = await person.say("redeem_points")
    assert heard.labels[:3] == ["500MB积分流量 300分", "50分钟积分通话 500分", "2GB积分流量 1000分"]
    heard = await person.say("inform", offering="reward-data-2g")
    assert "1000分" in heard.texts[0]
    assert points(person) == 2400
    assert (await person.say("affirm")).responses == ["code_sent"]
    assert person.codes.sent[-1][3]["points"] == 1000
    heard = await person.code(person.sent_code())
    assert heard.responses == ["points_redeemed"]
    assert points(person) == 1400
    assert heard.outcomes == [("redeem_points", "done")]


async def test_by_sms_a_reply_is_enough_and_a_second_yes_spends_nothing(talk: Begin) -> None:
    person = talk(ORDINARY, "sms")
    assert (await person.say("redeem_points", number=500)).responses == ["quote_redeem_points"]
    assert (await person.say("affirm")).responses == ["points_redeemed"]
    assert (await person.say("affirm")).responses == ["nothing_to_confirm"]
    assert points(person) == 1900


async def test_a_no_spends_no_points(talk: Begin) -> None:
    person = talk()
    await person.say("redeem_points", offering="reward-data-500m")
    assert (await person.say("deny")).responses == ["declined"]
    assert points(person) == 2400


async def test_too_few_points_are_refused_with_the_number(talk: Begin) -> None:
    person = talk(ARREARS)
    person.crm.buckets[ARREARS][0] = replace(person.crm.buckets[ARREARS][0], amount_fen=100)
    heard = await person.say("redeem_points", offering="reward-data-2g")
    assert heard.responses == ["points_too_few"]
    assert "需要1000分，可用420分" in heard.texts[0]


# single calls
async def test_single_calls_come_after_a_code_with_masked_numbers(talk: Begin) -> None:
    person = talk()
    assert (await person.say("query_call_detail", month="2026-10")).responses == ["code_sent"]
    heard = await person.code(person.sent_code())
    assert heard.responses == ["call_detail"]
    assert "2026年10月" in heard.texts[0] and "****" in heard.texts[0]
    assert not any(record.peer[3:] in heard.texts[0] for record in person.crm.calls[ORDINARY])


async def test_by_sms_too_a_code_is_asked_for(talk: Begin) -> None:
    person = talk(ORDINARY, "sms")
    assert (await person.say("query_call_detail")).responses == ["code_sent"]
    assert (await person.code(person.sent_code())).responses == ["call_detail"]


async def test_a_wrong_code_shows_no_call(talk: Begin) -> None:
    person = talk()
    await person.say("query_call_detail")
    assert (await person.code("000000")).responses == ["refused_code_wrong"]
    assert (await person.code(person.sent_code())).responses == ["call_detail"]


async def test_a_crm_that_is_away_uses_up_no_code(talk: Begin) -> None:
    person = talk()
    await person.say("query_call_detail")
    real = person.crm.call_records

    async def away(*_: Any, **__: Any) -> Any:
        raise Unavailable("away")

    person.crm.call_records = away
    assert (await person.code(person.sent_code())).responses == ["crm_unavailable_in_form"]
    person.crm.call_records = real
    assert (await person.code(person.sent_code())).responses == ["call_detail"]


async def test_one_code_opens_one_month(talk: Begin) -> None:
    person = talk()
    await person.say("query_call_detail")
    code = person.sent_code()
    await person.code(code)
    person.later(61)
    await person.say("query_call_detail", month="2026-10")
    assert (await person.code(code)).responses == ["refused_code_wrong"]


async def test_calls_of_half_a_year_ago_are_not_kept(talk: Begin) -> None:
    heard = await talk().say("query_call_detail", month="2026-05")
    assert heard.responses == ["refused_month_not_kept"]


async def test_who_only_uses_a_number_does_not_see_its_calls(talk: Begin) -> None:
    person = talk(CALLED_BY_COMPANY)
    assert (await person.say("query_call_detail")).responses == ["refused_holder_only"]
    assert person.codes.sent == []


# the line
async def test_a_line_is_put_on_hold_with_a_code(talk: Begin) -> None:
    person = talk()
    heard = await person.say("suspend_number")
    assert heard.responses == ["quote_suspend_number"] and "每月5.00元" in heard.texts[0]
    await person.say("affirm")
    assert (await person.code(person.sent_code())).responses == ["line_on_hold"]
    assert line(person) == ("suspended", "wish")
    assert (await person.say("query_suspension")).responses == ["cut_off_wish"]


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
async def test_a_line_on_hold_comes_back_by_a_person_since_no_code_reaches_it(talk: Begin, channel: str) -> None:
    person = talk(ORDINARY, channel)
    person.crm.stop(ORDINARY, "wish")
    heard = await person.say("resume_number")
    assert heard.responses == ["resume_by_person"]
    assert heard.effect("handoff")["reason"] == "resume"
    assert heard.outcomes == [("resume_number", "handed_off")]
    assert person.codes.sent == []


# By SMS a lost phone goes to a person.
@pytest.mark.parametrize(
    ("wish", "channel"), [("suspend_number", "web"), ("suspend_number", "sms"), ("report_lost_sim", "web")]
)
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_it_is_said_which_number_is_stopped(talk: Begin, wish: str, language: str, channel: str) -> None:
    person = talk(ORDINARY, channel)
    person.language = language
    assert "138****0000" in (await person.say(wish)).texts[0]
    heard = await person.say("affirm")
    if heard.responses == ["code_sent"]:
        heard = await person.code(person.sent_code())
    assert "138****0000" in heard.texts[0]


@pytest.mark.parametrize("wish", ["query_suspension", "resume_number"])
async def test_a_stop_that_nothing_explains_goes_to_a_person(talk: Begin, wish: str) -> None:
    person = talk()
    person.crm.subscribers[ORDINARY] = replace(person.crm.subscribers[ORDINARY], status="suspended", suspended_for=None)
    heard = await person.say(wish)
    assert heard.responses == ["cut_off_unexplained"]
    assert heard.outcomes == [(wish, "handed_off")]


async def test_arrears_that_are_paid_and_not_restored_go_to_a_person(talk: Begin) -> None:
    person = talk(PAID)

    async def refuses(*_: Any, **__: Any) -> Any:
        raise Refused("held", {})

    person.crm.place_order = refuses
    assert (await person.say("resume_number")).responses == ["cut_off_unexplained"]


async def test_a_lost_phone_is_stopped_with_a_yes_and_comes_back_only_by_a_person(talk: Begin) -> None:
    person = talk(ORDINARY, "wechat")
    assert (await person.say("report_lost_sim")).responses == ["quote_report_lost_sim"]
    assert (await person.say("affirm")).responses == ["lost_line_stopped"]
    assert person.codes.sent == []
    assert line(person) == ("suspended", "lost")
    heard = await person.say("resume_number")
    assert heard.responses == ["cut_off_lost"]
    assert "充值缴费" not in heard.labels
    assert line(person) == ("suspended", "lost")


async def test_who_has_lost_a_phone_and_proves_nothing_is_before_others_at_a_person(talk: Begin) -> None:
    for person in (talk(None), talk(ORDINARY, "sms")):
        assert (await person.say("report_lost_sim")).responses == ["lost_ask_number"]
        heard = await person.say("transfer_to_agent", option="lost")
        assert heard.effect("handoff")["priority"] == 6


def put_through(heard: Any) -> bool:
    """A lost phone went to a person, before others."""
    handoff = heard.effect("handoff") or {}
    return heard.responses == ["sim_is_lost"] and (handoff.get("reason"), handoff.get("priority")) == ("lost", 6)


async def test_a_lost_phone_goes_to_a_person_while_the_crm_is_away(talk: Begin) -> None:
    person = talk()
    person.crm.down = True
    assert put_through(await person.say("report_lost_sim"))


async def test_a_lost_phone_goes_to_a_person_when_the_crm_goes_away_after_the_offer(talk: Begin) -> None:
    person = talk()
    await person.say("report_lost_sim")
    person.crm.down = True
    assert put_through(await person.say("affirm"))


async def test_a_lost_phone_goes_to_a_person_where_no_stop_is_sold(talk: Begin) -> None:
    person = talk()
    kept = {name: o for name, o in person.crm.catalogue.offerings.items() if name != "hold-lost"}
    person.crm.catalogue = replace(person.crm.catalogue, offerings=kept)
    assert put_through(await person.say("report_lost_sim"))


@pytest.mark.parametrize(
    "text",
    [
        "我老公的手机丢了",
        "我妈手机丢了",
        "孩子的电话卡丢了",
        "朋友的手机被偷了",
        "my wife's phone is lost",
        "另一张卡丢了",
    ],
)
async def test_the_lost_phone_of_somebody_else_goes_to_a_person(talk: Begin, text: str) -> None:
    assert put_through(await talk().say("report_lost_sim", text))
    person = talk()
    await person.say("report_lost_sim", "手机丢了")
    assert put_through(await person.say("report_lost_sim", text))
    assert line(person) == ("active", None)


async def test_another_number_that_is_named_as_lost_goes_to_a_person(talk: Begin) -> None:
    assert put_through(await talk().say("report_lost_sim", msisdn="13912345678"))


@pytest.mark.parametrize("text", ["手机丢了", "我的手机被朋友弄丢了", "I lost my phone"])
async def test_the_own_lost_phone_is_offered_to_be_stopped(talk: Begin, text: str) -> None:
    assert (await talk().say("report_lost_sim", text)).responses == ["quote_report_lost_sim"]


async def test_going_back_asks_once_more_whether_to_stop_the_lost_phone(talk: Begin) -> None:
    person = talk()
    await person.say("report_lost_sim")
    await person.say("start_over")
    assert (await person.say("affirm")).responses == ["lost_line_stopped"]


async def test_who_owes_is_not_put_on_hold(talk: Begin) -> None:
    assert (await talk(ARREARS).say("suspend_number")).responses == ["refused_arrears"]


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
@pytest.mark.parametrize("cause", ["real_name", "fraud", "court"])
@pytest.mark.parametrize("wish", ["resume_number", "query_suspension", "paid_but_cut_off", "suspend_number"])
async def test_what_only_a_check_ends_is_never_restored_nor_asked_to_pay_for(
    talk: Begin, wish: str, cause: str, channel: str
) -> None:
    person = talk(ORDINARY, channel)
    person.crm.stop(ORDINARY, cause)
    heard = await person.say(wish)
    assert heard.responses == [f"cut_off_{cause}"]
    assert {"申诉", "转人工"} <= set(heard.labels)
    assert not {"充值", "充值缴费", "复机"} & set(heard.labels)
    assert line(person) == ("suspended", cause)


async def test_money_does_not_end_a_hold_against_fraud(talk: Begin) -> None:
    person = talk(FRAUD)
    await person.card("800000000000000001")
    assert (await person.say("paid_but_cut_off")).responses == ["cut_off_fraud"]
    assert line(person, FRAUD) == ("suspended", "fraud")


async def test_nothing_but_why_is_offered_to_who_orders_while_cut_off(talk: Begin) -> None:
    heard = await talk(FRAUD).say("order_data_pack", offering="pack-1g")
    assert heard.responses == ["refused_suspended"]
    assert heard.labels == ["为什么停机", "转人工"]


# payments
async def test_who_has_paid_and_is_still_cut_off_is_restored_at_once(talk: Begin) -> None:
    person = talk(PAID)
    heard = await person.say("paid_but_cut_off")
    assert "号码已为您恢复" in heard.texts[0]
    assert heard.outcomes == [("paid_but_cut_off", "done")]
    assert line(person, PAID) == ("active", None)


async def test_what_cannot_be_restored_gets_a_deadline_and_a_person(talk: Begin) -> None:
    person = talk(PAID)
    person.crm.subscribers[PAID] = replace(person.crm.subscribers[PAID], suspended_for=None)
    heard = await person.say("paid_but_cut_off")
    assert heard.responses == ["paid_but_cut_off", "ticket_callback"]
    (ticket,) = person.crm.all_tickets.values()
    assert (ticket.urgency, ticket.due_at - ticket.created_at) == ("urgent", timedelta(hours=24))


async def test_a_payment_that_the_gateway_never_told_of_is_found_and_credited_once(talk: Begin) -> None:
    person = talk()
    checkout = await person.say("recharge", amount_fen=5000)
    assert checkout.responses == ["pay_here"]
    assert "没有完成支付" in (await person.say("query_recharge_record")).texts[0]
    person.payments.paid.update(person.crm.all_payments)
    assert "现在已到账" in (await person.say("query_recharge_record")).texts[0]
    assert "50.00元已到账" in (await person.say("query_recharge_record")).texts[0]
    assert person.crm.buckets[ORDINARY][0].amount_fen == 2350 + 5000


async def test_a_payment_that_nobody_finds_is_looked_for_by_a_person(talk: Begin) -> None:
    person = talk()
    person.crm.all_payments = {}
    heard = await person.say("query_recharge_record")
    assert heard.labels[0] == "付了没到账"
    heard = await person.say("request_callback", option="充值未到账，请查找")
    assert heard.responses == ["ticket_callback"]


async def test_gift_credit_does_not_pay_arrears_and_that_is_said(talk: Begin) -> None:
    person = talk(ARREARS)
    person.crm.buckets[ARREARS].append(replace(person.crm.buckets[ARREARS][0], id="G", kind="gift", amount_fen=9000))
    assert "赠款和专款不能抵欠费" in (await person.say("paid_but_cut_off")).texts[0]
