"""Reads the demo operator's catalogue and terms from crm/reference/data."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from ruamel.yaml import YAML

from crm.catalogue import Catalogue, Labels
from crm.model import Category, Grant, Offering, Price, Rate, Tariff, Text
from crm.policy import Policy

DATA = Path(__file__).with_name("data")
KB_PER_MB = 1024
RATES: Mapping[Literal["gb", "minute", "message"], str] = {
    "gb": "gb_fen",
    "minute": "minute_fen",
    "message": "sms_fen",
}
"""The units that are charged beyond a plan, and their rates in charges.yml."""


def read_data(name: str) -> Any:
    """One of our own data files, parsed."""
    return YAML(typ="safe").load((DATA / name).read_text(encoding="utf-8"))


def text(raw: dict[str, str]) -> Text:
    return Text(raw["zh"], raw["en"])


@lru_cache(maxsize=1)
def demo_catalogue() -> Catalogue:
    """The demo operator's catalogue; the same object each time."""
    return read_catalogue(DATA / "catalogue.yml")


def read_catalogue(path: Path) -> Catalogue:
    """What a file in the form of the demo operator's says is sold."""
    raw = YAML(typ="safe").load(path.read_text(encoding="utf-8"))
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    provider = text(raw["provider"])
    kinds: tuple[tuple[str, Category], ...] = (
        ("plans", "plan"), ("packs", "data_pack"), ("services", "service"), ("rewards", "reward"), ("holds", "hold"),
    )  # fmt: skip
    labels = _labels()
    beyond = [Price("usage", labels.rates[rate], unit) for unit, rate in RATES.items()]
    offerings = [
        _offering(entry, category, provider, version, beyond if category == "plan" else [])
        for key, category in kinds
        for entry in raw.get(key, ())
    ]
    return Catalogue({o.id: o for o in offerings}, labels, version, provider)


@lru_cache(maxsize=1)
def demo_policy() -> Policy:
    """The demo operator's terms."""
    return Policy(read_data("policy.yml"))


def _offering(raw: dict[str, Any], category: Category, provider: Text, version: str, beyond: list[Price]) -> Offering:
    prices = [Price("recurring", raw["monthly"])] if "monthly" in raw else []
    prices += [Price("one_time", raw["once"])] if "once" in raw else []
    return Offering(
        id=raw["id"],
        name=text(raw),
        description=text(raw["about"]),
        category=category,
        prices=(*prices, *beyond),
        grants=tuple(Grant(t, s, n * KB_PER_MB if t == "data" else n) for t, s, n in raw.get("grants", ())),
        requires=tuple(raw.get("requires", ())),
        excludes=tuple(raw.get("excludes", ())),
        maximum=raw.get("maximum", 1),
        regions=tuple(raw.get("regions", ())),
        audience=raw.get("audience", ""),
        sale_state=raw.get("sale_state", "on_sale"),
        aliases=tuple(str(a) for a in raw.get("aliases", ())),
        tier=raw.get("tier", 0),
        generation=raw.get("generation", ""),
        lasts_days=raw.get("days", 0),
        lock_in_months=raw.get("lock_in_months", 0),
        provider=text(raw["provider"]) if "provider" in raw else provider,
        version=version,
        points=raw.get("points", 0),
        countries=tuple(raw.get("countries", ())),
        tariffs=tuple(map(_tariff, raw.get("tariffs", ()))),
    )


def _tariff(raw: dict[str, Any]) -> Tariff:
    return Tariff(tuple(raw["in"]), tuple(Rate(use, fen) for use, fen in raw.get("fen", {}).items()))


def _labels() -> Labels:
    raw = read_data("charges.yml")
    return Labels(
        causes={k: text(v) for k, v in raw["causes"].items()},
        buckets={k: text(v) for k, v in raw["buckets"].items()},
        allowances={(t, s): text(v) for t, scopes in raw["allowances"].items() for s, v in scopes.items()},
        rates=raw["rates"],
    )
