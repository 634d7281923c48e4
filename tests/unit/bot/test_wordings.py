"""The wording of Releases is read once, and read again where it differs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from bot.wordings import Wordings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "content/responses").mkdir(parents=True)
    (tmp_path / "content/responses/a.yml").write_text("greet: {zh: 您好, en: Hello}\n", encoding="utf-8")
    shutil.copytree(tmp_path / "content", tmp_path / "releases/r1/content")
    return tmp_path


def test_a_release_that_says_what_the_working_copy_says_is_read_once(folder: Path) -> None:
    wordings = Wordings(folder / "releases", folder / "content")
    assert wordings.get("r1") is wordings.get("")


def test_a_changed_working_copy_leaves_the_release_as_it_is(folder: Path) -> None:
    wordings = Wordings(folder / "releases", folder / "content")
    wordings.get("r1")
    (folder / "content/responses/a.yml").write_text("greet: {zh: 早上好, en: Good morning}\n", encoding="utf-8")
    said = [wordings.get(name).render("greet", "web", "zh", {}).text for name in ("r1", "")]
    assert said == ["您好", "早上好"]
