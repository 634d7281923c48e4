"""Which language a person writes: it follows the last full sentence, and a code, a number or a name changes nothing."""

from __future__ import annotations

import re

from switchboard.masking import PLACEHOLDER
from switchboard.model import Language

_HAN = re.compile(r"[\u3400-\u9fff]")
_END = re.compile(r"[.!?;。！？；\n]+(?=\s|[\u3400-\u9fff]|$)|[。！？；\n]")
_WORD = re.compile(r"[a-z']+")
# Pinyin and codes are written in Latin letters too: only a word that makes an English sentence counts.
_ENGLISH = frozenset(
    "a about account agent am an and any are balance bill broadband buy call calls can cancel card change charged "
    "check close cost costs could customer data did do does english for forward from get give have hello help how i "
    "i'd i'm in international internet invoice is it left let like lost me messages minutes month move much my "
    "nearest need network no not of off offers on one open orders pack packs pay phone plan plans please points price "
    "prices recharge refund renew reset roaming service services set shop show signal slow speak stolen stop store "
    "talk tell thank thanks that the there this to top turn twice unlimited up usage want was what what's when where "
    "which who why will with working would you your".split()
)
_ALONE = frozenset("balance bill broadband english hello help invoice please recharge roaming thanks".split())
NAMES = 3
"""So many plain English words make a sentence in which a Chinese name may stand."""


def language_of(text: str) -> Language | None:
    """That of the last sentence that is Chinese or English; None where none is one for sure."""
    found = (_of(sentence) for sentence in reversed(_END.split(PLACEHOLDER.sub("", text))))
    return next((language for language in found if language), None)


def _of(sentence: str) -> Language | None:
    """Chinese for whatever has Chinese characters, unless they are few in an English sentence: what is called so."""
    words = _WORD.findall(sentence.lower())
    known = [word for word in words if word in _ENGLISH]
    if han := len(_HAN.findall(sentence)):
        return "en" if len(known) >= NAMES and len(words) >= han else "zh"
    if len(words) == 1:
        return "en" if words[0] in _ALONE else None
    return "en" if known and 3 * len(known) >= len(words) else None
