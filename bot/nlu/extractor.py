"""Entities with normalised values, by rule and lookup; offsets are those of the original text."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from datetime import date, datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.catalogue import CatalogueFile, Named
from bot.nlu.lookups import load_lookup, lookup_hash
from bot.nlu.normal import PLACEHOLDER
from bot.nlu.parts import normal_of
from bot.nlu.values.amounts import find_money, find_volumes
from bot.nlu.values.dates import find_dates
from bot.nlu.values.found import Found, longest_first, without_overlaps
from bot.nlu.values.months import find_named_months, find_relative_months
from bot.nlu.values.names import NameFinder
from bot.nlu.values.numerals import find_numerals
from bot.nlu.values.offerings import Offering, OfferingFinder
from bot.nlu.values.periods import find_periods
from bot.nlu.values.phones import find_last_digits, find_mobiles, find_numbers, find_orders, find_phones
from bot.nlu.values.services import ServiceFinder
from switchboard.settings import Settings

_LOOKUPS = ("offerings", "services", "regions", "countries", "languages")


def utc_now() -> datetime:
    """The moment now."""
    return datetime.now(timezone.utc)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ValueExtractor(GraphComponent):
    """Sets `entities`; a message's metadata may say when it was written (`received_at`, ISO 8601), else it is now.

    Names of offerings are those of the catalogue at this moment (bot/catalogue.py), so a new plan needs no training.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Lookup files; `secrets` maps a placeholder's kind to the entity that carries its reference."""
        return {
            **{name: f"data/lookup/{name}.yml" for name in _LOOKUPS},
            "timezone": "Asia/Shanghai",
            "likeness": 70.0,
            "longest_text": 500,
            "secrets": {"code": "secret_code", "card": "secret_card"},
        }

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ValueExtractor:
        """With the real clock and the catalogue that this installation keeps."""
        return cls(config, utc_now, CatalogueFile.under(Settings.read(os.environ).var))

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """A changed lookup file is a changed component."""
        merged = {**cls.get_default_config(), **config}
        return lookup_hash(merged[name] for name in _LOOKUPS)

    def __init__(
        self, config: dict[str, Any], now: Callable[[], datetime], catalogue: CatalogueFile | None = None
    ) -> None:
        """Read the lookup files; `now` gives an aware moment. Without a catalogue only aliases are known."""
        self._config = config
        self._now = now
        self._catalogue = catalogue
        self._zone = ZoneInfo(config["timezone"])
        raw = load_lookup(config["offerings"])
        self._aliases = [Offering(name, tuple(aliases)) for name, aliases in raw["aliases"].items()]
        self._no_names: list[str] = raw["no_names"]
        self._offerings = self._finder(())
        self._services = ServiceFinder(load_lookup(config["services"]))
        self._regions = NameFinder("region", load_lookup(config["regions"]))
        self._countries = NameFinder("country", load_lookup(config["countries"]))
        self._languages = NameFinder("language", load_lookup(config["languages"]))

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities of each message."""
        self._renew_offerings()
        for message in messages:
            before = message.get(ENTITIES) or []
            message.set(ENTITIES, before + self._entities(message), add_to_output=True)
        return messages

    def _renew_offerings(self) -> None:
        named = self._catalogue.changed() if self._catalogue else None
        if named is not None:
            self._offerings = self._finder(named)

    def _finder(self, named: Iterable[Named]) -> OfferingFinder:
        sold = [Offering(one.id, one.names, one.category == "plan") for one in named]
        return OfferingFinder([*sold, *self._aliases], self._config["likeness"], self._no_names)

    def _entities(self, message: Message) -> list[dict[str, Any]]:
        original = message.get(TEXT) or ""
        normal = normal_of(message)
        found = [
            _entity(one, *normal.original(one.start, one.end))
            for one in self._find(normal.cut(0, self._config["longest_text"]).text, self._today(message))
        ]
        secrets = self._config["secrets"]
        found += [
            _entity(Found(secrets[match[1]], 0, 0, match[2]), match.start(), match.end())
            for match in PLACEHOLDER.finditer(original)
            if match[1] in secrets
        ]
        return sorted(found, key=lambda entity: int(entity["start"]))

    def _find(self, text: str, today: date) -> list[Found]:
        values = _values(text, today)
        # A name may hold numbers (二十八元套餐): it stands beside the values, it does not replace them.
        names = without_overlaps(longest_first([*self._offerings.find(text), *self._services.find(text)]))
        places = without_overlaps(longest_first([*self._regions.find(text), *self._countries.find(text)]))
        return _once([*values, *names, *places, *self._languages.find(text)])

    def _today(self, message: Message) -> date:
        received = (message.get(METADATA) or {}).get("received_at")
        moment = datetime.fromisoformat(received) if isinstance(received, str) else self._now()
        return moment.astimezone(self._zone).date()


def _values(text: str, today: date) -> list[Found]:
    """What can be normalised by itself. A relative month may be part of a date: both are said."""
    mobiles = find_mobiles(text)
    numerals = find_numerals(_without(text, mobiles))
    periods = find_periods(text, today)
    relative = [one for one in find_relative_months(text, today) if not any(one.overlaps(p) for p in periods)]
    others = [*periods, *find_dates(text, today), *find_named_months(text, today)]
    if not (numerals or mobiles):
        return [*without_overlaps([*others, *find_volumes(text, numerals), *find_numbers(text)]), *relative]
    exact = [*mobiles, *find_orders(text), *find_last_digits(text), *others]
    amounts = [*find_phones(text), *find_volumes(text, numerals), *find_money(text, numerals)]
    return [*without_overlaps([*exact, *amounts, *find_numbers(text)]), *relative]


def _without(text: str, found: list[Found]) -> str:
    """The text with blanks for what was found: 充三十幺三八… is an amount and a number, not one number."""
    for one in found:
        text = text[: one.start] + " " * (one.end - one.start) + text[one.end :]
    return text


def _once(found: list[Found]) -> list[Found]:
    """Restarts say a thing twice ("五月份的五月份的"); it is meant once."""
    return list({(one.entity, repr(one.value), one.grain): one for one in reversed(found)}.values())[::-1]


def _entity(one: Found, start: int, end: int) -> dict[str, Any]:
    return {
        "entity": one.entity,
        "start": start,
        "end": end,
        "value": one.value,
        "confidence_entity": 1.0,
        "extractor": ValueExtractor.__name__,
        **({"grain": one.grain} if one.grain else {}),
    }
