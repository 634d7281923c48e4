"""Another month of what was asked a moment ago, and how long a moment is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

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
