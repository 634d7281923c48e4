"""What the phone or a bank does by itself: told for what was asked, and no longer than that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from crm.model import Payment

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
LI = "+8613800000000"


# call forwarding
@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("怎么设置呼叫转移", ["**21*", "##21#", "*#21#"]),
        ("没人接就转到家里电话", ["**61*", "##61#", "*#61#"]),
        ("占线时转到同事号码", ["**67*", "##67#", "*#67#"]),
        ("关机转移", ["**62*", "##62#", "*#62#"]),
        ("手机关了以后电话转到家里", ["**62*", "##62#", "*#62#"]),
        ("取消呼叫转移", ["##002#", "##21#"]),
        ("turn call forwarding off", ["##002#", "##21#"]),
        ("switch my call forwarding off please", ["##002#", "##21#"]),
        ("disable call forwarding", ["##002#", "##21#"]),
        ("deactivate call divert", ["##002#", "##21#"]),
        ("don't forward my calls any more", ["##002#", "##21#"]),
        ("forward calls when my phone is switched off", ["**62*", "##62#", "*#62#"]),
        ("查我有没有设置呼叫转移", ["*#21#", "##002#"]),
    ],
)
@pytest.mark.parametrize("channel", ["web", "sms"])
async def test_the_code_is_that_of_what_was_asked(talk: Begin, text: str, codes: list[str], channel: str) -> None:
    heard = await talk(None, channel).say("call_forwarding", text)
    assert heard.outcomes == [("call_forwarding", "answered")]
    missing = [code for code in codes if code not in heard.texts[0]]
    assert missing == [] or (channel == "sms" and missing == ["##21#"])
    assert "转人工" in heard.labels


async def test_the_other_ways_are_a_tap_away(talk: Begin) -> None:
    person = talk()
    heard = await person.say("call_forwarding", "呼叫转移")
    assert heard.labels == ["没人接才转", "占线才转", "取消转移", "转人工"]
    assert "**67*" in (await person.say("call_forwarding", **heard.choices[1]["entities"])).texts[0]


async def test_a_number_that_calls_should_go_to_is_not_said_again(talk: Begin) -> None:
    heard = await talk().say("call_forwarding", "来电转到13800000007", msisdn="+8613800000007")
    assert "13800000007" not in heard.texts[0]


# automatic top-up
async def test_who_has_none_hears_where_it_is_signed(talk: Begin) -> None:
    heard = await talk().say("auto_pay", "开通自动充值")
    assert heard.responses == ["auto_pay"] and "最近没有自动充值" in heard.texts[0]
    assert heard.labels == ["现在充值", "转人工"]


async def test_the_last_one_that_came_in_is_told(talk: Begin) -> None:
    person = talk()
    paid = Payment("P1", LI, 5000, "auto", "done", person.now, person.now)
    person.crm.all_payments["P1"] = paid
    person.crm.all_payments["P2"] = replace(paid, id="P2", method="card", amount_fen=3000)
    heard = await person.say("auto_pay", "我有没有开自动充值")
    assert "11月20日的50.00元" in heard.texts[0] and "怎么取消" in heard.labels


@pytest.mark.parametrize("text", ["取消自动充值", "自动充值怎么关", "how do I cancel auto pay", "turn auto pay off"])
async def test_how_it_is_ended_is_told_to_whoever_asks_for_that(talk: Begin, text: str) -> None:
    heard = await talk().say("auto_pay", text)
    assert heard.responses == ["auto_pay_ends"] and "充值记录" in heard.labels


async def test_the_end_of_a_month_ends_no_automatic_payment(talk: Begin) -> None:
    assert (await talk().say("auto_pay", "end of month auto pay")).responses == ["auto_pay"]


async def test_who_is_not_known_and_a_crm_that_is_away_are_told_the_same_way(talk: Begin) -> None:
    person = talk()
    person.crm.down = True
    for heard in (await talk(None).say("auto_pay"), await person.say("auto_pay")):
        assert heard.responses == ["auto_pay"] and heard.texts[0].startswith("自动充值是")
