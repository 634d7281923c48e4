"""How well values are read from real lines: precision, recall and F1 by type.

    python -m tests.nlu.entities [entities.tsv [requests.tsv]] [--errors]

The annotation names a value as it was said ("-1", "05-01", "58"); ours are absolute, in fen and KB. `_SAME` says when
the two agree. Every line of the requests counts: one that is not annotated has no entity of these types. The
annotation's regions are those that tariffs speak of; towns and provinces are none of them, and a country is abroad.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from tests.nlu.labels import EVAL, dev_lines

ENTITIES = EVAL / "entities_dev.tsv"
TYPES = (
    "month", "amount_yuan", "data_volume_mb", "date", "region", "phone_number", "service_name",
    "pack_name", "plan_name",
)  # fmt: skip
OURS = {
    "month": "month", "amount_fen": "amount_yuan", "volume_kb": "data_volume_mb", "date": "date", "region": "region",
    "country": "region", "msisdn": "phone_number", "phone": "phone_number", "phone_part": "phone_number",
    "last_digits": "phone_number", "service_name": "service_name", "pack_name": "pack_name", "plan_name": "plan_name",
}  # fmt: skip
_KINDS = {"svc": "service_name", "pack": "pack_name", "plan": "plan_name"}
REGIONS = frozenset({"in_province", "out_of_province", "nationwide", "abroad"})
NUMBERS = frozenset({"svc-sub-card"})
"""Sold as services, but spoken of as numbers."""
Parse = Callable[[str], dict[str, Any]]


@dataclass(frozen=True)
class Wanted:
    """What an annotator found."""

    type: str
    surface: str
    value: str


@dataclass(frozen=True)
class Read:
    """What we found, under the annotation's type; `surface` as it stands in the text."""

    type: str
    surface: str
    value: Any
    grain: str = ""


def wanted_by_line(path: Path = ENTITIES) -> dict[str, set[Wanted]]:
    """Annotations by line id; a mask is filled in as in the lines themselves."""
    lines: dict[str, set[Wanted]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            surface, value = (row[key].replace("[NUM]", "13800138000") for key in ("surface", "value"))
            lines[row["id"]].add(Wanted(row["entity"], surface, value))
    return lines


def read(parsed: dict[str, Any]) -> list[Read]:
    """Our entities under the annotation's types. An offering is a name, unless one was read in the same place."""
    text, found = parsed["text"], parsed["entities"]
    names = [e for e in found if e["entity"] in _KINDS.values()]
    result = []
    for entity in found:
        surface = text[entity["start"] : entity["end"]]
        kind = "" if entity["entity"] == "region" and entity["value"] not in REGIONS else OURS.get(entity["entity"], "")
        if entity["entity"] in ("offering", "among") and not any(_overlap(entity, name) for name in names):
            one = entity["value"] if isinstance(entity["value"], str) else entity["value"][0]
            kind = "" if one in NUMBERS else _KINDS[one.partition("-")[0]]
        if kind:
            is_offering = entity["entity"] in ("offering", "among")
            value = surface if is_offering else "abroad" if entity["entity"] == "country" else entity["value"]
            result.append(Read(kind, surface, value, entity.get("grain", "")))
    return result


def agrees(wanted: Wanted, ours: Read, today: date) -> bool:
    """Whether both mean the same value of the same type."""
    return wanted.type == ours.type and _SAME[wanted.type](wanted, ours, today)


def _overlap(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool(one["start"] < other["end"] and other["start"] < one["end"])


def _month(wanted: Wanted, ours: Read, today: date) -> bool:
    if wanted.value[0] in "+-":
        return _months(ours.value, today) == int(wanted.value)
    return bool(ours.value.endswith(wanted.value[-2:]))


def _months(month: str, today: date) -> int:
    return (int(month[:4]) - today.year) * 12 + int(month[5:7]) - today.month


def _date(wanted: Wanted, ours: Read, today: date) -> bool:
    day = date.fromisoformat(ours.value)
    if near := re.fullmatch(r"([+-]\d+)([dw])", wanted.value):
        shift = timedelta(int(near[1]) * (7 if near[2] == "w" else 1))
        start = today - timedelta(today.weekday()) if near[2] == "w" else today
        return day == start + shift
    if later := re.fullmatch(r"([+-]\d+)-(\d+)", wanted.value):
        return _months(ours.value[:7], today) == int(later[1]) and day.day == int(later[2])
    return ours.value.endswith(wanted.value) if "-" in wanted.value else day.day == int(wanted.value)


def _number(per_unit: int) -> Callable[[Wanted, Read, date], bool]:
    return lambda wanted, ours, today: Fraction(wanted.value) * per_unit == ours.value


def _phone(wanted: Wanted, ours: Read, today: date) -> bool:
    return bool(re.sub(r"\D", "", wanted.value) == re.sub(r"^\+86|\D", "", ours.value))


def _region(wanted: Wanted, ours: Read, today: date) -> bool:
    return bool(wanted.value == ours.value)


def _name(wanted: Wanted, ours: Read, today: date) -> bool:
    return _fold(wanted.value) == _fold(ours.value) or _fold(wanted.surface) == _fold(ours.surface)


def _fold(name: str) -> str:
    return "".join(name.casefold().split())


_SAME: dict[str, Callable[[Wanted, Read, date], bool]] = {
    "month": _month,
    "date": _date,
    "amount_yuan": _number(100),
    "data_volume_mb": _number(1024),
    "phone_number": _phone,
    "region": _region,
    **dict.fromkeys(_KINDS.values(), _name),
}


@dataclass(frozen=True)
class Compared:
    """One line: what was wanted and found, wanted and missed, found and not wanted."""

    text: str
    right: list[Wanted]
    missed: list[Wanted]
    extra: list[Read]


def compare(parse: Parse, entities: Path = ENTITIES, requests: Path = EVAL / "requests_dev.tsv") -> Iterator[Compared]:
    """Every line of the requests; nothing where the files are not beside the project."""
    if not (entities.is_file() and requests.is_file()):
        return
    wanted_of = wanted_by_line(entities)
    today = datetime.now(ZoneInfo("Asia/Shanghai")).date()
    for line in dev_lines(requests):
        wanted = sorted(wanted_of.get(line.id, ()), key=lambda one: (one.type, one.value))
        yield _compared(line.spoken, wanted, read({"text": line.spoken, **parse(line.spoken)}), today)


def _compared(text: str, wanted: list[Wanted], found: list[Read], today: date) -> Compared:
    left, right, missed = list(found), [], []
    for one in wanted:
        match = next((ours for ours in left if agrees(one, ours, today)), None)
        if match:
            left.remove(match)
        (right if match else missed).append(one)
    return Compared(text, right, missed, left)


def entity_figures(parse: Parse, **files: Path) -> dict[str, tuple[int, int, int, float]]:
    """Type, and "all" → (found, too many, missed, F1); {} where nothing can be measured."""
    return _figures(compare(parse, **files))


def _figures(compared: Iterable[Compared]) -> dict[str, tuple[int, int, int, float]]:
    right: Counter[str] = Counter()
    extra: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for line in compared:
        right.update(one.type for one in line.right)
        missed.update(one.type for one in line.missed)
        extra.update(one.type for one in line.extra)
    kinds = [kind for kind in TYPES if right[kind] + missed[kind] + extra[kind]]
    figures = {kind: _row(right[kind], extra[kind], missed[kind]) for kind in kinds}
    return {**figures, "all": _row(right.total(), extra.total(), missed.total())} if figures else {}


def _row(right: int, extra: int, missed: int) -> tuple[int, int, int, float]:
    return right, extra, missed, 2 * right / max(1, 2 * right + extra + missed)


def entity_table(parse: Parse, **files: Path) -> str:
    """One row a type: found, too many, missed, precision, recall, F1."""
    return _table(entity_figures(parse, **files))


def _table(figures: dict[str, tuple[int, int, int, float]]) -> str:
    rows = [f"{'entity':16}{'found':>7}{'extra':>7}{'missed':>7}{'precision':>11}{'recall':>8}{'F1':>7}"]
    for kind, (right, extra, missed, f1) in figures.items():
        precision, recall = right / max(1, right + extra), right / max(1, right + missed)
        rows.append(f"{kind:16}{right:>7}{extra:>7}{missed:>7}{precision:>11.3f}{recall:>8.3f}{f1:>7.3f}")
    return "\n".join(rows)


def extractor_parse() -> Parse:
    """The entities of our extractor alone: nothing has to be trained."""
    from rasa.shared.nlu.training_data.message import Message

    from bot.nlu.extractor import ValueExtractor, utc_now

    extractor = ValueExtractor(ValueExtractor.get_default_config(), utc_now)

    def parse(text: str) -> dict[str, Any]:
        message = extractor.process([Message({"text": text})])[0]
        return {"text": text, "entities": message.get("entities")}

    return parse


def main() -> None:
    """Print the table, and the lines that were read otherwise."""
    options = argparse.ArgumentParser(prog="python -m tests.nlu.entities")
    options.add_argument("entities", nargs="?", type=Path, default=ENTITIES)
    options.add_argument("requests", nargs="?", type=Path, default=EVAL / "requests_dev.tsv")
    options.add_argument("--errors", action="store_true")
    asked = options.parse_args()
    compared = list(compare(extractor_parse(), asked.entities, asked.requests))
    print(_table(_figures(compared)))
    for line in compared if asked.errors else ():
        if line.missed or line.extra:
            print(line.text, "| missed", line.missed, "| extra", line.extra)


if __name__ == "__main__":
    main()
