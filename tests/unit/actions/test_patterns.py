"""Long texts of one word: a pattern that tries every way to read them would hold up all other turns."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from typing import Any

import pytest

import bot.actions
from bot.actions import references

REPEATED = 300
"""A pattern whose steps double with each repeat never ends on so many."""


def patterns(value: Any) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, (dict, tuple, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from patterns(part)


def every_pattern() -> set[re.Pattern[str]]:
    modules = [
        importlib.import_module(f"bot.actions.{found.name}") for found in pkgutil.iter_modules(bot.actions.__path__)
    ]
    return {pattern for module in modules for value in vars(module).values() for pattern in patterns(value)}


@pytest.mark.parametrize("word", ["有", "a", "1", " ", "不", "包含", "把钱", "有多", "no ", "i "])
def test_every_pattern_comes_to_an_end_on_a_long_text_of_one_word(word: str) -> None:
    found = every_pattern()
    assert len(found) > 50
    for pattern in found:
        pattern.search(word * REPEATED)


def test_of_a_long_text_so_much_is_read() -> None:
    assert len(references.fold("有" * 4000)) == references.LONGEST
