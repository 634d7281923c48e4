"""Follows "Your first skill in 20 minutes" of CONTRIBUTING.md in a copy of the tree, as a reader would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.rasa, pytest.mark.timeout(300)]
ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```(yaml|python|diff|sh)\n(?:# ([\w./-]+)\n)?(.*?)^```", re.MULTILINE | re.DOTALL)


def recipe() -> list[tuple[str, str, str]]:
    """Code blocks of the section: (kind, file, text)."""
    page = (ROOT / "CONTRIBUTING.md").read_text()
    section = page.split("## Your first skill in 20 minutes")[1].split("\n## ")[0]
    return [(kind, file, text) for kind, file, text in BLOCK.findall(section)]


def edit(file: Path, change: str) -> None:
    """Apply a change as it is shown: ` ` finds the place, `+` adds after it, `-` removes. Each place must be there."""
    lines = file.read_text().splitlines()
    at = 0
    for line in change.splitlines():
        mark, text = line[0], line[1:]
        if mark == "+":
            at += 1
            lines.insert(at, text)
            continue
        assert text in lines, f"{file.name} has no line {text!r}"
        at = lines.index(text)
        if mark == "-":
            del lines[at]
    file.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tree with the recipe's files and edits."""
    root = tmp_path_factory.mktemp("first-skill") / "renji"
    listed = subprocess.check_output(["git", "ls-files", "-z", "-c", "-o", "--exclude-standard"], cwd=ROOT, text=True)
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, root / name)
    for kind, name, text in recipe():
        if kind == "diff":
            edit(root / name, text)
        elif name:
            assert not (root / name).exists(), f"{name} is there already; the recipe needs another example"
            (root / name).write_text(text)
    return root


def run_in(copy: Path, *words: str) -> str:
    """Output of a Python command in the copy; fails with it when the command fails."""
    env = {**os.environ, "RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "PYTHONPATH": "."}
    done = subprocess.run([sys.executable, *words], cwd=copy, env=env, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_the_recipes_own_tests_pass(copy: Path) -> None:
    command = next(text for kind, _, text in recipe() if kind == "sh").split()
    assert command[:3] == [".venv/bin/python", "-m", "pytest"]
    assert "2 passed" in run_in(copy, *command[1:], "-p", "no:cacheprovider")


def test_what_is_said_can_be_published(copy: Path) -> None:
    check = "from pathlib import Path; from bot.release import check_wording; check_wording(Path('.'), Path('content'))"
    run_in(copy, "-c", check)


def test_the_code_of_the_recipe_is_clean(copy: Path) -> None:
    files = [name for kind, name, _ in recipe() if kind == "python"]
    run_in(copy, "-m", "ruff", "check", *files)
    run_in(copy, "-m", "ruff", "format", "--check", *files)
