"""The evaluation sets beside the project, and which readings of ours count as right."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
EVAL = ROOT.parent / "shared" / "eval"
FRAGMENT = "unintelligible_or_fragment"
NOT_ACTED_ON = frozenset({"nlu_fallback", "out_of_scope"})
"""Readings after which the bot does nothing but ask."""
MAP = ROOT / "tests/nlu/label_map.yml"


@dataclass(frozen=True)
class Line:
    """One utterance with its label, and a second one that counts as right too ("" if there is none)."""

    id: str
    split: str
    text: str
    label: str
    alt: str

    @property
    def spoken(self) -> str:
        """The text with its masks filled in by what they hide."""
        return self.text.replace("[NUM]", "13800138000").replace("[NAME]", "小王")

    @property
    def is_fragment(self) -> bool:
        """Whether nobody could tell what is wanted."""
        return self.label == FRAGMENT


def dev_lines(path: Path = EVAL / "requests_dev.tsv") -> list[Line]:
    """All lines of an evaluation file."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return [Line(row["id"], row["split"], row["text"], row["label"], row["alt"] or "") for row in rows]


def label_map() -> dict[str, list[str]]:
    """Intent → labels."""
    labels: dict[str, list[str]] = YAML(typ="safe").load(MAP)["labels"]
    return labels


def transactions() -> frozenset[str]:
    """The intents that open the dialog of a transaction."""
    return frozenset(YAML(typ="safe").load(MAP)["transactions"])


def labels_of(parsed: dict[str, Any], mapping: dict[str, list[str]]) -> set[str]:
    """The labels that a parse answers; several wishes answer each one's."""
    names = parsed.get("parts") or [parsed["intent"]["name"]]
    return {label for name in names for label in mapping.get(name, [])}
