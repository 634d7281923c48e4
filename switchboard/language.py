"""Which language a person writes: it follows the last full sentence, and a code, a number or a name changes nothing."""

from __future__ import annotations

import re

from switchboard.masking import PLACEHOLDER
from switchboard.model import Language

_HAN = re.compile(r"[\u3400-\u9fff]")
_WORD = re.compile(r"[a-z']+")
# Pinyin and codes are written in Latin letters too: only a word that makes an English sentence counts.
_ENGLISH = frozenset(
    "a about am an and any are buy can change check could did do does english for from get give have hello help how i "
    "i'd i'm in is it left let like me month much my need not of on one please show tell thank thanks that the there "
    "this to top up want was what what's when where which who why will with would you your".split()
)
_ALONE = frozenset({"english", "hello", "help", "please", "thanks"})


def language_of(text: str) -> Language | None:
    """`zh` for a text with Chinese characters, `en` for an English sentence, None for what could be either."""
    if _HAN.search(text):
        return "zh"
    words = _WORD.findall(PLACEHOLDER.sub("", text).lower())
    known = [word for word in words if word in _ENGLISH]
    if len(words) == 1:
        return "en" if words[0] in _ALONE else None
    return "en" if known and 3 * len(known) >= len(words) else None
