"""The rules of notices as data: content/terms/notices.yml. Which kind is what, and how a person ends and wants it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from switchboard.choices import fold, folded
from switchboard.errors import BadWording

LONGEST = 30
"""Characters of a sentence that ends a kind of notice; a longer one tells a story."""


@dataclass(frozen=True)
class Rule:
    """What holds for one kind of notice. `topic` is what ends it, "" for what nobody can end."""

    topic: str = ""
    legal: bool = False
    asked: bool = False
    share_percent: int = 100
    apart_days: int = 0
    after_minutes: int = 0

    def falls_on(self, what: str) -> bool:
        """Whether this one is of the share that is asked: always the same answer for the same thing."""
        return int(hashlib.sha256(what.encode()).hexdigest()[:8], 16) % 100 < self.share_percent


@dataclass(frozen=True)
class Topic:
    """A kind that people end and want again, by words that name it."""

    id: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Privacy:
    """What is said of personal data at first contact, by `version`, "" for nothing. It waits behind `urgent` wishes."""

    version: str = ""
    urgent: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Reminders:
    """Immutable after `load`. Without rules every notice is what its class says."""

    rules: Mapping[str, Rule] = field(default_factory=dict)
    topics: tuple[Topic, ...] = ()
    stop: tuple[str, ...] = ()
    start: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    nouns: tuple[str, ...] = ()
    fillers: tuple[str, ...] = ()
    privacy: Privacy = Privacy()

    @classmethod
    def load(cls, content: Path) -> Reminders:
        """Raises BadWording."""
        path = content / "terms" / "notices.yml"
        if not path.exists():
            return cls()
        try:
            return _read(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
        except (YAMLError, UnicodeDecodeError, TypeError, KeyError, AttributeError, ValueError) as error:
            raise BadWording(f"{path}: {error}") from error

    def wish(self, text: str) -> str:
        """What a sentence ends or wants again, as data:off or data:on; :off or :on where it names no kind, "" where it
        is about something else.
        """
        said = fold(text)
        if len(text) > LONGEST or not _has(said, self.about):
            return ""
        topic = next((one for one in self.topics if _has(said, one.words)), None)
        if topic is None:
            return self._of_no_kind(said)
        # In 关闭流量提醒 the topic stands between the words of 关闭提醒.
        bare = _without(said, topic.words)
        if _has(said, self.stop) or _has(bare, self.stop):
            return f"{topic.id}:off"
        return f"{topic.id}:on" if _has(said, self.start) or _has(bare, self.start) else ""

    def _of_no_kind(self, said: str) -> str:
        # In 关闭所有提醒 such a word stands between those of 关闭提醒.
        for text in (said, _without(said, self.fillers)):
            if not _without(text, (*self.stop, *self.start, *self.nouns, *self.fillers)):
                if _has(text, self.stop):
                    return ":off"
                if _has(text, self.start):
                    return ":on"
        return ""


def _without(said: str, words: Sequence[str]) -> str:
    for word in sorted(map(folded, words), key=len, reverse=True):
        said = said.replace(word, "")
    return said


def _has(said: str, words: Sequence[str]) -> bool:
    return any(folded(word) in said for word in words)


def _read(data: Mapping[str, Any]) -> Reminders:
    topics = tuple(Topic(name, tuple(words)) for name, words in data["topics"].items())
    rules = {name: Rule(**rule) for name, rule in data["notices"].items()}
    unknown = {rule.topic for rule in rules.values()} - {one.id for one in topics} - {""}
    if unknown:
        raise ValueError(f"unknown topic {', '.join(sorted(unknown))}")
    words = {name: tuple(data[name]) for name in ("stop", "start", "about", "nouns", "fillers")}
    privacy = Privacy(str(data["privacy"]["version"]), frozenset(data["privacy"]["urgent"]))
    return Reminders(rules, topics, **words, privacy=privacy)
