"""Login, money, tickets, humans, small talk, and what is not understood."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from bot.actions import guide

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
NUMBER = "+8613800000000"


async def test_a_stranger_logs_in_and_gets_what_was_asked_for(talk: Begin) -> None:
    person = talk(None)
    assert (await person.say("query_balance")).responses == ["login_ask_number"]
    heard = await person.say("inform", "13800000000", msisdn=NUMBER)
    assert (heard.responses, heard.effect("awaits")) == (["login_code_sent"], "code")
    heard = await person.code(person.sent_code())
    assert heard.responses == ["login_done", "balance"]
    assert (await person.say("query_balance")).responses == ["balance"]


async def logged_in(person: Any, msisdn: str = NUMBER) -> Any:
    await person.say("inform", msisdn=msisdn)
    return await person.code(person.sent_code())


@pytest.mark.parametrize(
    ("intent", "text", "more", "responses"),
    [
        ("recharge", "给我另外那个号充50", {"amount_fen": 5000}, ["own_number_only"]),
        ("recharge", "尾号8888充50", {"amount_fen": 5000, "last_digits": "8888"}, ["own_number_only"]),
        ("recharge", "尾号0000充50", {"amount_fen": 5000, "last_digits": "0000"}, ["pay_here"]),
        ("suspend_number", "尾号8888停机", {"last_digits": "8888"}, ["own_number_only"]),
        ("query_balance", "尾号8888的话费", {"last_digits": "8888"}, ["not_your_number"]),
        ("query_balance", "尾号0000的话费", {"last_digits": "0000"}, ["balance"]),
    ],
)
async def test_a_number_named_before_the_login_is_not_forgotten_by_it(
    talk: Begin, intent: str, text: str, more: dict[str, Any], responses: list[str]
) -> None:
    person = talk(None)
    assert (await person.say(intent, text, **more)).responses == ["login_ask_number"]
    heard = await logged_in(person)
    assert heard.responses == ["login_done", *responses]
    pays = [p.msisdn for p in person.crm.all_payments.values() if p.state == "pending"]
    assert pays == ([NUMBER] if responses == ["pay_here"] else [])


@pytest.mark.parametrize("minutes", [0, 30])
@pytest.mark.parametrize(("number", "paid"), [("+8613911110000", False), (NUMBER, True)])
async def test_a_whole_number_named_before_the_login_is_not_taken_for_one_that_ends_alike(
    talk: Begin, number: str, paid: bool, minutes: int
) -> None:
    person = talk(None)
    await person.say("recharge", f"给{number[3:]}充50", amount_fen=5000, msisdn=number)
    if minutes:
        person.vault.values.clear()
    await logged_in(person)
    pays = [p.msisdn for p in person.crm.all_payments.values() if p.state == "pending"]
    assert pays == ([NUMBER] if paid and not minutes else [])


async def test_the_words_of_a_disputed_charge_are_not_forgotten_by_the_login(talk: Begin) -> None:
    asked, bound = talk(None), talk()
    await asked.say("dispute_charge", "我没订过怎么扣钱")
    heard = await logged_in(asked)
    plain = await bound.say("dispute_charge", "我没订过怎么扣钱")
    assert heard.responses == ["login_done", *plain.responses]
    other = (await talk().say("dispute_charge", "怎么扣钱了")).responses
    assert plain.responses != other


async def test_a_stranger_gets_everything_of_the_line_after_the_login(talk: Begin) -> None:
    person = talk(None)
    parts = ["query_balance", "query_data_usage", "order_data_pack"]
    await person.say("several_questions", parts=parts, offering="pack-1g")
    await person.say("inform", msisdn=NUMBER)
    heard = await person.code(person.sent_code())
    assert heard.responses == ["login_done", "balance", "data_left", "quote_order_data_pack"]


async def test_a_wrong_code_and_another_wish_do_not_lose_the_login(talk: Begin) -> None:
    person = talk(None)
    await person.say("query_balance")
    await person.say("inform", msisdn=NUMBER)
    wrong = "111111" if person.sent_code() != "111111" else "222222"
    assert (await person.code(wrong)).responses == ["refused_code_wrong", "login_ask_code"]
    assert (await person.say("query_bill")).responses == ["login_ask_code"]
    assert (await person.code(person.sent_code())).responses == ["login_done", "bill"]


async def test_who_asks_something_else_is_not_asked_for_the_number_again_and_may_still_type_it(talk: Begin) -> None:
    person = talk(None)
    await person.say("query_balance")
    assert (await person.say("consult_plans")).responses == ["plans"]
    heard = await person.say("consult_plans", "最便宜的是哪个")
    assert "login_ask_number" not in heard.responses
    assert "login_code_sent" in (await person.say("inform", "13800000000", msisdn=NUMBER)).responses
    heard = await person.code(person.sent_code())
    assert heard.responses[0] == "login_done"


async def test_an_unknown_number_is_asked_again(talk: Begin) -> None:
    person = talk(None)
    await person.say("login")
    heard = await person.say("inform", msisdn="+8619900000000")
    assert heard.responses == ["refused_unknown_number", "login_ask_number"]


async def test_what_is_not_offered_is_said_in_the_middle_of_a_form_too(talk: Begin) -> None:
    person = talk()
    await person.say("recharge")
    heard = await person.say("close_account", "我要销户")
    assert heard.responses == ["guide_close_account", "ask_recharge_way"]


async def test_plans_need_no_login(talk: Begin) -> None:
    assert (await talk(None).say("consult_plans")).responses == ["plans"]


async def test_behind_an_sms_link_nobody_logs_in(talk: Begin) -> None:
    assert (await talk(None, "sms").say("query_balance")).responses == ["refused_unknown_number"]


async def test_a_payment_for_another_number_tells_no_balance(talk: Begin) -> None:
    person = talk("+8613800000003")
    paid = {"amount_fen": 5000, "balance_fen": 7350, "state": "paid", "msisdn": "+8613800000000"}
    (text,) = (await person.say("event_payment_finished", **paid)).texts
    assert "73.50" not in text
    assert "138****0000" in text and "50.00" in text


async def test_a_card_tops_up_and_a_wrong_one_is_told(talk: Begin) -> None:
    person = talk(channel="sms")
    assert (await person.say("recharge")).responses == ["ask_recharge_way"]
    assert (await person.say("inform", option="card")).effect("awaits") == "code"
    assert (await person.card("800000000000000009")).responses == ["refused_card_invalid", "ask_recharge_card"]
    heard = await person.card("800000000000000001")
    assert heard.texts == ["充值成功！138****0000到账50.00元，现有余额73.50元。"]


async def test_a_card_sent_out_of_the_blue_tops_up(talk: Begin) -> None:
    assert (await talk().card("800000000000000001")).responses == ["recharged"]


async def test_a_page_to_pay_on_is_shown_and_nothing_is_credited(talk: Begin) -> None:
    person = talk()
    await person.say("recharge")
    await person.say("inform", option="page")
    assert (await person.say("inform", "50", number=50)).responses == ["pay_here"]
    assert (await person.say("query_balance")).texts == ["您的话费余额为23.50元。"]
    paid = {"amount_fen": 5000, "balance_fen": 7350, "state": "paid", "msisdn": "+8613800000000"}
    heard = await person.say("event_payment_finished", **paid)
    assert heard.texts == ["您充值的50.00元已到账，现有余额73.50元。"]


@pytest.mark.parametrize("amount_fen", [-100, 0, 100_000_000_000])
async def test_no_page_for_a_mad_amount(talk: Begin, amount_fen: int) -> None:
    heard = await talk().say("recharge", amount_fen=amount_fen)
    assert heard.responses == ["refused_amount", "ask_recharge_amount"]


async def test_a_fault_becomes_a_ticket_with_a_deadline(talk: Begin) -> None:
    person = talk()
    await person.say("report_fault", "我家没信号")
    await person.say("inform", option="没有信号")
    assert (await person.say("query_balance")).responses == ["balance", "ask_fault_told"]
    assert (await person.say("out_of_scope", "文三路，昨晚开始")).responses == ["ticket_fault"]
    (ticket,) = person.crm.all_tickets.values()
    assert (ticket.kind, ticket.text) == ("fault", "我家没信号；没有信号；文三路，昨晚开始")
    assert (await person.say("query_ticket")).responses == ["tickets"]


async def test_a_complaint_is_taken_in_the_persons_own_words(talk: Begin) -> None:
    person = talk()
    assert (await person.say("complain", "我要投诉")).responses == ["ask_complaint"]
    assert (await person.say("abuse", "你们乱扣费，太差了")).responses == ["ticket_complaint"]


async def test_a_complaint_survives_a_crm_that_is_away(talk: Begin) -> None:
    person = talk()
    await person.say("complain", "我要投诉")
    person.crm.down = True
    assert (await person.say("nlu_fallback", "营业厅态度差")).responses == ["crm_unavailable_in_form"]
    person.crm.down = False
    assert (await person.say("repeat")).responses == ["ticket_complaint"]
    (ticket,) = person.crm.all_tickets.values()
    assert ticket.text == "我要投诉；营业厅态度差"


async def test_a_ticket_whose_answer_was_lost_is_opened_once(talk: Begin) -> None:
    person = talk()
    await person.say("complain", "我要投诉")
    person.crm.lose_answers = 1
    assert (await person.say("nlu_fallback", "营业厅态度差")).responses == ["crm_unavailable_in_form"]
    assert (await person.say("repeat")).responses == ["ticket_complaint"]
    assert len(person.crm.all_tickets) == 1


@pytest.mark.parametrize("how", [{"text": "请回电"}, {"option": "发票红冲重开"}])
async def test_a_call_back_that_is_asked_for_again_is_the_same_one(talk: Begin, how: dict[str, str]) -> None:
    person = talk()
    first = await person.say("request_callback", **how)
    again = await person.say("repeat", "再说一遍")
    assert (again.responses, again.texts) == (["ticket_callback"], first.texts)
    (ticket,) = person.crm.all_tickets.values()
    assert ticket.text == (how.get("text") or how["option"])
    await person.say("request_callback", **how)
    assert len(person.crm.all_tickets) == (1 if "text" in how else 2)


async def test_a_call_back_after_the_login_is_about_what_was_said(talk: Begin) -> None:
    person = talk(None)
    await person.say("request_callback", "请回电，宽带装机的事")
    await person.say("inform", "13800000000", msisdn="+8613800000000", spans={"msisdn": "13800000000"})
    assert "ticket_callback" in (await person.code(person.sent_code())).responses
    assert [ticket.text for ticket in person.crm.all_tickets.values()] == ["请回电，宽带装机的事"]


async def test_what_was_open_before_a_human_came_is_over(talk: Begin) -> None:
    person = talk(channel="sms")
    await person.say("order_data_pack", offering="pack-5g")
    assert (await person.say("event_handoff_ended", how="returned")).responses == []
    assert (await person.say("affirm")).responses == ["nothing_to_confirm"]


async def test_an_agent_who_ends_with_a_call_back_to_make_books_it_and_the_person_hears_when(talk: Begin) -> None:
    person = talk()
    for _ in range(2):
        heard = await person.say("event_handoff_ended", how="closed", code="follow_up")
        assert heard.responses == ["callback_after_talk"] and "人工服务已结束" in heard.texts[0]
    assert [ticket.kind for ticket in person.crm.all_tickets.values()] == ["callback"]
    assert (await person.say("event_handoff_ended", how="closed", code="solved")).responses == []
    stranger = talk(None)
    assert (await stranger.say("event_handoff_ended", how="closed", code="follow_up")).responses == []


async def test_a_call_back_is_booked(talk: Begin) -> None:
    assert (await talk().say("request_callback")).responses == ["ticket_callback"]


async def test_three_misses_lead_to_a_human(talk: Begin) -> None:
    person = talk()
    heard = await person.say("nlu_fallback", "哈", ranking=["query_balance", "recharge"])
    assert (heard.responses, heard.labels) == (["fallback_first"], ["查话费", "充值", "转人工"])
    assert (await person.say("nlu_fallback", "哈")).responses == ["fallback_menu"]
    assert (await person.say("nlu_fallback", "哈")).responses == ["offer_human"]


async def test_something_understood_in_between_starts_the_count_again(talk: Begin) -> None:
    person = talk()
    await person.say("nlu_fallback", "哈")
    await person.say("query_balance")
    assert (await person.say("nlu_fallback", "哈")).responses == ["fallback_first"]


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_what_is_only_told_is_told_with_a_human(talk: Begin, channel: str) -> None:
    person = talk(None, channel)
    for intent in sorted(guide.GUIDED):
        heard = await person.say(intent, "…")
        assert heard.responses == [f"guide_{intent}"]
        assert heard.outcomes == [(intent, "answered" if intent in guide.TOLD else "refused")]
        assert "转人工" in heard.labels


@pytest.mark.parametrize(
    ("intent", "response"),
    [
        ("greet", "listening"),
        ("bot_challenge", "i_am_a_machine"),
        ("thanks", "welcome"),
        ("goodbye", "goodbye"),
        ("chitchat", "chitchat"),
        ("abuse", "abuse"),
        ("help_menu", "menu"),
        ("start_over", "menu"),
        ("go_back", "menu"),
        ("stop", "nothing_open"),
        ("affirm", "nothing_to_confirm"),
        ("deny", "anything_else"),
        ("correct", "what_instead"),
        ("inform", "what_about_it"),
        ("repeat", "menu"),
        ("login", "login_bound"),
    ],
)
async def test_small_things_have_an_answer(talk: Begin, intent: str, response: str) -> None:
    assert (await talk().say(intent)).responses == [response]


async def test_the_language_changes_in_the_same_turn(talk: Begin) -> None:
    heard = await talk().say("switch_language", language="en")
    assert heard.texts == ["All right, I will speak English with you."]
    assert heard.effect("language") == "en"


async def test_a_code_that_nobody_asked_for_opens_nothing(talk: Begin) -> None:
    assert (await talk().code("123456")).responses == ["no_code_awaited"]


@pytest.mark.parametrize(
    ("intent", "text"),
    [("report_slow_data", "游戏好卡啊你们什么破网"), ("nlu_fallback", "下午三点左右"), ("inform", "since yesterday")],
)
async def test_a_fault_is_asked_for_its_place_once_more(talk: Begin, intent: str, text: str) -> None:
    person = talk()
    await person.say("report_slow_data", "上网慢")
    heard = await person.say(intent, text)
    assert heard.responses == ["ask_fault_told"] and person.crm.all_tickets == {}
    await person.say("nlu_fallback", "说不清")
    (ticket,) = person.crm.all_tickets.values()
    assert text in ticket.text and "说不清" in ticket.text


async def test_what_became_of_a_complaint_is_no_complaint(talk: Begin) -> None:
    person = talk()
    await person.say("complain", "我要投诉")
    heard = await person.say("nlu_fallback", "进展怎么样了")
    assert heard.responses[-1] == "ask_complaint" and len(heard.responses) == 2 and person.crm.all_tickets == {}
