"""Other numbers of an account, by their last digits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.dialogues.said import month

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


HOLDER, USER = "+8613800000007", "+8613800000014"


def ending(digits: str, text: str = "", words: str = "") -> dict[str, Any]:
    words = words or f"尾号{digits}"
    return {"text": text or f"{words}那个", "last_digits": digits, "spans": {"last_digits": words}}


async def test_the_holder_reads_another_number_by_its_last_digits(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("query_balance")
    heard = await person.say("nlu_fallback", **ending("0014"))
    assert heard.responses == ["for_number", "balance"]
    assert "尾号0014" in heard.texts[0]
    assert (await person.say("nlu_fallback", **month("上个月呢", "上个月", "2026-10"))).responses == [
        "for_number",
        "bill",
    ]
    assert (await person.say("repeat")).responses == ["for_number", "bill"]
    own = await person.say("query_balance")
    assert own.responses == ["for_own_number", "balance"] and "尾号0007" in own.texts[0]


async def test_a_number_may_come_with_the_wish(talk: Begin) -> None:
    person = talk(HOLDER, "sms")
    person.language = "en"
    text = "data left on the one ending in 0015"
    heard = await person.say("query_data_usage", **ending("0015", text, "ending in 0015"))
    assert heard.responses == ["for_number", "data_left"]


@pytest.mark.parametrize("digits", ["8888", "0000", "0003"])
async def test_somebody_elses_number_is_refused(talk: Begin, digits: str) -> None:
    person = talk(HOLDER)
    await person.say("query_balance")
    heard = await person.say("query_other_number", **ending(digits))
    assert (heard.responses, heard.outcomes) == (["not_your_number"], [("query_balance", "refused")])


async def test_who_is_no_holder_reads_only_their_own(talk: Begin) -> None:
    person = talk("+8613800000014")
    await person.say("query_balance")
    assert (await person.say("nlu_fallback", **ending("0007"))).responses == ["not_your_number"]
    assert (await person.say("nlu_fallback", **ending("0014"))).responses == ["balance"]


async def test_the_other_of_many_is_asked_about_and_may_be_tapped(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("query_data_usage")
    heard = await person.say("query_other_number", "另一个号呢")
    assert (heard.responses, heard.labels[0]) == (["which_number"], "尾号0014")
    heard = await person.say("inform", last_digits="0014")
    assert heard.responses == ["for_number", "data_left"]


async def test_a_number_is_never_written_to(talk: Begin) -> None:
    person = talk(HOLDER, "sms")
    await person.say("order_data_pack")
    await person.say("stop")
    heard = await person.say("nlu_fallback", **ending("0014"))
    assert heard.responses == ["fallback_first"]
    assert (await person.say("dispute_charge", **ending("1234", "尾号1234的银行卡被扣了"))).responses == ["bill_why"]
    assert (await talk(None).say("nlu_fallback", **ending("0014"))).responses == ["fallback_first"]


async def test_a_crm_that_is_away_is_said_for_another_number_too(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("query_balance")
    person.crm.down = True
    assert (await person.say("nlu_fallback", **ending("0014"))).responses == ["crm_unavailable"]


@pytest.mark.parametrize("intent", ["inform", "query_other_number", "nlu_fallback"])
async def test_what_is_asked_of_a_number_may_be_a_noun(talk: Begin, intent: str) -> None:
    person = talk(HOLDER)
    heard = await person.say(intent, **ending("0014", "尾号0014的话费"))
    assert heard.responses == ["for_number", "balance"]
    assert (await person.say(intent, "我另一个号还有多少流量")).responses == ["which_number"]
    assert (await person.say("inform", last_digits="0015")).responses == ["for_number", "data_left"]
    assert (await person.say("recharge_other", **ending("0014", "给尾号0014充话费"))).responses == ["ask_recharge_way"]


async def test_a_number_of_the_list_of_numbers_is_asked_what_about(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("query_other_number")
    heard = await person.say("inform", **ending("0014"))
    assert heard.responses == ["what_of_number"]
    picked = heard.choices[1]
    assert (await person.say(picked["intent"], **picked["entities"])).responses == ["for_number", "data_left"]


@pytest.mark.parametrize(
    ("number", "intent", "said"),
    [
        (HOLDER, "change_plan", ending("8888", "尾号8888换套餐")),
        (
            HOLDER,
            "order_data_pack",
            {"text": "给13800000014办10元流量包", "msisdn": "+8613800000014", "amount_fen": 1000},
        ),
        (HOLDER, "recharge", {"text": "给另一个号充50", "amount_fen": 5000}),
        (HOLDER, "recharge", {"text": "给13800000003充50", "msisdn": "+8613800000003", "amount_fen": 5000}),
        (USER, "recharge", {"text": "给13800000007充50", "msisdn": "+8613800000007", "amount_fen": 5000}),
        (USER, "recharge_by_card", ending("0015", "刮卡给尾号0015充")),
    ],
)
async def test_a_transaction_for_another_number_is_not_done_for_the_own(
    talk: Begin, number: str, intent: str, said: dict[str, Any]
) -> None:
    person = talk(number)
    heard = await person.say(intent, **said)
    assert (heard.responses, heard.labels[-1]) == (["own_number_only"], "转人工")
    assert number[-4:] in heard.texts[0]


async def test_a_number_in_the_middle_of_an_order_is_not_silently_the_own(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("recharge")
    for intent in ("recharge", "recharge_other"):
        said = {"text": "给13800000003充50", "msisdn": "+8613800000003", "amount_fen": 5000}
        assert (await person.say(intent, **said)).responses == ["own_number_only", "ask_recharge_way"]
    assert (
        await person.say("recharge", "给我13800000007充50", msisdn="+8613800000007", amount_fen=5000)
    ).responses == ["pay_here"]
    said = ending("8888", "用尾号8888的银行卡充50") | {"amount_fen": 5000}
    assert (await person.say("recharge", **said)).responses == ["pay_here"]


async def test_the_choices_of_another_numbers_answer_are_for_that_number(talk: Begin) -> None:
    person = talk(HOLDER)
    heard = await person.say("query_balance", **ending("0014", "尾号0014的话费"))
    assert heard.labels == ["查账单", "转人工"]
    picked = heard.choices[0]
    heard = await person.say(picked["intent"], **picked["entities"])
    assert heard.responses == ["for_number", "bill"]
    own = await person.say("query_balance")
    assert own.labels == ["查账单", "充值", "转人工"]
    picked = own.choices[0]
    assert (await person.say(picked["intent"], **picked["entities"])).responses == ["for_own_number", "bill"]


# paying for them
async def test_the_holder_pays_for_another_number_by_its_last_digits(talk: Begin) -> None:
    person = talk(HOLDER)
    heard = await person.say("recharge_other", **ending("0014", "给尾号0014充50"), amount_fen=5000)
    assert heard.responses == ["pay_here"] and "给尾号0014充50.00元" in heard.texts[0]
    (payment,) = [p for p in person.crm.all_payments.values() if p.state == "pending"]
    assert (payment.msisdn, payment.amount_fen) == (USER, 5000)


async def test_what_is_paid_for_in_a_form_stays_that_number(talk: Begin) -> None:
    person = talk(HOLDER, "sms")
    assert (await person.say("recharge", **ending("0015", "给尾号0015充值"))).responses == ["ask_recharge_way"]
    await person.say("inform", option="page")
    heard = await person.say("inform", "30", number=30)
    assert heard.responses == ["pay_here"] and "尾号0015" in heard.texts[0]
    assert [p.msisdn for p in person.crm.all_payments.values() if p.state == "pending"] == ["+8613800000015"]


def waiting(person: Any) -> list[tuple[str, int]]:
    return [(p.msisdn, p.amount_fen) for p in person.crm.all_payments.values() if p.state == "pending"]


@pytest.mark.parametrize("channel", ["web", "sms"])
@pytest.mark.parametrize("number", ["+8613900000014", USER])
async def test_of_two_numbers_that_end_alike_the_one_typed_whole_is_paid_for(
    talk: Begin, number: str, channel: str
) -> None:
    person = talk(HOLDER, channel)
    twin = replace(person.crm.subscribers[USER], id="twin", msisdn="+8613900000014")
    person.crm.subscribers[twin.msisdn] = twin
    heard = await person.say("recharge", f"给{number[3:]}充50", msisdn=number, amount_fen=5000)
    assert heard.responses == ["pay_here"] and waiting(person) == [(number, 5000)]
    heard = await person.say("recharge", f"给{number[3:]}充值", msisdn=number)
    assert heard.responses == ["ask_recharge_way"] and "尾号0014" in heard.texts[0]
    await person.say("inform", option="page")
    assert (await person.say("inform", "30", number=30)).responses == ["pay_here"]
    assert waiting(person)[1:] == [(number, 3000)]
    heard = await person.say("recharge", **ending("0014", "给尾号0014充50"), amount_fen=5000)
    assert heard.responses == ["own_number_only"]


@pytest.mark.parametrize("intent", ["inform", "nlu_fallback", "affirm", "correct", "recharge_other"])
async def test_a_number_that_comes_with_the_amount_is_the_one_paid_for(talk: Begin, intent: str) -> None:
    person = talk(HOLDER)
    await person.say("recharge", "充值")
    await person.say("inform", option="page")
    heard = await person.say(intent, **ending("0014", "尾号0014，30块"), amount_fen=3000)
    assert heard.responses == ["pay_here"] and "尾号0014" in heard.texts[0]
    assert waiting(person) == [(USER, 3000)]


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_a_number_by_itself_is_the_one_paid_for(talk: Begin, channel: str) -> None:
    person = talk(HOLDER, channel)
    await person.say("recharge", "充值")
    heard = await person.say("inform", **ending("0014", "尾号0014"))
    assert heard.responses == ["ask_recharge_way"] and "尾号0014" in heard.texts[0]
    heard = await person.say("inform", option="page")
    assert heard.responses == ["ask_recharge_amount"] and "尾号0014" in heard.texts[0]
    await person.say("inform", "30", number=30)
    assert waiting(person) == [(USER, 3000)]


@pytest.mark.parametrize("intent", ["recharge", "inform"])
async def test_the_own_number_takes_the_place_of_another(talk: Begin, intent: str) -> None:
    person = talk(HOLDER)
    await person.say("recharge", **ending("0014", "给尾号0014充值"))
    heard = await person.say(intent, **ending("0007", "给尾号0007充30"), amount_fen=3000)
    assert "尾号0007" in heard.texts[0]
    assert waiting(person) == [(HOLDER, 3000)]


async def test_an_unknown_number_by_itself_is_not_silently_the_own(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("recharge", "充值")
    heard = await person.say("inform", **ending("8888", "尾号8888，30块"), amount_fen=3000)
    assert heard.responses == ["own_number_only", "ask_recharge_way"] and waiting(person) == []


@pytest.mark.parametrize(("digits", "number"), [("0014", USER), ("0007", HOLDER)])
@pytest.mark.parametrize("typed", [True, False])
async def test_money_right_after_another_number_was_looked_at_is_asked_about(
    talk: Begin, digits: str, number: str, typed: bool
) -> None:
    person = talk(HOLDER)
    await person.say("query_balance", **ending("0014", "尾号0014的话费"))
    heard = await person.say("recharge", "充50", amount_fen=5000)
    assert heard.texts == ["50.00元充到哪个号码？"] and heard.labels[:2] == ["尾号0014", "尾号0007"]
    assert waiting(person) == []
    said = ending(digits, f"尾号{digits}") if typed else {"last_digits": digits}
    heard = await person.say("nlu_fallback" if typed else "inform", **said)
    assert heard.responses == ["pay_here"] and f"尾号{digits}" in heard.texts[0]
    assert waiting(person) == [(number, 5000)]


async def test_a_card_right_after_another_number_was_looked_at_is_not_redeemed_before_it_is_known_for_which(
    talk: Begin,
) -> None:
    person = talk(HOLDER)
    await person.say("query_balance", **ending("0014", "尾号0014的话费"))
    heard = await person.card(next(iter(person.crm.cards)))
    assert heard.texts == ["这张卡充到哪个号码？"] and person.crm.card_users == {}
    heard = await person.say("inform", last_digits="0014")
    assert heard.responses == ["recharged"] and "138****0014" in heard.texts[0]


@pytest.mark.parametrize(
    ("said", "paid_for"),
    [("尾号0014", "138****0014"), ("0014", "138****0014"), ("本机", "138****0007"), ("充我自己的", "138****0007")],
)
async def test_a_card_that_comes_some_questions_after_another_number_was_looked_at_is_asked_about_first(
    talk: Begin, said: str, paid_for: str
) -> None:
    person = talk(HOLDER)
    await person.say("query_balance", **ending("0014", "尾号0014的话费"))
    assert (await person.say("recharge", "充值")).texts == ["充到哪个号码？"]
    assert (await person.say("recharge_by_card", "充值卡")).texts == ["充到哪个号码？"]
    heard = await person.card(next(iter(person.crm.cards)), "recharge")
    assert heard.texts == ["这张卡充到哪个号码？"] and person.crm.card_users == {}
    more = ending("0014", said) if said.startswith("尾号") else {"text": said}
    heard = await person.say("nlu_fallback", **more)
    assert heard.responses == ["recharged"] and paid_for in heard.texts[0]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("way", ["card", "page"])
async def test_each_question_of_a_top_up_names_the_number(talk: Begin, language: str, way: str) -> None:
    person = talk(HOLDER)
    person.language = language
    assert "0007" in (await person.say("recharge", "充值")).texts[0]
    assert "0007" in (await person.say("inform", option=way)).texts[0]
    heard = await person.say("query_balance", **ending("0014", "尾号0014的话费"))
    assert "0007" in heard.texts[-1]
    heard = await person.say("inform", **ending("0014", "尾号0014"))
    assert "0014" in heard.texts[-1]
    assert "0007" in (await person.say("nlu_fallback", "本机")).texts[-1]


async def test_money_is_for_the_own_number_once_that_was_looked_at_again(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("query_balance", **ending("0014", "尾号0014的话费"))
    await person.say("query_balance")
    heard = await person.say("recharge", "充50", amount_fen=5000)
    assert heard.responses == ["pay_here"] and "尾号0007" in heard.texts[0]


async def test_another_number_is_asked_about_in_the_middle(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("recharge", "充值")
    heard = await person.say("query_balance", **ending("0014", "尾号0014的话费"))
    assert heard.responses == ["for_number", "balance", "ask_recharge_way"]


async def test_a_card_may_be_for_another_number_of_the_account(talk: Begin) -> None:
    person = talk(HOLDER)
    before = person.crm.buckets[USER][0].amount_fen
    await person.say("recharge_by_card", **ending("0014", "用充值卡给尾号0014充"))
    heard = await person.card(next(iter(person.crm.cards)))
    assert heard.responses == ["recharged"] and "138****0014" in heard.texts[0]
    assert person.crm.buckets[USER][0].amount_fen > before


async def test_a_payment_for_another_number_tells_no_balance_of_it_to_whoever_is_bound_later(talk: Begin) -> None:
    person = talk(HOLDER)
    values = {"state": "paid", "msisdn": USER, "amount_fen": 5000, "balance_fen": 6500}
    (text,) = (await person.say("event_payment_finished", **values)).texts
    assert "138****0014" in text and "65" not in text


async def test_who_only_uses_a_number_pays_for_no_other(talk: Begin) -> None:
    heard = await talk(USER).say("recharge_other", **ending("0007", "给尾号0007充50"), amount_fen=5000)
    assert heard.responses == ["guide_recharge_other"]


# seeing them
@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_the_holder_sees_what_is_left_on_each_number(talk: Begin, channel: str) -> None:
    person = talk(HOLDER, channel)
    person.crm.buckets["+8613800000016"][0] = replace(person.crm.buckets["+8613800000016"][0], amount_fen=-300)
    heard = await person.say("query_other_number")
    assert all(told in heard.texts[0] for told in ("0014", "15.00", "0016", "3.00", "0018", "26.00"))
    assert heard.labels[0] == "给尾号0016充值"
    picked = heard.choices[0]
    assert (await person.say(picked["intent"], **picked["entities"])).responses == ["ask_recharge_way"]


@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_of_a_companys_many_numbers_a_few_are_read_and_the_rest_counted(talk: Begin, channel: str) -> None:
    person = talk(HOLDER, channel)
    for n in range(200):
        number = f"+861390000{n:04d}"
        person.crm.subscribers[number] = replace(person.crm.subscribers[USER], msisdn=number, id=f"many-{n}")
        person.crm.buckets[number] = person.crm.buckets[USER]
    read, balance = [], person.crm.balance

    async def counted(msisdn: str, **more: Any) -> Any:
        read.append(msisdn)
        return await balance(msisdn, **more)

    person.crm.balance = counted
    (text,) = (await person.say("query_other_number")).texts
    assert len(read) == 5 and "205个号码" in text and len(text) < 250


async def test_after_a_switch_each_answer_says_which_number_it_is_about(talk: Begin) -> None:
    person = talk(HOLDER)
    assert (await person.say("query_points")).responses == ["points"]
    await person.say("query_balance", **ending("0014", "尾号0014的话费"))
    for wish in ("query_points", "query_data_usage", "query_my_plan"):
        heard = await person.say(wish)
        assert heard.responses[0] == "for_own_number" and "0007" in heard.texts[0]
    assert (await person.say("query_own_number")).responses == ["own_number"]


async def test_a_line_of_several_questions_says_once_which_number_it_is_about(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("query_balance", **ending("0014", "尾号0014的话费"))
    heard = await person.say("several_questions", "查积分和流量", parts=["query_points", "query_data_usage"])
    assert heard.responses.count("for_own_number") == 1 and heard.responses[0] == "for_own_number"


async def test_who_uses_a_companys_number_sees_only_that_one(talk: Begin) -> None:
    heard = await talk(USER).say("query_other_number")
    assert "没有查到别的号码" in heard.texts[0] and "0007" not in heard.texts[0]


# single calls
async def test_the_calls_of_an_employee_are_shown_to_no_employer(talk: Begin) -> None:
    person = talk(HOLDER)
    heard = await person.say("query_call_detail", **ending("0014", "尾号0014的通话详单"))
    assert (heard.responses, heard.outcomes) == (["detail_of_other"], [("query_call_detail", "refused")])
    assert person.codes.sent == []


async def test_who_uses_a_companys_number_gets_no_single_calls_either(talk: Begin) -> None:
    person = talk(USER)
    assert (await person.say("query_call_detail")).responses == ["refused_holder_only"]
    assert person.codes.sent == []
