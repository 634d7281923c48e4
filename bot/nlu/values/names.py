"""Names from lookup files: regions, languages; longest spelling first."""

from __future__ import annotations

import re
from collections.abc import Mapping

from bot.nlu.normal import normalise
from bot.nlu.values.found import Found


class NameFinder:
    """Finds spellings in a normalised text and gives the value each stands for."""

    def __init__(self, entity: str, spellings: Mapping[str, list[str]]) -> None:
        """`spellings` by value, as in data/lookup/regions.yml."""
        self._entity = entity
        self._values = {normalise(name).text: value for value, names in spellings.items() for name in names}
        latin = sorted((name for name in self._values if name.isascii()), key=len, reverse=True)
        other = sorted((name for name in self._values if not name.isascii()), key=len, reverse=True)
        alternatives = [*map(re.escape, other), *(rf"(?<![a-z]){re.escape(name)}(?![a-z])" for name in latin)]
        self._pattern = re.compile("|".join(alternatives) or r"(?!)")

    def find(self, text: str) -> list[Found]:
        """All names in the text, left to right."""
        return [
            Found(self._entity, match.start(), match.end(), self._values[match[0]])
            for match in self._pattern.finditer(text)
        ]
