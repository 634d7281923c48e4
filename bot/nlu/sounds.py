"""How text sounds: characters and typed pinyin become the same syllables, so that homophones meet.

流两 sounds as 流量 does, and "hua fei" as 话费.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from pypinyin.pinyin_dict import pinyin_dict

_INITIALS = "b p m f d t n l g k h j q x zh ch sh r z c s y w".split()
_FINALS = (
    "a o e ai ei ao ou an en ang eng ong i ia ie iao iu ian in iang ing iong u ua uo uai ui uan un uang ue v ve".split()
)
_BARE = "a|o|e|ai|ei|ao|ou|an|en|ang|eng|er"


def _longest_first(spellings: list[str]) -> str:
    return "|".join(sorted(spellings, key=len, reverse=True))


_SYLLABLE = re.compile(f"(?:{_longest_first(_INITIALS)})(?:{_longest_first(_FINALS)})|(?:{_BARE})")
_LATIN_RUN = re.compile(r"[a-z]+")
# Speakers (and recognisers) mix these up; they count as one sound.
_RETROFLEX = {"zh": "z", "ch": "c", "sh": "s"}


def syllables(text: str) -> list[str]:
    """The folded syllables of a normalised text, in order; what has no sound is left out."""
    sounds: list[str] = []
    position = 0
    while position < len(text):
        run = _LATIN_RUN.match(text, position)
        if run:
            sounds += spelled(run[0])
            position = run.end()
            continue
        sound = _of_char(text[position])
        if sound:
            sounds.append(sound)
        position += 1
    return sounds


@lru_cache(maxsize=4096)
def spelled(word: str) -> tuple[str, ...]:
    """The syllables of a word typed in pinyin ("huafei" is hua, fei), or the word itself when it is not pinyin."""
    found: list[str] = []
    position = 0
    while position < len(word):
        match = _SYLLABLE.match(word, position)
        if not match:
            return (word,)
        found.append(_folded(match[0]))
        position = match.end()
    return tuple(found)


@lru_cache(maxsize=16384)
def _of_char(char: str) -> str:
    readings = pinyin_dict.get(ord(char), "")
    if not readings:
        return ""
    plain = unicodedata.normalize("NFD", readings.split(",")[0].replace("ü", "v"))
    return _folded("".join(letter for letter in plain if letter.isascii()))


def _folded(syllable: str) -> str:
    for spelling, sound in _RETROFLEX.items():
        if syllable.startswith(spelling):
            syllable = sound + syllable[len(spelling) :]
    return syllable[:-1] if syllable.endswith("ng") else syllable
