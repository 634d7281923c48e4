"""The requirement files are complete, hashed, agree with each other, and name no registry."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "requirements"
RESOLVED = ("bot", "dev", "gateway", "light", "node", "installer", "lint")
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^\s;]+)", re.MULTILINE)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.lower())


def pins(part: str) -> dict[str, str]:
    """Package → version of a resolved file."""
    return dict(PINNED.findall((FOLDER / f"{part}.txt").read_text()))


def wanted(part: str) -> set[str]:
    """Packages that an .in file asks for itself."""
    lines = (FOLDER / f"{part}.in").read_text().splitlines()
    return {normal(re.split(r"[<>=\s]", line)[0]) for line in lines if line and line[0] not in "#-"}


@pytest.mark.parametrize("part", RESOLVED)
def test_every_package_has_a_hash(part: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", (FOLDER / f"{part}.txt").read_text())
    assert [] == [block.split("\n")[0] for block in blocks if PINNED.match(block) and "--hash=sha256:" not in block]


@pytest.mark.parametrize("part", RESOLVED)
def test_what_is_asked_for_is_resolved(part: str) -> None:
    assert set() == wanted(part) - set(pins(part))


@pytest.mark.parametrize("part", ("dev", "gateway", "light"))
def test_parts_agree_on_versions(part: str) -> None:
    bot = pins("bot")
    assert {} == {name: version for name, version in pins(part).items() if bot.get(name, version) != version}


def test_the_gateways_part_brings_neither_rasa_nor_tensorflow_nor_numpy() -> None:
    assert set() == {"rasa", "rasa-sdk", "tensorflow", "numpy", "scikit-learn", "scipy"} & set(pins("gateway"))


def test_no_address_of_a_registry_is_written_down() -> None:
    root = FOLDER.parent
    files = [*FOLDER.iterdir(), root / "package.json", root / "package-lock.json", root / "pyproject.toml"]
    assert [] == [file.name for file in files if file.is_file() and "://" in re.sub(FUNDING, "", file.read_text())]


FUNDING = r'"url": "[^"]*"'
"""Where a package asks for donations; npm writes it into the lock."""
