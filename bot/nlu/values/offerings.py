"""Plans, packs and services by name or alias, else by sound; digits must always be equal (99 is not 199)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from bot.nlu.normal import normalise
from bot.nlu.sounds import syllables
from bot.nlu.values.found import Found
from bot.nlu.values.names import NameFinder
from bot.nlu.values.numerals import NUMERAL, parse_number

_SPOKEN_NUMBER = re.compile(rf"{NUMERAL}{{2,}}|\d+")
_GENERATION = re.compile(r"[2-6]g")
_FEWEST_SYLLABLES = 3
_LONG_NAME = 5


@dataclass(frozen=True)
class Offering:
    """An offering as the lookup file has it."""

    id: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class _Sound:
    id: str
    spelled: str
    numbers: frozenset[str]
    length: int


class OfferingFinder:
    """Finds offerings in a normalised text."""

    def __init__(self, offerings: list[Offering], likeness: float) -> None:
        """`likeness` (0-100) is how alike names of five or more syllables must sound; shorter ones must be equal."""
        self._likeness = likeness
        self._exact = NameFinder("offering", {offering.id: list(offering.names) for offering in offerings})
        self._sounds = [
            _sound(offering.id, normalise(name).text)
            for offering in offerings
            for name in offering.names
            if len(_plain(normalise(name).text)) >= _FEWEST_SYLLABLES
        ]
        self._numbers = {
            offering.id: frozenset().union(*(_numbers(normalise(name).text) for name in offering.names))
            for offering in offerings
        }

    def find(self, text: str) -> list[Found]:
        """Exact spellings, or else the one offering that sounds most alike."""
        return self._exact.find(text) or self._by_sound(text)

    def _by_sound(self, text: str) -> list[Found]:
        said = " ".join(_plain(text))
        numbers = _numbers(text)
        alike = [
            (rate, sound.length, sound.id)
            for sound in self._sounds
            if sound.numbers <= numbers <= self._numbers[sound.id] and len(said) >= len(sound.spelled) - 3
            if (rate := fuzz.partial_ratio(sound.spelled, said))
            >= (self._likeness if sound.length >= _LONG_NAME else 100)
        ]
        best = max((one[:2] for one in alike), default=None)
        ids = {name for rate, length, name in alike if (rate, length) == best}
        return [Found("offering", 0, len(text), ids.pop())] if len(ids) == 1 else []


def _sound(offering: str, name: str) -> _Sound:
    plain = _plain(name)
    return _Sound(offering, " ".join(plain), _numbers(name), len(plain))


def _plain(text: str) -> list[str]:
    """The syllables without numbers: numbers are compared by value."""
    return syllables(_SPOKEN_NUMBER.sub("", text))


def _numbers(text: str) -> frozenset[str]:
    """The numbers in a text by value; network generations (5g) count as they are written."""
    generations = _GENERATION.findall(text)
    rest = _GENERATION.sub("", text)
    return frozenset([*generations, *(str(parse_number(match)) for match in _SPOKEN_NUMBER.findall(rest))])
