"""Cities, their names in English and their districts: crm/places.yml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ruamel.yaml import YAML

DATA = Path(__file__).with_name("places.yml")


@dataclass(frozen=True)
class City:
    """`name` is as the CRM writes it; `districts` are the words that name one of them."""

    name: str
    region: str
    english: str
    districts: tuple[str, ...]

    def at(self, text: str) -> int:
        """Where a text, in lower case, has its name in either language; -1 where it has not."""
        if (place := text.find(self.name)) >= 0:
            return place
        match = re.search(rf"\b{re.escape(self.english.casefold())}\b", text)
        return match.start() if match else -1


@lru_cache(maxsize=1)
def cities() -> Mapping[str, City]:
    """All of them by name; the same objects each time."""
    read = YAML(typ="safe").load(DATA.read_text(encoding="utf-8"))
    return {name: City(name, raw["region"], raw["en"], tuple(raw.get("districts", ()))) for name, raw in read.items()}


def city_name(city: str, language: str) -> str:
    """As somebody reads it; a city that is not on the list as the CRM writes it."""
    known = cities().get(city)
    return known.english if known and language == "en" else city


def city_in(text: str, own: str = "", region: str = "") -> str:
    """The city that a text names first, else the one whose district it names; "" where none does.

    Where several have the name: one's `own`, else the only one of the province `region`, else "".
    """
    plain = text.casefold()
    named = {city: place for city in cities().values() if (place := city.at(plain)) >= 0}
    first = [city for city, place in named.items() if place == min(named.values())]
    return _one(first or [c for c in cities().values() if any(d in plain for d in c.districts)], own, region)


def _one(found: list[City], own: str, region: str) -> str:
    if any(city.name == own for city in found):
        return own
    near = [city for city in found if city.region == region] or found
    return near[0].name if len(near) == 1 else ""
