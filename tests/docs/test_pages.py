"""What the pages show exists: links, make targets, modules, files; and they stay short."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    ROOT / name
    for name in subprocess.check_output(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"], cwd=ROOT, text=True
    ).split()
    if (ROOT / name).exists()
)
READMES = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
REQUIRED = (
    "up",
    "down",
    "dev",
    "test",
    "test-full",
    "test-setup",
    "check",
    "train",
    "demo-reset",
    "bench",
    "report",
    "help",
)
RASA_COMMANDS = {"train", "shell", "test", "run", "data"}
THIRD_PARTY_MODULES = {"pytest", "rasa_sdk", "venv", "pip", "http.server"}


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def code_of(page: Path) -> str:
    """The page's code: fenced blocks and what stands between backticks."""
    text = page.read_text()
    blocks = re.findall(r"^```.*?\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return "\n".join([*blocks, *re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))])


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_relative_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?://|mailto:|#)([^)#\s]+)", page.read_text())
    assert [] == [link for link in links if not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_targets_that_are_shown_exist(page: Path) -> None:
    shown = set(re.findall(r"\bmake ([a-z][a-z-]*)", code_of(page)))
    assert set() == shown - TARGETS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_modules_that_are_shown_exist(page: Path) -> None:
    shown = set(re.findall(r"python[\w.]* -m ([\w.]+)", code_of(page))) - THIRD_PARTY_MODULES
    missing = {
        module
        for module in shown
        if not (ROOT / f"{module.replace('.', '/')}.py").exists()
        and not (ROOT / module.replace(".", "/") / "__main__.py").exists()
    }
    assert set() == missing


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_rasa_commands_that_are_shown_exist(page: Path) -> None:
    assert set() == set(re.findall(r"(?:^|[\s/])rasa ([a-z]+)", code_of(page))) - RASA_COMMANDS


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_a_readme_stays_within_150_lines(page: Path) -> None:
    assert len(page.read_text().splitlines()) <= 150


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_a_readme_names_the_test_command_that_ci_runs(page: Path) -> None:
    ci = (ROOT / ".ci" / "run").read_text()
    shown = [line.split("#")[0].strip() for line in code_of(page).splitlines()]
    for command in ("make test-setup", "make test"):
        assert command in shown
        assert re.search(rf"^{command}( |$)", ci, re.MULTILINE)


def test_every_required_target_exists_and_help_explains_it() -> None:
    explained = subprocess.check_output(["make", "--no-print-directory", "help"], cwd=ROOT, text=True)
    lines = dict(re.findall(r"^  make ([a-z-]+) +(\S.+)$", explained, re.MULTILINE))
    assert set() == set(REQUIRED) - set(lines)


def test_decisions_are_numbered_without_gaps_and_have_their_headings() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [f"{number:04}" for number in range(1, len(records) + 1)] == [record.name[:4] for record in records]
    index = (ROOT / "docs" / "decisions" / "README.md").read_text()
    for record in records:
        text = record.read_text()
        assert text.startswith(f"# {record.name[:4]} ")
        assert ["Context", "Decision", "Why not", "Consequences"] == re.findall(r"^## (.+)$", text, re.MULTILINE)
        assert f"({record.name})" in index


def test_modules_that_the_makefile_runs_exist() -> None:
    modules = set(re.findall(r"-m ([a-z_.]+)", (ROOT / "Makefile").read_text())) - {"pytest", "ruff"}
    missing = [m for m in sorted(modules) if not list(ROOT.glob(m.replace(".", "/") + ".py"))]
    assert [] == [m for m in missing if not (ROOT / m.replace(".", "/") / "__main__.py").exists()]
