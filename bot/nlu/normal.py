"""One spelling for what is written in many: NFKC, simplified characters, lower case, no endless repeats.

Every character of the result knows which characters of the original it stands for, so that entities and tokens are
reported in original offsets.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import opencc

PLACEHOLDER = re.compile(r"⟦([a-z]+):([^⟦⟧]*)⟧")
_PLACEHOLDER_BASE = 0xE000
_KINDS = ("code", "card", "bankcard", "id", "password")
_MAX_REPEAT = 2
_MAX_MARKS = 2
# The two spellings of 账 are both in daily use and mean the same to a subscriber.
_SAME = str.maketrans("帐妳祢佢", "账你你他")
# opencc takes the spoken digit 幺 for a variant of 么.
_KEPT = frozenset("幺")


@dataclass(frozen=True)
class Normal:
    """Normalised text; character i stands for original[starts[i]:ends[i]]."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The original offsets of a non-empty span [start, end) of the normalised text."""
        return self.starts[start], self.ends[end - 1]

    def fingerprint(self) -> str:
        """Its text: which characters it stands for follows from the original, which is kept beside it."""
        return self.text

    def cut(self, start: int, end: int) -> Normal:
        """The part [start, end), still pointing into the same original."""
        return Normal(self.text[start:end], self.starts[start:end], self.ends[start:end])


def placeholder_char(kind: str) -> str:
    """The single private-use character that stands for a placeholder of this kind."""
    index = _KINDS.index(kind) if kind in _KINDS else len(_KINDS)
    return chr(_PLACEHOLDER_BASE + index)


def is_placeholder_char(char: str) -> bool:
    """Whether a character of normalised text stands for a placeholder."""
    return _PLACEHOLDER_BASE <= ord(char) <= _PLACEHOLDER_BASE + len(_KINDS)


def normalise(text: str) -> Normal:
    """Normalise a text of any length and content; never raises, and costs time linear in the length."""
    chars: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for piece, start, end in _pieces(text):
        for char in piece:
            if _is_repeat(chars, char):
                ends[-1] = end
                continue
            chars.append(char)
            starts.append(start)
            ends.append(end)
    return _trimmed(Normal(_simplified("".join(chars)), tuple(starts), tuple(ends)))


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield (normalised piece, start, end) of placeholders and of clusters (a character with its combining marks)."""
    position = 0
    for match in PLACEHOLDER.finditer(text):
        yield from _clusters(text, position, match.start())
        yield placeholder_char(match[1]), match.start(), match.end()
        position = match.end()
    yield from _clusters(text, position, len(text))


def _clusters(text: str, position: int, stop: int) -> Iterator[tuple[str, int, int]]:
    while position < stop:
        end = position + 1
        while end < stop and unicodedata.combining(text[end]):
            end += 1
        yield _fold(text[position : min(end, position + 1 + _MAX_MARKS)]), position, end
        position = end


@lru_cache(maxsize=8192)
def _fold(cluster: str) -> str:
    folded = unicodedata.normalize("NFKC", cluster).lower()
    return "".join(" " if char.isspace() else char for char in folded if _keep(char))


def _keep(char: str) -> bool:
    """Controls, zero-width and direction marks, surrogates and foreign private-use characters say nothing to us."""
    return char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}


def _is_repeat(chars: list[str], char: str) -> bool:
    if char == " ":
        return bool(chars) and chars[-1] == " "
    if char.isnumeric() or char in _KEPT or is_placeholder_char(char):
        return False
    return len(chars) >= _MAX_REPEAT and all(before == char for before in chars[-_MAX_REPEAT:])


def _trimmed(normal: Normal) -> Normal:
    stripped = normal.text.strip(" ")
    start = normal.text.find(stripped) if stripped else 0
    return normal.cut(start, start + len(stripped))


def _simplified(text: str) -> str:
    converted: str = _converter().convert(text)
    if len(converted) != len(text):
        # A phrase rule changed the length; character by character keeps the offsets.
        converted = "".join(_one_char(char) for char in text)
    kept = zip(text, converted, strict=True)
    return "".join(char if char in _KEPT else new for char, new in kept).translate(_SAME)


def _one_char(char: str) -> str:
    converted: str = _converter().convert(char)
    return converted if len(converted) == 1 else char


@lru_cache(maxsize=1)
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")
