"""What the bot says is complete, in both languages, and invents no price."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from crm.reference.catalogue import demo_catalogue
from switchboard.wording import CHANNELS, LANGUAGES, Wording

ROOT = Path(__file__).resolve().parents[3]
CONTENT = ROOT / "content"
ONE_SMS = 70
PRICE = re.compile(r"\d[\d.]*\s*(?:元|块|yuan)|[¥￥]\s*\d")


@lru_cache(1)
def entries() -> dict[str, Mapping[str, Any]]:
    """All responses but the switchboard's own, which nobody chooses from while a human is on the way."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted((CONTENT / "responses").glob("*.yml")):
        if path.name != "switchboard.yml":
            found |= YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    return found


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield re.sub(r"\{[{%].*?[}%]\}", "", value, flags=re.DOTALL)
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def menus(entry: Mapping[str, Any]) -> Iterator[list[Mapping[str, Any]]]:
    for place in (entry, *(entry[channel] for channel in CHANNELS if channel in entry)):
        if place.get("choices"):
            yield place["choices"]


@pytest.fixture(scope="module")
def domain() -> dict[str, Any]:
    loaded: dict[str, Any] = YAML(typ="safe", pure=True).load((ROOT / "domain.yml").read_text(encoding="utf-8"))
    return loaded


def test_everything_is_said_in_both_languages() -> None:
    assert list(Wording.load(CONTENT).faults()) == []
    for name, entry in entries().items():
        assert all(entry.get(language) for language in LANGUAGES), name


def test_a_channel_of_its_own_speaks_both_languages_or_falls_back() -> None:
    for name, entry in entries().items():
        for channel in CHANNELS:
            assert set(entry.get(channel, {})) <= {*LANGUAGES, "choices"}, name


def test_a_fixed_text_fits_one_chinese_sms() -> None:
    said = {name: (e.get("sms") or {}).get("zh") or e["zh"] for name, e in entries().items()}
    assert [name for name, text in said.items() if "{" not in text and len(text.strip()) > ONE_SMS] == []


def test_no_price_is_written_down() -> None:
    found = {name: hit[0] for name, e in entries().items() for text in texts(e) if (hit := PRICE.search(text))}
    assert found == {}


def test_no_offering_is_written_down() -> None:
    names = {o.name.zh for o in demo_catalogue().offerings.values() if o.category != "service"}
    assert [n for e in entries().values() for text in texts(e) for n in names if n in text] == []


def test_every_menu_leads_to_a_human() -> None:
    closed = [
        name
        for name, e in entries().items()
        for m in menus(e)
        if "transfer_to_agent" not in {c.get("intent") for c in m}
    ]
    assert closed == []


def test_every_choice_means_something_that_the_bot_knows(domain: dict[str, Any]) -> None:
    for name, entry in entries().items():
        for menu in menus(entry):
            for choice in (c for c in menu if "wish" not in c):
                assert choice["intent"] in domain["intents"], (name, choice["intent"])
                assert set(choice.get("entities") or {}) <= set(domain["entities"]), name


def test_every_intent_has_a_rule(domain: dict[str, Any]) -> None:
    rules = [
        rule
        for path in sorted((ROOT / "data" / "rules").glob("*.yml"))
        for rule in YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))["rules"]
    ]
    answered = {step["intent"] for rule in rules for step in rule["steps"] if "intent" in step}
    assert answered == set(domain["intents"])


def test_a_paid_subscription_says_all_that_the_regulator_asks_for() -> None:
    for name in ("quote_order_data_pack", "quote_change_plan"):
        for place in (entries()[name], entries()[name]["sms"]):
            for language in LANGUAGES:
                text = place[language]
                for value in ("name", "provider", "effective_at"):
                    assert f"{{{{ {value}" in text or f"{{{{ '{value}" in text, (name, language, value)
                assert "_fen | yuan" in text, (name, language)
                assert re.search(r"退订|取消|撤销|cancel|undo|end", text, re.IGNORECASE), (name, language)
