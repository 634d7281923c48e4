"""Pure rules of the router: picks and commands."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from switchboard.choices import Commands, StaleChoice, fold, pick
from switchboard.model import Address, Choice, InboundMessage, TurnContext

LIST = (Choice("10元 流量包", 1, "ab.1", "order_data_pack"), Choice("Top up", 2, "ab.2", "recharge"))


def said(text: str, token: str | None = None) -> InboundMessage:
    return InboundMessage("web:1", Address("web", "li"), text, datetime.now(timezone.utc), token=token)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("1", "order_data_pack"),
        ("２", "recharge"),
        (" 2。", "recharge"),
        ("TOP UP!", "recharge"),
        ("１０元流量包", "order_data_pack"),
    ],
)  # fmt: skip
def test_a_number_or_a_label_picks_whatever_its_width_and_case(text: str, intent: str) -> None:
    picked = pick(said(text), LIST, TurnContext())
    assert picked is not None
    assert picked.intent == intent


@pytest.mark.parametrize("text", ["3", "12", "", "。", "流量包", "1 2", "/recharge"])
def test_anything_else_is_no_pick(text: str) -> None:
    assert pick(said(text), LIST, TurnContext()) is None


@pytest.mark.parametrize("awaits", ["number", "code"])
def test_a_form_that_awaits_a_number_gets_the_number_and_a_tap_still_picks(awaits: str) -> None:
    context = TurnContext(active_form="f", awaits=awaits)  # type: ignore[arg-type]
    assert pick(said("1"), LIST, context) is None
    assert pick(said("x", token="ab.1"), LIST, context) == LIST[0]


def test_a_tap_on_another_list_is_stale() -> None:
    with pytest.raises(StaleChoice):
        pick(said("1", token="zz.1"), LIST, TurnContext())


def test_commands_are_whole_messages() -> None:
    commands = Commands({"handoff": ["转人工", "RG"]})
    texts = ("转人工！", "ｒｇ", "rg", "我不要转人工", "")
    assert [commands.find(text) for text in texts] == ["handoff", "handoff", "handoff", "", ""]


def test_folding_drops_what_nobody_sees() -> None:
    assert fold("\u200b 转\u202e人工。") == "转人工"
