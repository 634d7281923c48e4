"""How texts of strangers and moments look on the screen: filters of the templates. Jinja's escaping comes after."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from switchboard import masking
from switchboard.wording import volume, yuan

SHANGHAI = ZoneInfo("Asia/Shanghai")
LONG = 1500
"""Characters of a message that are shown at once; the rest is folded."""
WRAP_UP = ("solved", "ticket", "follow_up", "no_answer", "wrong_queue", "abuse")
"""Wrap-up codes; templates/labels.html names them."""
NO_NAMES: Mapping[str, str] = {}
REVEAL_REASONS = ("verify", "call_back", "ticket")

# Bidirectional overrides could make a text read as something else; controls could break the line.
_TRICKS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_MARK = r"[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff\ufe20-\ufe2f]"
_MARKS = re.compile(rf"({_MARK}{{4}}){_MARK}+")


def shown(text: str) -> str:
    """A stranger's text for the screen: numbers masked, invisible tricks made visible, stacks of marks cut."""
    visible = _TRICKS.sub(lambda m: f"‹U+{ord(m[0]):04X}›", text)
    return masking.hide(_MARKS.sub(r"\1", visible))


def cut(text: str, length: int = 40) -> str:
    """The beginning of a text, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def readable(value: Any, names: Mapping[str, str] = NO_NAMES, key: str = "") -> str:
    """A collected value for people: no brackets, quotes or nulls; codes by their names, amounts with their unit. A part
    whose key has no name is for machines.
    """
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, int) and key.endswith("_fen"):
        return f"{yuan(value)}元"
    if isinstance(value, int) and key.endswith("_kb"):
        return volume(value)
    if isinstance(value, Mapping):
        parts = {k: inner for k, inner in value.items() if k in names and worth_showing(k, inner)}
        return "，".join(f"{names[k]} {readable(inner, names, k)}" for k, inner in parts.items())
    if isinstance(value, (list, tuple)):
        return "、".join(readable(inner, names, key) for inner in value)
    return names.get(str(value), str(value))


def worth_showing(name: str, value: Any) -> bool:
    """Not what is empty, nor a reference to a secret."""
    return value not in (None, "", [], {}) and not name.startswith("secret_")


def clock(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%H:%M}"


def day_and_clock(moment: datetime) -> str:
    return f"{moment.astimezone(SHANGHAI):%m-%d %H:%M}"


def day(moment: datetime) -> str:
    """The calendar day in China."""
    return f"{moment.astimezone(SHANGHAI):%Y-%m-%d}"


def iso(moment: datetime) -> str:
    return moment.isoformat()


def channel_of(conversation: str) -> str:
    """A conversation's id begins with its channel."""
    return conversation.split(":", 1)[0]


def surname_only(name: str) -> str:
    """王小明 → 王**."""
    return name[:1] + "*" * max(1, len(name) - 1)
