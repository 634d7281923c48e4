"""The router's memory of the last list shown: a tap, "2", ２ or the label picks from it. And words that always work."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import islice
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

    def is_one(self, command: str, text: str) -> bool:
        """Whether a whole message is this command, whatever else its words may be."""
        return fold(text) in self._words.get(command, frozenset())

    def leading(self, command: str, text: str) -> tuple[bool, str]:
        """Whether a message is this command, or begins with it as one or two parts of its own; and what comes after."""
        if self.is_one(command, text):
            return True, ""
        for cut in islice(_PART.finditer(text), 2):
            if self.is_one(command, text[: cut.start()]):
                return True, text[cut.end() :].strip()
        return False, ""
