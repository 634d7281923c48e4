"""Values are read from real lines, and the figures count what they say."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.nlu.entities import ENTITIES, entity_figures, entity_table, extractor_parse

LEAST_F1 = 0.90


@pytest.mark.skipif(not ENTITIES.is_file(), reason="the evaluation lines are not beside the project")
def test_each_type_is_read_from_real_lines():
    figures = entity_figures(extractor_parse())
    assert {} == {kind: row for kind, row in figures.items() if row[3] < LEAST_F1}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    requests = [("natural", "1", "查[NUM]上个月"), ("natural", "2", "昨天充了五十"), ("rare", "3", "六月账单")]
    entities = [
        ("1", "month", "上个月", "-1"),
        ("1", "phone_number", "[NUM]", "[NUM]"),
        ("2", "amount_yuan", "五十", "50"),
        ("2", "date", "昨天", "-1d"),
        ("2", "region", "这里", "abroad"),
    ]
    made = {"requests": tmp_path / "requests.tsv", "entities": tmp_path / "entities.tsv"}
    _write(made["requests"], ("split", "id", "text", "label", "alt"), [(*row, "query_bill", "") for row in requests])
    _write(made["entities"], ("id", "entity", "surface", "value"), entities)
    return made


def _write(path: Path, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter="\t", lineterminator="\n")
        writer.writerows([columns, *rows])


def test_figures_count_what_was_found_what_is_too_much_and_what_was_missed(files):
    figures = entity_figures(extractor_parse(), **files)
    assert (1, 0, 0, 1.0) == figures["phone_number"]
    assert (1, 1, 0) == figures["month"][:3]  # 六月 is on a line without annotation
    assert (0, 0, 1, 0.0) == figures["region"]
    assert (4, 1, 1) == figures["all"][:3]


def test_another_value_is_a_miss_and_too_much(files):
    def wrong(text: str) -> dict[str, object]:
        found = [{"entity": "amount_fen", "start": 0, "end": 1, "value": 5100}] if "五十" in text else []
        return {"text": text, "entities": found}

    assert (0, 1, 1, 0.0) == entity_figures(wrong, **files)["amount_yuan"]


def test_the_table_has_a_row_for_each_type(files):
    rows = entity_table(extractor_parse(), **files).splitlines()
    assert ["entity", "month", "amount_yuan", "date", "region", "phone_number", "all"] == [
        row.split()[0] for row in rows
    ]


def test_without_the_files_there_is_nothing_to_count(tmp_path):
    assert {} == entity_figures(extractor_parse(), entities=tmp_path / "none.tsv")
