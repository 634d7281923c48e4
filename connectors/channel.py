"""What every channel's adapter is made from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from switchboard.model import Reply
from switchboard.ports import Clock, WebOutbox
from switchboard.settings import Settings

Numbered = Callable[[Reply, str], str]
"""One text of a reply in a language, choices numbered: `Wording.numbered`."""


@dataclass(frozen=True)
class Kit:
    """What an adapter may need; the composition root owns all of it."""

    settings: Settings
    http: aiohttp.ClientSession
    outbox: WebOutbox
    numbered: Numbered
    clock: Clock


def language_of(text: str) -> str:
    """`zh` if the text has a Chinese character, else `en`: for an OutboundMessage that does not say its language."""
    return "zh" if any("\u4e00" <= character <= "\u9fff" for character in text) else "en"


def cut(text: str, limit: int, size: Callable[[str], int] = len) -> list[str]:
    """Cut text into pieces of at most `limit` units of `size`: at a line, a sentence or a space in the second half."""
    pieces: list[str] = []
    while size(text) > limit:
        end = _longest(text, limit, size)
        marks = [text.rfind(mark, end // 2, end) for mark in ("\n", "。", "！", "？", ". ", "；", "，", " ")]
        best = next((mark + 1 for mark in marks if mark >= 0), end)
        pieces.append(text[:best].rstrip())
        text = text[best:].lstrip()
    return [*pieces, text] if text or not pieces else pieces


def _longest(text: str, limit: int, size: Callable[[str], int]) -> int:
    """How many characters from the start fit."""
    low, high = 1, min(len(text), limit)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if size(text[:middle]) <= limit else (low, middle - 1)
    return low
