"""Another month of what was asked a moment ago, and how long a moment is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest

from crm.worktime import CHINA
from tests.dialogues.said import month

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


@pytest.mark.parametrize("intent", ["nlu_fallback", "out_of_scope", "inform", "query_bill"])
@pytest.mark.parametrize(("text", "words"), [("上个月呢", "上个月"), ("and last month?", "last month")])
async def test_a_month_is_asked_of_the_last_wish(talk: Begin, intent: str, text: str, words: str) -> None:
    person = talk("+8613800000003")
    await person.say("dispute_charge")
    heard = await person.say(intent, **month(text, words, "2026-10"))
    assert heard.responses == ["bill_why"]
    assert "2026年10月" in heard.texts[0]
    assert heard.outcomes == [("dispute_charge", "answered")]


async def test_after_a_balance_a_month_is_its_bill(talk: Begin) -> None:
    person = talk()
    await person.say("query_balance")
    heard = await person.say("nlu_fallback", **month("三月的呢", "三月", "2026-09"))
    assert heard.responses == ["bill"]
    assert "2026年9月" in heard.texts[0]
    assert "2026年8月" in (await person.say("nlu_fallback", "再上个月呢")).texts[0]


async def test_after_the_calls_a_month_is_theirs(talk: Begin) -> None:
    person = talk()
    await person.say("query_call_detail")
    heard = await person.say("inform", **month("上个月的", "上个月", "2026-10"))
    assert heard.responses == ["code_ask"]
    assert "2026年10月" in (await person.code(person.sent_code())).texts[0]


async def test_a_month_counts_as_understood(talk: Begin) -> None:
    person = talk()
    await person.say("query_bill")
    await person.say("nlu_fallback", "哈")
    await person.say("nlu_fallback", **month("上个月呢", "上个月", "2026-10"))
    assert (await person.say("nlu_fallback", "哈")).responses == ["fallback_first"]


async def test_after_ten_minutes_or_a_human_nothing_came_before(talk: Begin) -> None:
    said = month("上个月呢", "上个月", "2026-10")
    person = talk()
    await person.say("dispute_charge")
    person.later(10 * 60 + 1)
    assert (await person.say("nlu_fallback", **said)).responses == ["fallback_first"]
    person = talk()
    await person.say("dispute_charge")
    await person.say("consult_plans")
    await person.say("event_handoff_ended", how="returned")
    assert (await person.say("nlu_fallback", **said)).responses == ["fallback_first"]
    assert (await person.say("nlu_fallback", "第二个")).responses == ["fallback_menu"]
    assert (await person.say("repeat")).responses == ["plans"]


async def test_a_month_with_a_wish_of_its_own_is_that_wish(talk: Begin) -> None:
    person = talk()
    await person.say("dispute_charge")
    heard = await person.say("query_recharge_record", **month("上个月充值", "上个月", "2026-10"))
    assert heard.responses == ["payments"]


# another year
IN_JANUARY = datetime(2027, 1, 8, 4, tzinfo=timezone.utc)


def of_a_year(text: str, words: str, value: str, year: str, years_words: str) -> dict[str, Any]:
    """A month, and a year that was read as a period of its own."""
    period = {"from": f"{year}-01", "to": f"{year}-12"}
    spans = {"month": words, "period": years_words}
    return {"text": text, "month": value, "period": period, "spans": spans}


@pytest.mark.parametrize(
    ("text", "words", "years_words"),
    [
        ("bill of march last year", "march", "last year"),
        ("the bill of last year march", "march", "last year"),
        ("账单 3月 去年的", "3月", "去年"),
    ],
)
async def test_a_year_beside_a_month_is_the_months(talk: Begin, text: str, words: str, years_words: str) -> None:
    said = of_a_year(text, words, "2026-03", "2025", years_words)
    heard = await talk().say("query_bill", **said)
    assert heard.responses == ["bill_not_kept"] and "2025年3月" in heard.texts[0]


async def test_the_year_alone_is_asked_of_the_month_on_the_screen(talk: Begin) -> None:
    person = talk()
    await person.say("query_bill", **month("10月的账单", "10月", "2026-10"))
    period = {"from": "2025-01", "to": "2025-12"}
    heard = await person.say("out_of_scope", "去年的呢", period=period, spans={"period": "去年"})
    assert heard.responses == ["bill_not_kept"] and "2025年10月" in heard.texts[0]


async def test_a_year_whose_bills_are_not_kept_is_said_to_be_so(talk: Begin) -> None:
    period = {"from": "2025-01", "to": "2025-12"}
    heard = await talk().say("query_bill", "去年的账单", period=period, spans={"period": "去年"})
    assert heard.responses == ["bill_not_kept"] and "没有查到2025年的账单" in heard.texts[0]


async def test_december_in_january_is_the_one_that_is_over_everywhere(talk: Begin) -> None:
    person = talk()
    person.now = IN_JANUARY
    said = month("12月的", "12月", "2026-12")
    await person.say("query_balance")
    assert "2026年12月" in (await person.say("nlu_fallback", **said)).texts[0]
    await person.say("query_recharge_record")
    heard = await person.say("inform", **said)
    assert heard.responses == ["payments"] and "2026年12月" in heard.texts[0]
    await person.say("query_call_detail")
    await person.say("inform", **said)
    assert "2026年12月" in (await person.code(person.sent_code())).texts[0]
    heard = await person.say("invoice", **month("开12月的发票", "12月", "2026-12"))
    assert "2026年12月" in heard.texts[0] or heard.responses == ["ask_invoice_title"]


async def test_single_calls_of_last_year_cost_no_code(talk: Begin) -> None:
    person = talk()
    heard = await person.say("query_call_detail", **month("去年12月的通话详单", "去年12月", "2025-12"))
    assert heard.responses == ["refused_month_not_kept"] and not person.codes.sent


async def test_payments_are_those_of_the_month_that_is_named(talk: Begin) -> None:
    person = talk("+8613800000012")
    made = {f"{p.created_at.astimezone(CHINA):%Y-%m}" for p in person.crm.all_payments.values()}
    heard = await person.say("query_recharge_record", **month("去年12月充值记录", "去年12月", "2025-12"))
    assert "2025-12" not in made and "没有查到2025年12月的充值记录" in heard.texts[0]
