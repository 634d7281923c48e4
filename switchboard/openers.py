"""Messages that only begin: a greeting, "I would like to …". What follows at once belongs to them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ruamel.yaml import YAML

from switchboard.choices import fold
from switchboard.errors import BadWording

LONGEST = 24
"""Characters; whoever wrote more has said something."""


class Openers:
    """Knows them by the words of content/terms/openers.yml: a message of nothing but these words is an opener."""

    def __init__(self, words: Iterable[str]) -> None:
        self._words = frozenset(fold(str(word)) for word in words) - {""}
        self._lengths = sorted({len(word) for word in self._words})

    @classmethod
    def load(cls, content: Path) -> Openers:
        """Raises BadWording."""
        path = content / "terms" / "openers.yml"
        loaded = YAML(typ="safe").load(path.read_text(encoding="utf-8")) if path.exists() else {}
        groups = loaded.get("openers", []) if isinstance(loaded, dict) else None
        if not isinstance(groups, list) or not all(isinstance(group, list) for group in groups):
            raise BadWording(f"{path}: openers must be lists of words")
        return cls(word for group in groups for word in group)

    def is_opener(self, text: str) -> bool:
        """Whether nothing is said yet."""
        folded = fold(text) if len(text) <= LONGEST else ""
        return bool(folded) and self._is_all_words(folded)

    def _is_all_words(self, text: str) -> bool:
        """Each place once, so that words which begin alike (查, 查查) cost no more than others."""
        reached = {0}
        for start in range(len(text)):
            if start in reached:
                reached.update(start + n for n in self._lengths if text[start : start + n] in self._words)
        return len(text) in reached
