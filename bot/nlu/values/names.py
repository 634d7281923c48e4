"""Names from lookup files: regions, countries, languages, services; longest spelling first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.nlu.normal import normalise
from bot.nlu.values.found import Found


class Spellings:
    """Finds fixed strings in a normalised text, in time that does not grow with their number."""

    def __init__(self, meanings: Mapping[str, Any]) -> None:
        """What each normalised spelling stands for."""
        self._meanings = meanings
        starts: dict[str, list[str]] = {}
        for spelling in sorted(meanings, key=len, reverse=True):
            if spelling:
                starts.setdefault(spelling[:2] if len(spelling) > 1 else spelling, []).append(spelling)
        self._starts = starts
        self._first = re.compile(f"[{re.escape(''.join({start[0] for start in starts}))}]" if starts else r"(?!)")

    def find(self, text: str) -> Iterator[tuple[int, int, Any]]:
        """(start, end, meaning) of each spelling, left to right, the longest where several begin."""
        position = 0
        while first := self._first.search(text, position):
            start = first.start()
            end = self._end(text, start)
            if end:
                yield start, end, self._meanings[text[start:end]]
            position = end or start + 1

    def _end(self, text: str, position: int) -> int:
        for start in (text[position : position + 2], text[position]):
            for spelling in self._starts.get(start, ()):
                if text.startswith(spelling, position) and _is_whole(text, position, position + len(spelling)):
                    return position + len(spelling)
        return 0


class NameFinder:
    """Finds spellings in a normalised text and gives the value each stands for."""

    def __init__(self, entity: str, spellings: Mapping[str, Iterable[str]]) -> None:
        """`spellings` by value, as in data/lookup/regions.yml; those of the value "" are no names."""
        self._entity = entity
        self._spellings = Spellings(
            {normalise(name).text: value for value, names in spellings.items() for name in names}
        )

    def find(self, text: str) -> list[Found]:
        """All names in the text, left to right."""
        return [Found(self._entity, start, end, value) for start, end, value in self._spellings.find(text) if value]


def _is_whole(text: str, start: int, end: int) -> bool:
    """A Latin spelling does not begin or end inside a word; Chinese has no such borders."""
    return not (
        (_is_latin(text[start]) and start and _is_latin(text[start - 1]))
        or (_is_latin(text[end - 1]) and end < len(text) and _is_latin(text[end]))
    )


def _is_latin(char: str) -> bool:
    return "a" <= char <= "z"
