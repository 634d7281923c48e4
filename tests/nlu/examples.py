"""The project's training examples as plain rows, without Rasa, and what makes two of them alike."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

from bot.nlu.normal import normalise

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data" / "nlu"
_LATIN = re.compile(r"[a-z]")


@dataclass(frozen=True)
class Example:
    """One line of a training file."""

    file: str
    intent: str
    topic: str
    text: str

    @property
    def reading(self) -> str:
        """Intent, or intent/topic."""
        return f"{self.intent}/{self.topic}" if self.topic else self.intent

    @property
    def is_english(self) -> bool:
        """Latin letters and no Chinese character; pinyin without a blank is not English."""
        return not han(self.text) and bool(_LATIN.search(self.text.lower())) and " " in self.text.strip()


def examples(folder: Path = DATA) -> Iterator[Example]:
    """Every example of every file; a line that Rasa would drop silently is an error."""
    for path in sorted(folder.glob("*.yml")):
        for block in YAML(typ="safe").load(path)["nlu"]:
            topic = block.get("metadata", {}).get("topic", "")
            for line in block["examples"].splitlines():
                if not line.startswith("- "):
                    raise ValueError(f"{path.name}: {line!r} does not begin with '- '")
                yield Example(path.name, block["intent"], topic, line[2:])


def han(text: str) -> str:
    """Only the Chinese characters."""
    return "".join(char for char in text if "\u4e00" <= char <= "\u9fff")


def four_grams(text: str) -> frozenset[str]:
    """Runs of four Chinese characters."""
    chinese = han(text)
    return frozenset(chinese[start : start + 4] for start in range(len(chinese) - 3))


def skeleton(text: str) -> str:
    """A text without what is said around a wish: two examples with one skeleton are one example."""
    return _around().sub("", normalise(text).text)


@lru_cache(maxsize=1)
def _around() -> re.Pattern[str]:
    """Openings, fillers and endings, as the noise of training adds them, and punctuation."""
    noise = YAML(typ="safe").load(ROOT / "data/lookup/noise.yml")["zh"]
    words = {normalise(word).text for name in ("openings", "fillers", "endings") for word in noise[name]}
    longest_first = sorted(filter(None, words), key=len, reverse=True)
    return re.compile("|".join([*map(re.escape, longest_first), r"[\s,.;!?，。！？、]+"]))
