"""docs/settings.md names every setting with its default, and nothing else."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

from switchboard.settings import Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "settings.md").read_text()
ROW = re.compile(r"^\| `(RENJI_[A-Z_]+)` \| (.*?) \| (.+?) \|$", re.MULTILINE)


def as_written(value: object) -> str:
    """A default as the page shows it."""
    if value == "":
        return "empty"
    return f"`{int(value)}`" if isinstance(value, bool) else f"`{value}`"


def test_every_setting_stands_there_with_its_default() -> None:
    defaults = {f"RENJI_{f.name.upper()}": as_written(f.default) for f in dataclasses.fields(Settings)}
    assert defaults == {name: default for name, default, _ in ROW.findall(PAGE)}


def test_no_setting_is_described_twice() -> None:
    names = [name for name, _, _ in ROW.findall(PAGE)]
    assert sorted(set(names)) == sorted(names)
