"""The table of functions is as the code is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from crm.operations.levels import LEVELS, step_up

ROOT = Path(__file__).resolve().parents[2]
NOT_WISHES = frozenset({"distress", "book_visit"})
"""What is no function to look for: it is there whatever was asked."""


@dataclass(frozen=True)
class Row:
    name: str
    intents: tuple[str, ...]
    operation: str
    level: str
    transcripts: tuple[str, ...]


def rows() -> list[Row]:
    found = []
    for line in (ROOT / "docs" / "functions.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| ") and cells[0] != "function":
            intents = tuple(re.findall(r"`(\w+)`", cells[1]))
            transcripts = tuple(name for name in cells[5].split(", ") if name)
            found.append(Row(cells[0], intents, cells[2].strip("`"), cells[3], transcripts))
    return found


def proof_of(operation: str) -> str:
    if not operation:
        return "0"
    level, web, sms = LEVELS[operation], step_up(operation, "web"), step_up(operation, "sms")
    told = "" if web == sms == "none" else f": {web}" if web == sms else f": {web}, {sms} by SMS"
    return f"{level}{told}"


def test_each_row_tells_the_level_of_its_operation() -> None:
    assert {row.name: row.level for row in rows()} == {row.name: proof_of(row.operation) for row in rows()}


def test_each_transcript_that_is_named_exists() -> None:
    kept = {path.stem for path in (ROOT / "tests" / "transcripts").glob("*.txt")}
    assert {name for row in rows() for name in row.transcripts} - kept == set()


def test_each_row_is_shown_through_the_whole_stack() -> None:
    assert [row.name for row in rows() if not row.transcripts] == []


def test_every_wish_has_a_row() -> None:
    pytest.importorskip("rasa_sdk")
    from bot.actions import skills

    wishes = skills.READS | {skill.wish for skill in skills.WRITE_SKILLS}
    assert {intent for row in rows() for intent in row.intents} == wishes - NOT_WISHES
