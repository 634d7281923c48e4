"""Something else is wanted while a code is awaited: the code and its offer are void, and the other one is offered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


async def awaiting(talk: Begin, channel: str = "web", offering: str = "pack-5g") -> Any:
    """Somebody who said yes and was sent a code."""
    person = talk(channel=channel)
    await person.say("order_data_pack", offering=offering)
    heard = await person.say("affirm", "是")
    assert heard.responses == ["code_sent"]
    return person


@pytest.mark.parametrize(
    ("intent", "text"),
    [
        ("correct", "不对 我要5块的"),
        ("nlu_fallback", "那就5块的"),
        ("deny", "不要了 要5块的"),
        ("inform", "no the 5 yuan one"),
        ("order_data_pack", "还是5块的吧"),
    ],
)
async def test_another_price_at_the_code_step_is_offered_and_the_code_buys_nothing(
    talk: Begin, intent: str, text: str
) -> None:
    person = await awaiting(talk)
    old = person.sent_code()
    words = "5 yuan" if "5 yuan" in text else "5块"
    heard = await person.say(intent, text, amount_fen=500, spans={"amount_fen": words})
    assert heard.responses == ["quote_order_data_pack"] and "5.00" in heard.texts[0]
    await person.code(old)
    assert person.packs() == []
    person.later(61)
    assert (await person.say("affirm", "是")).responses == ["code_sent"]
    await person.code(person.sent_code())
    assert len(person.packs()) == 1 and "pack-5g" not in person.packs()


@pytest.mark.parametrize("text", ["不对", "办错了 不是这个"])
async def test_a_correction_that_names_nothing_asks_anew(talk: Begin, text: str) -> None:
    person = await awaiting(talk)
    old = person.sent_code()
    heard = await person.say("correct", text)
    assert heard.responses == ["ask_order_data_pack"]
    await person.code(old)
    assert person.packs() == []


async def test_a_plan_is_corrected_at_the_code_step_too(talk: Begin) -> None:
    person = talk()
    await person.say("change_plan", offering="plan-5g-129")
    await person.say("affirm", "是")
    heard = await person.say("correct", "不对 换99的", number=99, spans={"number": "99"})
    assert heard.responses == ["quote_change_plan"] and "99" in heard.texts[0]


async def test_a_number_alone_at_the_code_step_is_no_price(talk: Begin) -> None:
    person = await awaiting(talk)
    heard = await person.say("inform", "10", number=10, spans={"number": "10"})
    assert "quote_order_data_pack" not in heard.responses
    assert (await person.code(person.sent_code())).responses[0] in ("order_done", "order_accepted")
