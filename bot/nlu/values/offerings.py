"""Plans, packs and services by name or alias, else by sound; digits must always be equal (99 is not 199).

Names come from the catalogue while the bot runs, aliases from a lookup file. A name that several offerings share
(畅享 is a family of plans) gives `among`, the ids to ask about, instead of `offering`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rapidfuzz import fuzz

from bot.nlu.normal import normalise
from bot.nlu.sounds import syllables
from bot.nlu.values.found import Found
from bot.nlu.values.names import Spellings
from bot.nlu.values.numerals import NUMERAL, parse_number

_WORD = re.compile(rf"(?P<generation>[2-6]g(?![a-z]))|(?P<number>{NUMERAL}{{2,}}|\d+)|[a-z]+|.", re.DOTALL)
_GENERATION = re.compile(r"[2-6]g(?!b)")
_PRICE = re.compile(r"\d+(?:\.\d+)?(?:元|yuan)?")
_KIND = re.compile(r"套餐$| ?plan$")
_CONSONANTS = "bpmfdtnlgkhjqxrzcsyw"
_FEWEST_SYLLABLES = 3
_LONG_NAME = 5


@dataclass(frozen=True)
class Offering:
    """An offering of the catalogue, or the aliases of one. `is_plan` gives it short forms of its name."""

    id: str
    names: tuple[str, ...]
    is_plan: bool = False


@dataclass(frozen=True)
class _Sound:
    ids: tuple[str, ...]
    plain: tuple[str, ...]
    numbers: frozenset[str]


@dataclass(frozen=True)
class _Word:
    """A syllable or a number of a text, with the characters it stands for."""

    start: int
    end: int
    sound: str
    number: str = ""


class OfferingFinder:
    """Finds offerings in a normalised text."""

    def __init__(self, offerings: Iterable[Offering], likeness: float, others: Iterable[str] = ()) -> None:
        """`likeness` (0-100): how alike one syllable in a name of five or more must sound; the others are equal.

        `others` contain a name but mean something else (家庭网络 is not 家庭网).
        """
        self._likeness = likeness
        meanings: dict[str, dict[str, None]] = {}
        for offering in offerings:
            for name in spellings(offering):
                meanings.setdefault(name, {})[offering.id] = None
        named = {name: tuple(ids) for name, ids in meanings.items()}
        self._exact = Spellings({**{normalise(one).text: () for one in others}, **named})
        self._sounds = [sound for name, ids in meanings.items() if (sound := _sound(name, tuple(ids)))]
        self._numbers: dict[str, set[str]] = {}
        for name, ids in meanings.items():
            numbers = {word.number for word in _words(name) if word.number}
            for one in ids:
                self._numbers.setdefault(one, set()).update(numbers)
        self._by_syllable: dict[str, list[int]] = {}
        for index, sound in enumerate(self._sounds):
            for syllable in set(sound.plain):
                self._by_syllable.setdefault(syllable, []).append(index)

    def find(self, text: str) -> list[Found]:
        """Exact spellings, or else what sounds most alike."""
        exact = list(self._exact.find(text))
        for start, end, ids in exact:
            if not ids:
                text = text[:start] + " " * (end - start) + text[end:]
        named = [one for one in exact if one[2]]
        return self._agreeing(text, named) if named else self._by_sound(text)

    def _agreeing(self, text: str, exact: list[tuple[int, int, tuple[str, ...]]]) -> list[Found]:
        """Without those whose numbers are others than the one that stands beside the name: 畅享的98 is not 畅享99."""
        words, found = list(_words(text)), []
        named_by = _owners(text, words, exact)
        for index, (start, end, ids) in enumerate(exact):
            free = [word for word in words if named_by.get(word.start, index) == index]
            beside = _with_numbers(free, start, end)[2]
            agreeing = tuple(one for one in ids if not self._numbers[one] or beside <= self._numbers[one])
            if agreeing:
                found.append(_found(start, end, agreeing))
        return found

    def _by_sound(self, text: str) -> list[Found]:
        words = list(_words(text))
        heard = [word for word in words if word.sound]
        best: tuple[int, int] = (0, 0)
        found: dict[tuple[str, ...], Found] = {}
        for sound in self._candidates({word.sound for word in heard}):
            for equal, start, end in self._places(sound, heard):
                start, end, numbers = _with_numbers(words, start, end)
                rank = (len(sound.numbers), equal)
                if numbers != sound.numbers or rank < best:
                    continue
                if rank > best:
                    best, found = rank, {}
                found[sound.ids] = _found(start, end, sound.ids)
        return list(found.values()) if len(found) == 1 else _among(found)

    def _candidates(self, heard: set[str]) -> Iterator[_Sound]:
        shared: dict[int, int] = {}
        for syllable in heard:
            for index in self._by_syllable.get(syllable, ()):
                shared[index] = shared.get(index, 0) + 1
        for index, count in shared.items():
            sound = self._sounds[index]
            if count >= len(set(sound.plain)) - (len(sound.plain) >= _LONG_NAME):
                yield sound

    def _places(self, sound: _Sound, heard: list[_Word]) -> Iterator[tuple[int, int, int]]:
        """(equal syllables, start, end in characters) of all places that sound like a name."""
        length = len(sound.plain)
        for first in range(len(heard) - length + 1):
            unequal = [
                (name, word.sound)
                for name, word in zip(sound.plain, heard[first : first + length], strict=True)
                if name != word.sound
            ]
            if not unequal or (len(unequal) == 1 and length >= _LONG_NAME and self._is_alike(*unequal[0])):
                yield length - len(unequal), heard[first].start, heard[first + length - 1].end

    def _is_alike(self, one: str, other: str) -> bool:
        """Recognisers mix up what begins a syllable more than what ends it."""
        return one.lstrip(_CONSONANTS) == other.lstrip(_CONSONANTS) or fuzz.ratio(one, other) >= self._likeness


def spellings(offering: Offering) -> Iterator[str]:
    """The normalised spellings of an offering; of a plan also without its kind, its generation or its price."""
    for name in offering.names:
        normal = normalise(name).text
        yield from dict.fromkeys((normal, _closed(normal)))
        if offering.is_plan:
            yield from dict.fromkeys(short for short in _short_forms(normal) if len(short) > 1)


def _short_forms(name: str) -> Iterator[str]:
    bare = _KIND.sub("", name).strip()
    price = _PRICE.search(_GENERATION.sub(lambda match: "#" * len(match[0]), bare))
    if not price:
        return
    number = bare[price.start() : price.end()].removesuffix("元").removesuffix("yuan")
    core = (bare[: price.start()] + bare[price.end() :]).strip()
    word = _GENERATION.sub("", core).strip()
    generation = _GENERATION.search(core)
    if not word or not any(char.isalpha() for char in word):
        return
    space = " " if word.isascii() else ""
    if space:
        # English words of a name stand in many other sentences ("light", "talk"): never without the price.
        yield from (bare, f"{word} {number}", f"{word} plan")
        return
    for stem in dict.fromkeys((core, word, f"{generation[0]}{word}" if generation else word)):
        yield from (f"{_closed(stem)}{number}元", f"{_closed(stem)}{number}", f"{_closed(stem)}{number}套餐")
        yield from (_closed(stem), f"{_closed(stem)}套餐")


def _closed(text: str) -> str:
    """Without spaces between Chinese words; people write them or not."""
    return text if text.isascii() else text.replace(" ", "")


def _found(start: int, end: int, ids: tuple[str, ...]) -> Found:
    return Found("offering", start, end, ids[0]) if len(ids) == 1 else Found("among", start, end, list(ids))


def _among(found: dict[tuple[str, ...], Found]) -> list[Found]:
    """Several that sound equally alike, in one place: one question."""
    if not found:
        return []
    first = next(iter(found.values()))
    ids = dict.fromkeys(one for ids in found for one in ids)
    return [_found(first.start, first.end, tuple(ids))]


def _sound(name: str, ids: tuple[str, ...]) -> _Sound | None:
    words = list(_words(name))
    plain = tuple(word.sound for word in words if word.sound)
    if len(plain) < _FEWEST_SYLLABLES:
        return None
    return _Sound(ids, plain, frozenset(word.number for word in words if word.number))


def _owners(text: str, words: list[_Word], exact: list[tuple[int, int, tuple[str, ...]]]) -> dict[int, int]:
    """Which match a number belongs to, by where it starts: inside a name or behind it (畅享99, 畅享的99)."""
    return {
        word.start: index
        for word in words
        if word.number
        for index, (start, end, _) in enumerate(exact)
        if start <= word.start < end or (end <= word.start and text[end : word.start] in ("", "的"))
    }


def _with_numbers(words: list[_Word], start: int, end: int) -> tuple[int, int, frozenset[str]]:
    """The place widened by the numbers that touch it (one character between is skipped), and all numbers in it."""
    for word in words:
        if word.number and end <= word.start <= end + 1:
            end = word.end
    for word in reversed(words):
        if word.number and start - 1 <= word.end <= start:
            start = word.start
    return start, end, frozenset(word.number for word in words if word.number and start <= word.start < end)


def _words(text: str) -> Iterator[_Word]:
    """Syllables and numbers; numbers are compared by value, network generations (5g) as they are written."""
    for match in _WORD.finditer(text):
        if match["generation"] or match["number"]:
            number = match["generation"] or str(parse_number(match["number"]))
            yield _Word(match.start(), match.end(), "", number)
            continue
        for sound in syllables(match[0]):
            yield _Word(match.start(), match.end(), sound)
