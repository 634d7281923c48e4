"""Which language a person writes: it follows the last full sentence, and a code, a number or a name changes nothing."""

from __future__ import annotations

import re

from switchboard.masking import PLACEHOLDER
from switchboard.model import Language

_HAN = re.compile(r"[\u3400-\u9fff]")
_END = re.compile(r"[.!?;。！？；\n]+(?=\s|[\u3400-\u9fff]|$)|[。！？；\n]")
_ADDRESS = re.compile(r"[^\s@\u3400-\u9fff]+@[^\s\u3400-\u9fff]+|\bhttps?://\S+|\bwww\.\S+")
"""Of mail or a page: in nobody's language."""
_WORD = re.compile(r"[a-z']+")
# Pinyin and codes are written in Latin letters too: only a word that makes an English sentence counts.
_ENGLISH = frozenset(
    "a about account agent am an and any anyone are arrive arrived balance bill broadband buy call calls can cancel "
    "cancelled card change charged check close cost costs could customer data deducted did do does english for "
    "forward from get give have hello help how i i'd i'm in international internet invoice is it left let like lost "
    "me membership messages minutes month move much my nearest need network never next no not number of off offers on "
    "one open order ordered orders pack packs paid pay phone plan plans please points price prices recharge refund "
    "refunded renew reset roaming service services set shop show signal slow someone speak stolen stop store "
    "subscription talk tell thank thanks that the there this to today tomorrow top turn twice unlimited up usage use "
    "used want was what what's when where which who why will with working would yesterday you your".split()
)
_ALONE = frozenset("balance bill broadband english hello help invoice please recharge roaming thanks".split())
NAMES = 3
"""So many plain English words make a sentence in which a Chinese name may stand."""


def language_of(text: str) -> Language | None:
    """That of the last sentence that is Chinese or English; None where none is one for sure."""
    plain = _ADDRESS.sub(" ", PLACEHOLDER.sub("", text))
    found = (_of(sentence) for sentence in reversed(_END.split(plain)))
    return next((language for language in found if language), None)


def _of(sentence: str) -> Language | None:
    """Chinese for whatever has Chinese characters, unless they are few in an English sentence ("what is 低消")."""
    words = _WORD.findall(sentence.lower())
    known = [word for word in words if word in _ENGLISH]
    if han := len(_HAN.findall(sentence)):
        asked = len(known) == len(words) > 1 and sentence.lstrip()[:1].isascii()
        return "en" if (len(known) >= NAMES or asked) and len(words) >= han else "zh"
    if len(words) == 1:
        return "en" if words[0] in _ALONE else None
    return "en" if known and 3 * len(known) >= len(words) else None
