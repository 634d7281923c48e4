"""A number of the account by two digits or four: answered of that number, and never of one's own without a word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.dialogues.said import month

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
HOLDER, LI = "+8613800000007", "+8613800000000"


@pytest.mark.parametrize(
    ("intent", "text", "response", "last"),
    [
        ("query_balance", "查14那个话费", "balance", "0014"),
        ("query_data_usage", "查一下16的流量", "data_left", "0016"),
        ("query_balance", "查14话费还有多少钱", "balance", "0014"),
        ("query_balance", "17号码话费多少", "balance", "0017"),
        ("nlu_fallback", "14流量", "data_left", "0014"),
        ("query_suspension", "0018欠费没", "balance", "0018"),
    ],
)
@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_a_short_tail_is_read_of_its_number(
    talk: Begin, intent: str, text: str, response: str, last: str, channel: str
) -> None:
    person = talk(HOLDER, channel)
    await person.say("query_other_number", "我名下几个号")
    digits = last.lstrip("0") if last not in text else last
    heard = await person.say(intent, text, number=int(digits), spans={"number": digits})
    assert heard.responses == ["for_number", response] and last in heard.texts[0]


async def test_a_month_may_be_named_with_it(talk: Begin) -> None:
    person = talk(HOLDER, "sms")
    heard = await person.say("query_bill", **month("18上月账单", "上月", "2026-10"))
    assert heard.responses == ["for_number", "bill"] and "0018" in heard.texts[0]


@pytest.mark.parametrize(
    ("intent", "text"), [("nlu_fallback", "14的也查下"), ("inform", "那15呢"), ("correct", "是15的")]
)
async def test_after_one_number_another_needs_no_more_words(talk: Begin, intent: str, text: str) -> None:
    person = talk(HOLDER)
    await person.say("query_other_number", "我名下几个号")
    await person.say("query_balance", "查16那个话费", number=16, spans={"number": "16"})
    heard = await person.say(intent, text)
    assert heard.responses == ["for_number", "balance"] and f"00{text.strip('那是')[:2]}" in heard.texts[0]


@pytest.mark.parametrize("text", ["0099呢", "查99那个话费"])
async def test_digits_that_no_number_of_the_account_has_are_not_answered_with_the_own(talk: Begin, text: str) -> None:
    person = talk(HOLDER)
    await person.say("query_other_number", "我名下几个号")
    await person.say("query_balance", "查16那个话费", number=16, spans={"number": "16"})
    heard = await person.say("query_balance", text)
    assert heard.responses == ["not_your_number"]


async def test_digits_alone_after_the_list_are_asked_what_for(talk: Begin) -> None:
    person = talk(HOLDER)
    await person.say("query_other_number", "我名下几个号")
    heard = await person.say("inform", "15", number=15, spans={"number": "15"})
    assert heard.responses == ["what_of_number"]
    heard = await person.say("query_balance", "那个号话费")
    assert "0007" not in heard.texts[0]


@pytest.mark.parametrize(
    ("intent", "text", "response"),
    [
        ("query_data_usage", "那个号流量呢", "data_left"),
        ("query_data_usage", "那流量呢", "data_left"),
        ("nlu_fallback", "它流量呢", "data_left"),
    ],
)
async def test_what_is_asked_next_stays_with_the_number(talk: Begin, intent: str, text: str, response: str) -> None:
    person = talk(HOLDER)
    await person.say("query_balance", "查14那个话费")
    heard = await person.say(intent, text)
    assert heard.responses == ["for_number", response] and "0014" in heard.texts[0]
    heard = await person.say("query_bill", **month("上个月账单", "上个月", "2026-10"))
    assert heard.responses == ["for_number", "bill"] and "0014" in heard.texts[0]
    assert (await person.say("query_data_usage", "我自己的流量")).responses == ["for_own_number", "data_left"]


@pytest.mark.parametrize(
    ("intent", "text", "fen", "last"),
    [
        ("recharge_other", "给它充100", 10000, "0014"),
        ("recharge", "给它充100", 10000, "0014"),
        ("nlu_fallback", "0015也充50", 5000, "0015"),
        ("recharge_other", "给16充50", 5000, "0016"),
        ("recharge", "给16充50", 5000, "0016"),
    ],
)
async def test_a_number_that_was_looked_at_or_is_named_so_is_paid_for(
    talk: Begin, intent: str, text: str, fen: int, last: str
) -> None:
    person = talk(HOLDER)
    await person.say("query_balance", "查14那个话费")
    words = text[text.index("充") + 1 :]
    heard = await person.say(intent, text, amount_fen=fen, spans={"amount_fen": words})
    assert heard.responses == ["pay_here"] and f"尾号{last}充{fen // 100}.00元" in heard.texts[0]


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("query_balance", "14块话费"),
        ("query_bill", "10月账单"),
        ("query_data_usage", "15g流量"),
        ("consult_plans", "18的套餐"),
    ],
)
async def test_money_months_and_volumes_are_no_tails(talk: Begin, intent: str, text: str) -> None:
    assert "for_number" not in (await talk(HOLDER).say(intent, text)).responses


@pytest.mark.parametrize(
    ("intent", "text", "fen"),
    [
        ("recharge", "充50话费", "50"),
        ("recharge", "充14话费", "14"),
        ("recharge", "14话费", "14"),
        ("recharge", "我要交15的话费", "15"),
        ("nlu_fallback", "扣了14话费", ""),
        ("query_balance", "我14号话费怎么扣了", ""),
        ("query_balance", "查15号话费怎么扣的", ""),
        ("query_balance", "充了14话费怎么没到", "14"),
        ("recharge", "我15号充100没到账", "100"),
        ("recharge", "15号充100", "100"),
        ("query_data_usage", "14流量多少钱", ""),
    ],
)
@pytest.mark.parametrize("looked", [True, False])
async def test_an_amount_or_a_day_is_no_tail(talk: Begin, intent: str, text: str, fen: str, looked: bool) -> None:
    person = talk(HOLDER)
    if looked:
        await person.say("query_data_usage", "我自己的流量")
    said = {"amount_fen": int(fen) * 100, "spans": {"amount_fen": fen}} if fen else {}
    heard = await person.say(intent, text, **said)
    assert not {"for_number", "not_your_number"} & set(heard.responses)
    assert not any(last in said for said in heard.texts for last in ("0014", "0015"))


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("给15充10000", "10000"),
        ("给15充50.5", "50.5"),
        ("给15充50.5", ""),
        ("给15充100G流量", ""),
        ("给15充50.5G流量", ""),
        ("给15充3个月", ""),
    ],
)
async def test_no_part_of_what_is_paid_is_taken_for_the_whole(talk: Begin, text: str, amount: str) -> None:
    person = talk(HOLDER)
    said = {"amount_fen": int(float(amount) * 100), "spans": {"amount_fen": amount}} if amount else {}
    await person.say("recharge", text, **said)
    paid = [(p.amount_fen, p.msisdn[-4:]) for p in person.crm.all_payments.values() if p.conversation]
    assert paid == ([(5050, "0015")] if amount == "50.5" else [])


async def test_who_has_one_number_is_answered_as_ever(talk: Begin) -> None:
    assert (await talk(LI).say("query_data_usage", "查14流量")).responses == ["data_left"]
