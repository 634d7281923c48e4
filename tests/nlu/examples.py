"""The project's training examples as plain rows, without Rasa."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

DATA = Path(__file__).resolve().parents[2] / "data" / "nlu"


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
