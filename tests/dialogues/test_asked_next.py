"""What people ask next: whether it lasts, for which number, of which months, and of what was just ordered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Begin = Callable[..., Any]
LI, HOLDER, XIE, WAITING = "+8613800000000", "+8613800000007", "+8613800000030", "+8613800000010"


@pytest.mark.parametrize("text", ["够不够用到月底", "够不够啊"])
async def test_whether_the_data_lasts_is_reckoned_from_this_month(talk: Begin, text: str) -> None:
    person = talk(LI)
    await person.say("query_data_usage", "流量还剩多少")
    heard = await person.say("out_of_scope", text)
    assert "到月底还有10天，照这个月的用法大约还要7.2GB，够用。" in heard.texts[0]
    person.language = "en"
    assert "so it will last" in (await person.say("nlu_fallback", "will it last")).texts[0]


async def test_another_number_of_the_account_is_paid_for_by_its_four_digits_or_after_it_was_looked_at(
    talk: Begin,
) -> None:
    person = talk(HOLDER)
    assert "尾号0014充30.00元" in (await person.say("recharge_other", "给0014那个也充30", amount_fen=3000)).texts[0]
    await person.say("query_balance", "尾号0014的话费", last_digits="0014", spans={"last_digits": "0014"})
    assert "尾号0014充30.00元" in (await person.say("recharge_other", "给他充30", amount_fen=3000)).texts[0]
    assert ["guide_recharge_other"] == (await talk(LI).say("recharge_other", "给9999充30", amount_fen=3000)).responses


async def test_bills_of_several_months_are_told_by_their_sums_and_each_can_be_had(talk: Begin) -> None:
    since = await talk(XIE).say("query_bill", "从八月到现在每个月的账单", month="2026-08", spans={"month": "八月"})
    assert ["2026年8月", "2026年9月", "2026年10月", "2026年11月", "转人工"] == since.labels
    months, words = ("2026-10", "2026-11"), ("上个月", "这个月")
    both = await talk(XIE).say("query_bill", "上个月和这个月账单都发我", month=months, spans={"month": words})
    assert "2026年10月209.68元；2026年11月截至目前85.93元。" in both.texts[0]
    last = await talk(XIE).say("query_bill", "最近三个月的账单", period={"from": "2026-09", "to": "2026-11"})
    assert "合计475.35元" in last.texts[0]


async def test_of_two_packs_the_second_is_said_to_come_after_the_first(talk: Begin) -> None:
    heard = await talk(LI).say("order_data_pack", "来两个10块的流量包", amount_fen=1000)
    assert ["one_at_a_time", "quote_order_data_pack"] == heard.responses


async def test_a_change_of_plan_that_waits_is_what_wait_cancel_it_means(talk: Begin) -> None:
    person = talk(WAITING)
    await person.say("consult_plans", "199的套餐", amount_fen=19900)
    assert ["quote_undo_plan_change"] == (await person.say("nlu_fallback", "怎么取消")).responses


async def test_what_everybody_may_know_needs_no_log_in(talk: Begin) -> None:
    heard = await talk(None).say("query_my_plan", "套餐99的包含啥", amount_fen=9900)
    assert ["offering_details"] == heard.responses and "30GB" in heard.texts[0]
    person = talk(None)
    person.language = "en"
    assert "5G Enjoy 59" in (await person.say("consult_plans", "cheapest with 5g?")).texts[0]


async def test_no_code_is_sent_to_a_number_that_a_question_is_about(talk: Begin) -> None:
    person = talk(None)
    person.language = "en"
    heard = await person.say("inform", "is my number 13800000011 ok", msisdn="+8613800000011")
    assert ["login_ask_number"] == heard.responses and [] == person.codes.sent
