"""What is counted over evaluation lines: right, asked instead, wrong; macro-F1; how far confidence can be believed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from tests.nlu.labels import NOT_ACTED_ON, Line, label_map, labels_of, transactions

Parse = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class Judged:
    """A line, what was made of it, and whether that counts as right."""

    line: Line
    parsed: dict[str, Any]
    is_right: bool

    @property
    def name(self) -> str:
        """The intent."""
        return str(self.parsed["intent"]["name"])

    @property
    def begun(self) -> list[str]:
        """The intents that are acted on: each part's where there are several."""
        return list(self.parsed.get("parts") or [self.name])

    @property
    def is_acted_on(self) -> bool:
        """Whether the bot would do something."""
        return self.name not in NOT_ACTED_ON

    @property
    def best(self) -> dict[str, Any]:
        """The likeliest reading, rejected or not."""
        ranking = [entry for entry in self.parsed["intent_ranking"] if entry["name"] != "nlu_fallback"]
        return ranking[0] if ranking else self.parsed["intent"]


def judge(lines: Iterable[Line], parse: Parse) -> list[Judged]:
    """Parse each line and compare."""
    mapping = label_map()
    judged = []
    for line in lines:
        parsed = parse(line.spoken)
        judged.append(Judged(line, parsed, bool(labels_of(parsed, mapping) & {line.label, line.alt})))
    return judged


def figures(judged: list[Judged]) -> dict[str, float]:
    """The measures of one split, as shares of 1: `macro_f1` over intelligible lines' labels, `ece` in 10 bins."""
    clear = [one for one in judged if not one.line.is_fragment]
    fragments = [one for one in judged if one.line.is_fragment]
    return {
        "lines": len(judged),
        "accuracy": _share(one.is_right for one in clear),
        "macro_f1": _macro_f1(clear),
        "asked instead": _share(not one.is_acted_on for one in clear),
        "wrong answer": _share(one.is_acted_on and not one.is_right for one in clear),
        "fragments not acted on": _share(not one.is_acted_on for one in fragments),
        "fragments acted on wrongly": _share(one.is_acted_on and not one.is_right for one in fragments),
        "transaction dialogs wrongly opened": _share(map(opens_wrongly, judged)),
        "ece": _calibration_error(judged),
    }


def opens_wrongly(judged: Judged) -> bool:
    """Whether a transaction's dialog opens on a line whose label and second label are both no transaction's."""
    mapping, names = label_map(), transactions()
    wanted = {label for name in names for label in mapping[name]}
    return bool(names & set(judged.begun)) and not wanted & {judged.line.label, judged.line.alt}


def confusions(judged: list[Judged], most: int = 25) -> str:
    """The most frequent pairs of label and wrong reading."""
    pairs = Counter((one.line.label, one.name) for one in judged if not one.is_right and not one.line.is_fragment)
    return "\n".join(f"{count:4} {label} -> {name}" for (label, name), count in pairs.most_common(most))


def _share(truths: Iterable[bool]) -> float:
    values = list(truths)
    return sum(values) / len(values) if values else 0.0


def _macro_f1(judged: list[Judged]) -> float:
    mapping = label_map()
    true: Counter[str] = Counter()
    said: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for one in judged:
        labels = labels_of(one.parsed, mapping)
        # A line with two good readings belongs to the one that was given.
        label = one.line.alt if one.is_right and one.line.label not in labels else one.line.label
        true[label] += 1
        said[label if one.is_right else next(iter(sorted(labels)), "")] += 1
        right[label] += one.is_right
    scores = [2 * right[label] / (true[label] + said[label]) for label in true]
    return sum(scores) / len(scores) if scores else 0.0


def _calibration_error(judged: list[Judged]) -> float:
    mapping = label_map()
    bins: dict[int, list[tuple[float, bool]]] = {}
    for one in judged:
        confidence = one.best["confidence"]
        is_right = bool(set(mapping.get(one.best["name"], [])) & {one.line.label, one.line.alt})
        bins.setdefault(min(9, int(confidence * 10)), []).append((confidence, is_right))
    gaps = [
        len(members) * abs(sum(c for c, _ in members) / len(members) - _share(right for _, right in members))
        for members in bins.values()
    ]
    return sum(gaps) / len(judged) if judged else 0.0
