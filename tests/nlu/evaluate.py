"""`python -m tests.nlu.evaluate [--errors] [--fragments] [file.tsv]`: how well real lines are understood."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.nlu.labels import EVAL, NOT_ACTED_ON, Line, dev_lines, label_map, labels_of, reading


@dataclass(frozen=True)
class Judged:
    """A line, what was made of it, and whether that counts as right."""

    line: Line
    parsed: dict[str, Any]
    is_right: bool

    @property
    def is_acted_on(self) -> bool:
        """Whether the bot would do something."""
        return reading(self.parsed["intent"]) not in NOT_ACTED_ON

    @property
    def best(self) -> dict[str, Any]:
        """The likeliest reading, rejected or not."""
        ranking = [entry for entry in self.parsed["intent_ranking"] if entry["name"] != "nlu_fallback"]
        return ranking[0] if ranking else self.parsed["intent"]


def judge(lines: Iterable[Line], parse: Any) -> list[Judged]:
    """Parse each line and compare."""
    mapping = label_map()
    judged = []
    for line in lines:
        parsed = parse(line.spoken)
        judged.append(Judged(line, parsed, bool(labels_of(parsed, mapping) & {line.label, line.alt})))
    return judged


def figures(judged: list[Judged]) -> dict[str, float]:
    """The measures of one split. Shares of 1; `macro_f1` over the labels of intelligible lines; `ece` in 10 bins."""
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
        "ece": _calibration_error(judged),
    }


def _share(truths: Iterable[bool]) -> float:
    values = list(truths)
    return sum(values) / len(values) if values else 0.0


def _macro_f1(judged: list[Judged]) -> float:
    mapping = label_map()
    true: Counter[str] = Counter()
    said: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for one in judged:
        true[one.line.label] += 1
        labels = labels_of(one.parsed, mapping)
        label = one.line.label if one.is_right else next(iter(sorted(labels)), "")
        said[label] += 1
        right[label] += one.is_right
    scores = [2 * right[label] / (true[label] + said[label]) for label in true]
    return sum(scores) / len(scores) if scores else 0.0


def _calibration_error(judged: list[Judged]) -> float:
    mapping = label_map()
    bins: dict[int, list[tuple[float, bool]]] = {}
    for one in judged:
        confidence = one.best["confidence"]
        is_right = bool(set(mapping.get(reading(one.best), [])) & {one.line.label, one.line.alt})
        bins.setdefault(min(9, int(confidence * 10)), []).append((confidence, is_right))
    gaps = [
        len(members) * abs(sum(c for c, _ in members) / len(members) - _share(right for _, right in members))
        for members in bins.values()
    ]
    return sum(gaps) / len(judged) if judged else 0.0


def table(judged: list[Judged]) -> str:
    """One row a measure, one column a split."""
    splits = sorted({one.line.split for one in judged})
    columns = [figures([one for one in judged if one.line.split == split]) for split in splits]
    rows = [f"{'':28}" + "".join(f"{split:>10}" for split in splits)]
    for name in columns[0]:
        cells = (f"{column[name]:>10.0f}" if name == "lines" else f"{column[name]:>10.3f}" for column in columns)
        rows.append(f"{name:28}" + "".join(cells))
    return "\n".join(rows)


def confusions(judged: list[Judged], most: int = 15) -> str:
    """The most frequent pairs of label and wrong reading."""
    pairs = Counter(
        (one.line.label, reading(one.parsed["intent"]))
        for one in judged
        if not one.is_right and not one.line.is_fragment
    )
    return "\n".join(f"{count:4} {label} -> {name}" for (label, name), count in pairs.most_common(most))


def main(arguments: list[str]) -> None:
    """Train on data/nlu, measure, print."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tests.nlu.inprocess import project_data, train

    options = argparse.ArgumentParser(prog="python -m tests.nlu.evaluate")
    options.add_argument("file", nargs="?", type=Path, default=EVAL / "requests_dev.tsv")
    options.add_argument("--errors", action="store_true", help="list the lines that were read wrongly")
    options.add_argument("--fragments", action="store_true", help="list the fragments that were acted on")
    chosen = options.parse_args(arguments)
    if not chosen.file.is_file():
        raise SystemExit(f"{chosen.file} is not there: nothing to measure on.")
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        understanding = train(project_data(), Path(folder))
    trained = time.process_time()
    judged = judge(dev_lines(chosen.file), understanding.parse)
    per_message = (time.process_time() - trained) / len(judged) * 1000
    print(table(judged))
    print(
        f"\ntraining {trained - started:.1f} s CPU, a message {per_message:.2f} ms CPU\n\n"
        f"most confused\n{confusions(judged)}"
    )
    _print_lines(judged, chosen.errors, chosen.fragments)


def _print_lines(judged: list[Judged], errors: bool, fragments: bool) -> None:
    for one in judged:
        wanted = (fragments and one.is_acted_on) if one.line.is_fragment else errors
        if wanted and not one.is_right:
            readings = ", ".join(f"{reading(e)} {e['confidence']:.2f}" for e in one.parsed["intent_ranking"][:3])
            print(f"{one.line.split:8}{one.line.text} | {one.line.label} {one.line.alt} -> {readings}")


if __name__ == "__main__":
    main(sys.argv[1:])
