"""`make eval`: how well real lines are understood, beside the pipeline that Rasa recommends for Chinese.

`python -m tests.nlu.evaluate [file.tsv] [--no-stock] [--sample N] [--errors] [--fragments]`

DIET would learn for hours from all our examples on two cores. So for the comparison both pipelines learn the same
sample (the columns with a *), and ours learns all examples for its own column; `--sample 0` gives both all of them.
Who asks more is wrong less. So the column with a = is ours from the same sample once more, with questions made dearer
until it asks no more often than the other: found without a look at what the lines want.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.nlu.labels import EVAL, Line, dev_lines
from tests.nlu.measure import Judged, confusions, figures, judge, opens_wrongly

if TYPE_CHECKING:
    from tests.nlu.inprocess import Understanding

SPLITS = ("natural", "rare")


@dataclass(frozen=True)
class Run:
    """A pipeline that was trained and tried. CPU in seconds of all threads; `per_message` in milliseconds."""

    name: str
    understanding: Understanding
    judged: list[Judged]
    training_s: float
    waited_s: float
    per_message_ms: float


def run(name: str, train: Any, lines: list[Line]) -> Run:
    """Train and try. `train` takes a folder."""
    cpu, wall = time.process_time(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        understanding = train(Path(folder))
    training_s, waited_s = time.process_time() - cpu, time.monotonic() - wall
    understanding.parse("warm up")
    cpu = time.process_time()
    judged = judge(lines, understanding.parse)
    per_message_ms = (time.process_time() - cpu) / len(lines) * 1000
    return Run(name, understanding, judged, training_s, waited_s, per_message_ms)


def asking_no_more(ours: Run, other: Run, lines: list[Line]) -> Run:
    """Ours with a question as dear as it has to be for it to ask no more often than the other."""
    for cost in range(10, 100):
        understanding = ours.understanding.with_option("cost_ask", cost / 10)
        judged = judge(lines, understanding.parse)
        if figures(judged)["asked instead"] <= figures(other.judged)["asked instead"]:
            break
    return replace(ours, name=ours.name.replace("*", "="), understanding=understanding, judged=judged)


def table(runs: list[Run]) -> str:
    """One row a measure, one column a pipeline and split."""
    heads = [(one, split) for one in runs for split in SPLITS if any(j.line.split == split for j in one.judged)]
    columns = [figures([j for j in one.judged if j.line.split == split]) for one, split in heads]
    rows = [f"{'':36}" + "".join(f"{f'{one.name} {split}':>16}" for one, split in heads)]
    for name in columns[0]:
        cells = (f"{column[name]:>16.0f}" if name == "lines" else f"{column[name]:>16.3f}" for column in columns)
        rows.append(f"{name:36}" + "".join(cells))
    for one in runs:
        rows.append(
            f"{one.name}: training {one.training_s:.0f} s CPU, {one.waited_s:.0f} s waited; "
            f"a message {one.per_message_ms:.2f} ms CPU (all of the NLU, entities included)"
        )
    return "\n".join(rows)


def lines_of(judged: list[Judged], errors: bool, fragments: bool) -> str:
    """The lines themselves, with the three likeliest readings."""
    shown = []
    for one in judged:
        wanted = (fragments and one.is_acted_on) if one.line.is_fragment else errors
        if wanted and not one.is_right:
            readings = ", ".join(f"{e['name']} {e['confidence']:.2f}" for e in one.parsed["intent_ranking"][:3])
            shown.append(f"{one.line.split:8}{one.line.text} | {one.line.label} {one.line.alt} -> {readings}")
    return "\n".join(shown)


def main(arguments: list[str]) -> None:
    """Train on data/nlu, measure, print."""
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tests.nlu.acted import play
    from tests.nlu.entities import entity_table
    from tests.nlu.inprocess import project_data, train
    from tests.nlu.stock import sample, train_stock

    options = _options(arguments)
    lines = dev_lines(options.file)
    ours = run("Renji", lambda folder: train(project_data(), folder), lines)
    runs = [ours]
    if not options.no_stock:
        some = sample(project_data(), options.sample)
        print(f"* learned from {len(some.intent_examples)} of {len(project_data().intent_examples)} examples")
        runs.append(run("Renji*", lambda folder: train(sample(project_data(), options.sample), folder), lines))
        runs.append(run("stock*", lambda folder: train_stock(some, folder, options.epochs), lines))
        runs.append(asking_no_more(runs[1], runs[2], lines))
    print(table(runs))
    for one in runs:
        opened = [j for j in one.judged if opens_wrongly(j)]
        print(f"{one.name}: a transaction read where none was wanted: {len(opened)} of {len(one.judged)} lines")
    acted = play(ours.judged)
    for told, found in (
        ("executed without a confirmation", acted.executed),
        ("transaction dialogs opened wrongly", acted.opened_wrongly),
    ):
        print(f"Renji, each line said to the bot: {told}: {len(found)} of {acted.lines} lines")
        print("".join(f"  {line}\n" for line in found), end="")
    print(f"\nentities\n{entity_table(ours.understanding.parse)}\n\nmost confused\n{confusions(ours.judged)}")
    print(lines_of(ours.judged, options.errors, options.fragments))


def _options(arguments: list[str]) -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m tests.nlu.evaluate")
    options.add_argument("file", nargs="?", type=Path, default=EVAL / "requests_dev.tsv")
    options.add_argument("--no-stock", action="store_true", help="leave out the pipeline to compare with (minutes)")
    options.add_argument("--sample", type=int, default=2000, help="examples for the comparison, 0 for all")
    options.add_argument("--epochs", type=int, default=100, help="of the pipeline to compare with")
    options.add_argument("--errors", action="store_true", help="list the lines that were read wrongly")
    options.add_argument("--fragments", action="store_true", help="list the fragments that were acted on")
    chosen = options.parse_args(arguments)
    if not chosen.file.is_file():
        raise SystemExit(f"{chosen.file} is not there: nothing to measure on.")
    return chosen


if __name__ == "__main__":
    main(sys.argv[1:])
