"""What stands between the lines: no words at all, too few of them, and words that only what was said before explains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


@pytest.mark.parametrize("channel", ["web", "wechat", "sms"])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_sticker_is_friendly_and_no_miss(talk: Begin, channel: str, language: str) -> None:
    person = talk(channel=channel)
    person.language = language
    await person.say("nlu_fallback", "哈")
    heard = await person.say("event_media", kind="sticker")
    assert (heard.responses, heard.labels, heard.outcomes) == (["media_sticker"], [], [])
    assert (await person.say("nlu_fallback", "哈")).responses == ["fallback_menu"]


@pytest.mark.parametrize(
    ("kind", "response"),
    [("image", "media_image"), ("video", "media_other"), ("file", "media_other"), ("voice", "media_voice")],
)
async def test_what_cannot_be_read_is_asked_about_once_with_a_human(talk: Begin, kind: str, response: str) -> None:
    heard = await talk().say("event_media", kind=kind)
    assert (heard.responses, heard.labels) == ([response], ["转人工"])


async def test_a_place_is_answered_with_the_shops(talk: Begin) -> None:
    assert (await talk().say("event_media", kind="location")).responses == ["guide_find_store"]


@pytest.mark.parametrize("kind", ["image", "sticker", "voice", "video", "file", "location"])
@pytest.mark.parametrize(
    ("first", "question"),
    [
        ("recharge", "ask_recharge_way"),
        ("report_fault", "ask_fault_kind"),
        ("complain", "ask_complaint"),
        ("order_data_pack", "ask_order_data_pack"),
    ],
)
async def test_a_form_asks_again_however_many_pictures_come(talk: Begin, first: str, question: str, kind: str) -> None:
    person = talk()
    await person.say(first)
    for _ in range(4):
        heard = await person.say("event_media", kind=kind)
        assert (len(heard.responses), heard.responses[-1]) == (2, question)


async def test_a_hello_is_not_answered_twice(talk: Begin) -> None:
    person = talk()
    assert (await person.say("greet", "你好")).responses == ["listening"]
    person = talk()
    await person.say("query_balance")
    assert (await person.say("greet", "你好")).responses == ["greeting"]
    assert (await person.say("greet", "在吗")).responses == ["listening"]
