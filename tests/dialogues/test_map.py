"""A place that was sent from a map."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]
SHENZHEN = "+8613800000013"


async def test_a_place_on_the_map_is_answered_with_shops_of_its_own_city(talk: Begin) -> None:
    person = talk(SHENZHEN)
    heard = await person.say("event_media", kind="location", place="广东省广州市天河区体育西路")
    assert heard.responses == ["stores"] and heard.texts[0].startswith("广州天河营业厅")
    assert "深圳" not in heard.texts[0]


async def test_a_place_in_a_city_without_a_shop_names_no_shop_elsewhere(talk: Begin) -> None:
    heard = await talk(SHENZHEN).say("event_media", kind="location", place="广东省湛江市霞山区")
    assert heard.responses == ["no_store_there"] and "湛江" in heard.texts[0]


async def test_a_place_without_a_name_is_asked_for(talk: Begin) -> None:
    heard = await talk(SHENZHEN).say("event_media", kind="location", place="")
    assert heard.responses == ["ask_store_place"]
