"""The features of a text as strings: characters, sounds and tokens in short sequences. Pure functions, no model."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.nlu.sounds import syllables

_DIGITS = re.compile(r"\d+")
_NUMERALS = re.compile(r"[零一二三四五六七八九十百千两幺]{2,}")
_WORD = re.compile(r"[a-z']+")
_LONG_NUMBER = 6


def shaped(text: str) -> str:
    """Text in which numbers are only shapes: which amount or number it is must not decide what is wanted."""
    text = _DIGITS.sub(lambda found: "0" * min(len(found[0]), _LONG_NUMBER), text)
    return _NUMERALS.sub("〇", text)


def grams(text: str, tokens: Sequence[str]) -> set[str]:
    """All features of a normalised text with its tokens. The prefix says which view a feature belongs to."""
    found = set(_sequences(f"^{shaped(text)}$", 1, 4, "c", ""))
    found.update(_sequences(["^", *syllables(text), "$"], 1, 3, "s", " "))
    found.update(_sequences(["^", *tokens, "$"], 1, 2, "t", " "))
    found.update(_sequences(_WORD.findall(text), 1, 2, "w", " "))
    found.update(f"n:{number}" for number in _DIGITS.findall(text))
    return found


def _sequences(items: Sequence[str], low: int, high: int, view: str, glue: str) -> Iterator[str]:
    for length in range(low, high + 1):
        for start in range(len(items) - length + 1):
            yield f"{view}:{glue.join(items[start : start + length])}"
