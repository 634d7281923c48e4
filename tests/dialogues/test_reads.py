from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.rasa
Begin = Callable[..., Any]


async def test_the_balance_is_told_with_the_kinds_and_a_way_to_a_human(talk: Begin) -> None:
    heard = await talk().say("query_balance")
    assert heard.responses == ["balance"]
    assert "余额" in heard.texts[0] or "欠费" in heard.texts[0]
    assert "转人工" in heard.labels
    assert heard.outcomes == [("query_balance", "answered")]
