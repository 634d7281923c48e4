"""The router's memory of the last list shown: a tap, "2", ２ or the label picks from it. And words that always work."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from switchboard.errors import BadWording
from switchboard.model import Choice, InboundMessage, TurnContext

_PART = re.compile(r"[，,。；;！!\n]")


class StaleChoice(Exception):
    """A tap on a list that is not the last one."""


@lru_cache(maxsize=256)
def fold(text: str) -> str:
    """Width, case, spaces and punctuation around the words do not matter. A message is folded several times."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    return "".join(c for c in plain if not (c.isspace() or unicodedata.category(c).startswith(("P", "C", "Z"))))


@lru_cache(maxsize=4096)
def folded(words: str) -> str:
    """`fold` for what comes again and again: words of content, labels of choices."""
    return fold(words)


def pick(message: InboundMessage, choices: Sequence[Choice], context: TurnContext) -> Choice | None:
    """What a message picks from the last list shown, None when it is no pick. Raises StaleChoice."""
    if message.token:
        for choice in choices:
            if choice.token == message.token:
                return choice
        raise StaleChoice(message.token)
    # While a form awaits a number, a code or a proof, "2" is just that.
    if context.awaits:
        return None
    text = fold(message.text)
    for choice in choices:
        if text and text in (str(choice.number), folded(choice.label)):
            return choice
    return None


class Commands:
    """Words that work whatever the bot is doing, read from content/terms/commands.yml: {command: [words]}."""

    def __init__(self, words: Mapping[str, Sequence[str]]) -> None:
        self._words = {command: frozenset(fold(str(word)) for word in listed) for command, listed in words.items()}

    @classmethod
    def load(cls, content: Path) -> Commands:
        """Raises BadWording."""
        path = content / "terms" / "commands.yml"
        loaded = YAML(typ="safe").load(path.read_text(encoding="utf-8")) if path.exists() else {}
        if not isinstance(loaded, dict) or not all(isinstance(words, list) for words in loaded.values()):
            raise BadWording(f"{path}: must be lists of words by command")
        return cls(loaded)

    def find(self, text: str) -> str:
        """The command that a whole message is, "" for none; where a word stands in several, the first of them."""
        said = fold(text)
        return next((command for command, words in self._words.items() if said in words), "")

    def leading(self, command: str, text: str) -> tuple[bool, str]:
        """Whether a message is this command, or begins with it as a part of its own; and what comes after that."""
        words = self._words.get(command, frozenset())
        if fold(text) in words:
            return True, ""
        first, _, rest = _PART.sub("\n", text, count=1).partition("\n")
        found = fold(first) in words
        return found, rest.strip() if found else ""
