"""Nobody who reads English meets Chinese: no branch of a text, and no name that stands in one, has any."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from ruamel.yaml import YAML

from crm.places import cities
from crm.reference.catalogue import demo_catalogue
from crm.reference.shops import demo_shops
from switchboard.announcing import english
from tests.english import NAMES, chinese_in

ROOT = Path(__file__).resolve().parents[3]
SPOKEN = frozenset({"day", "month", "named", "term"})
"""Filters that speak Chinese unless they are told the language."""


def said(value: Any, english: bool = False) -> Iterator[str]:
    """Every English text of an entry, whatever channel, choice or part of a term it is."""
    if isinstance(value, str):
        yield from [value] if english else []
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from said(inner, name == "en" or (english and name != "zh"))
    elif isinstance(value, list):
        for inner in value:
            yield from said(inner, english)


def files() -> list[Path]:
    return [*sorted((ROOT / "content" / "responses").glob("*.yml")), *(ROOT / "content" / "terms").glob("[cw]*.yml")]


def parsed(path: Path) -> Iterator[tuple[str, nodes.Template]]:
    env = ImmutableSandboxedEnvironment()
    env.filters.update(dict.fromkeys((*SPOKEN, "yuan", "volume", "clock", "mask"), str))
    for name, entry in YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")).items():
        for text in said(entry):
            yield name, env.parse(text)


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_no_branch_of_an_english_text_has_chinese(path: Path) -> None:
    found = {}
    for name, tree in parsed(path):
        plain = [one.data for one in tree.find_all(nodes.TemplateData)]
        for words in (*plain, *(one.value for one in tree.find_all(nodes.Const))):
            if isinstance(words, str) and chinese_in(words):
                found[name] = words
    assert found == {}


@pytest.mark.parametrize("path", files(), ids=lambda path: path.stem)
def test_what_speaks_a_language_is_told_english(path: Path) -> None:
    found = set()
    for name, tree in parsed(path):
        for node in tree.find_all(nodes.Filter):
            told = [one.value for one in node.args if isinstance(one, nodes.Const)]
            told += [one.name for one in node.args if isinstance(one, nodes.Name)]
            if node.name in SPOKEN and not {"en", "language"} & set(told):
                found.add((name, node.name))
    assert found == set()


def test_everything_that_is_sold_has_an_english_name() -> None:
    offerings = demo_catalogue().offerings.values()
    assert [o.id for o in offerings if not o.name.en.strip() or chinese_in(o.name.en)] == []


def test_every_shop_has_an_english_name_and_address() -> None:
    texts = [text for shop in demo_shops() for text in (shop.name.en, shop.address.en)]
    assert [text for text in texts if not text.strip() or chinese_in(text)] == []


def test_every_city_has_an_english_name() -> None:
    assert [city.name for city in cities().values() if not city.english.strip() or chinese_in(city.english)] == []


@pytest.mark.parametrize("words", ["", "杭州停电", "Power cut in 杭州"])
def test_an_outage_is_announced_in_english_or_not_at_all(words: str) -> None:
    with pytest.raises(ValueError):
        english(words)


def test_every_name_that_stays_chinese_has_a_reason() -> None:
    read = YAML(typ="safe", pure=True).load(NAMES.read_text(encoding="utf-8"))
    assert all(set(one) == {"pattern", "why"} and len(one["why"].split()) > 4 for one in read)


@pytest.mark.parametrize("text", ["Your plan is 5G畅享59.", "It needs A、B.", "Yes！"])
def test_chinese_is_found_where_there_is_some(text: str) -> None:
    assert chinese_in(text)
