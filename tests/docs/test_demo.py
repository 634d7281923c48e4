"""Whoever tries the demo can find its people and its recharge cards."""

from __future__ import annotations

import re
from pathlib import Path

from crm.reference.stories import demo_cards, stories

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "demo.md"
HINTS = re.findall(
    r'^ *hint: "(.+)",$', (ROOT / "console/demo/demo.words.js").read_text(encoding="utf-8"), re.MULTILINE
)


def rows() -> dict[str, list[str]]:
    """The page's tables: first cell → the other ones."""
    lines = (line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `"))
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {first.strip("`"): rest for first, *rest in cells}


def test_the_page_tells_every_story_as_it_is_told_on_the_screen() -> None:
    told = {number: rest[:2] for number, rest in rows().items() if len(rest) == 4}
    assert told == {s.msisdn.removeprefix("+86"): [s.name, s.story.en] for s in stories()}
    assert all(all(rest) for rest in rows().values())


def test_the_page_lists_every_recharge_card_with_its_amount() -> None:
    cards = {number: rest[0] for number, rest in rows().items() if len(number) == 18}
    assert cards == {number: f"¥{fen // 100}.{fen % 100:02d}" for number, fen in demo_cards().items()}


def test_the_demo_page_names_two_cards_in_both_languages() -> None:
    assert len(HINTS) == 2
    for hint in HINTS:
        named = re.findall(r"\d{18}", hint)
        assert len(named) == 2
        assert set(named) <= demo_cards().keys()


def test_both_readmes_lead_to_the_page() -> None:
    assert all(
        "(docs/demo.md)" in (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "README.zh-CN.md")
    )
