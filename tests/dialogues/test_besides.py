"""Something to look up beside something to do, in a line that was read as the one to do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
MUSIC: dict[str, Any] = {"offering": "pack-music", "spans": {"offering": "音乐包"}}
WITH_BROADBAND = "+8613800000000"


@pytest.mark.parametrize(
    "text",
    [
        "查下话费再开个流量包",
        "开个流量包再查下话费",
        "开个流量包，顺便看看余额",
        "check my balance and then buy a data pack",
    ],
)
async def test_what_is_looked_up_is_told_and_then_the_order_begins(talk: Begin, text: str) -> None:
    heard = await talk().say("order_data_pack", text)
    assert heard.responses == ["balance", "ask_order_data_pack"]


async def test_the_broadband_that_is_only_looked_up_is_not_what_ends(talk: Begin) -> None:
    person = talk(WITH_BROADBAND, "sms")
    heard = await person.say("broadband_cancel", "帮我把音乐包退了顺便查宽带", **MUSIC)
    assert heard.responses[0] == "broadband" and heard.responses[-1] == "quote_cancel_data_pack"
    assert "音乐" in heard.texts[-1]


async def test_the_end_of_a_broadband_stays_one(talk: Begin) -> None:
    heard = await talk(WITH_BROADBAND).say("broadband_cancel", "把宽带退了再查下话费")
    assert heard.responses[0] == "balance" and "quote_cancel_data_pack" not in heard.responses


@pytest.mark.parametrize("text", ["换个套餐再便宜点", "开个流量包", "再开个流量包", "算了先不开流量包了 然后查下话费"])
async def test_a_line_that_says_one_thing_is_one_thing(talk: Begin, text: str) -> None:
    assert "balance" not in (await talk().say("order_data_pack", text)).responses


async def test_in_the_middle_of_something_nothing_is_divided(talk: Begin) -> None:
    person = talk()
    await person.say("order_data_pack", offering="pack-5g")
    heard = await person.say("order_data_pack", "查下话费再开个流量包")
    assert heard.responses[-1] in ("quote_order_data_pack", "ask_order_data_pack")
