"""The features of a text as strings: characters, sounds, tokens, words, pairs. Pure functions, no model."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from bot.nlu.sounds import syllables

VIEWS = "cstwpn"
"""The prefixes of features: characters, sounds, tokens, words, pairs apart, numbers."""
_DIGITS = re.compile(r"\d+")
_NUMERALS = re.compile(r"[零一二三四五六七八九十百千两幺]{2,}")
_WORD = re.compile(r"[a-z']+")
_UNIT = re.compile(r"[a-z']+|[^\W\d_a-z]")
_IDEOGRAPHIC = re.compile("[\u2e80-\uffdc]")
_LONG_NUMBER = 6
_REACH = 9
_MOST_UNITS = 40


def shaped(text: str) -> str:
    """Text in which numbers are only shapes: which amount or number it is must not decide what is wanted."""
    text = _DIGITS.sub(lambda found: "0" * min(len(found[0]), _LONG_NUMBER), text)
    return _NUMERALS.sub("〇", text)


def is_ideographic(text: str) -> bool:
    """Whether a text holds characters that are words or syllables rather than letters."""
    return _IDEOGRAPHIC.search(text) is not None


def grams(text: str, tokens: Sequence[str], views: Collection[str] = VIEWS) -> set[str]:
    """All features of a normalised text with its tokens, of some views. The prefix says which view each belongs to."""
    found: set[str] = set()
    if "c" in views:
        # Three letters tell about as much as one ideograph.
        low, high = (1, 3) if is_ideographic(text) else (3, 5)
        found.update(_runs(f"^{shaped(text)}$", low, high))
    if "s" in views:
        found.update(_sequences(["^", *syllables(text), "$"], 1, 2, "s"))
    if "t" in views:
        found.update(_sequences(["^", *tokens, "$"], 1, 2, "t"))
    if "w" in views:
        found.update(_sequences(_WORD.findall(text), 1, 2, "w"))
    if "p" in views:
        found.update(_pairs(_UNIT.findall(shaped(text))[:_MOST_UNITS]))
    if "n" in views:
        found.update(f"n:{number}" for number in _DIGITS.findall(text))
    return found


def _runs(text: str, low: int, high: int) -> Iterator[str]:
    for length in range(low, high + 1):
        for start in range(len(text) - length + 1):
            yield f"c:{text[start : start + length]}"


def _sequences(items: Sequence[str], low: int, high: int, view: str) -> Iterator[str]:
    for length in range(low, high + 1):
        for start in range(len(items) - length + 1):
            yield f"{view}:{' '.join(items[start : start + length])}"


def _pairs(units: Sequence[str]) -> Iterator[str]:
    """What stands before what with something in between: 查…月 stays the same whatever is said between them."""
    for start, first in enumerate(units):
        for second in units[start + 2 : start + _REACH + 1]:
            yield f"p:{first} {second}"
