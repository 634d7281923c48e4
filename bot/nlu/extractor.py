"""Entities with normalised values, by rule and lookup; offsets are those of the original text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone
from typing import Any
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.lookups import load_lookup, lookup_hash
from bot.nlu.normal import PLACEHOLDER, Normal
from bot.nlu.parts import normal_of
from bot.nlu.values.amounts import find_money, find_volumes
from bot.nlu.values.found import Found, without_overlaps
from bot.nlu.values.months import find_months
from bot.nlu.values.names import NameFinder
from bot.nlu.values.offerings import Offering, OfferingFinder
from bot.nlu.values.phones import find_mobiles, find_numbers

_LOOKUPS = ("offerings", "regions", "languages")


def utc_now() -> datetime:
    """The moment now."""
    return datetime.now(timezone.utc)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ValueExtractor(GraphComponent):
    """Sets `entities`; a message's metadata may say when it was written (`received_at`, ISO 8601), else it is now."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Lookup files; `secrets` maps a placeholder's kind to the entity that carries its reference."""
        return {
            "offerings": "data/lookup/offerings.yml",
            "regions": "data/lookup/regions.yml",
            "languages": "data/lookup/languages.yml",
            "timezone": "Asia/Shanghai",
            "likeness": 88.0,
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
        """With the real clock."""
        return cls(config, utc_now)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """A changed lookup file is a changed component."""
        merged = {**cls.get_default_config(), **config}
        return lookup_hash(merged[name] for name in _LOOKUPS)

    def __init__(self, config: dict[str, Any], now: Callable[[], datetime]) -> None:
        """Read the lookup files; `now` gives an aware moment."""
        self._config = config
        self._now = now
        self._zone = ZoneInfo(config["timezone"])
        offerings = [
            Offering(str(raw["id"]), tuple(raw["names"])) for raw in load_lookup(config["offerings"])["offerings"]
        ]
        self._offerings = OfferingFinder(offerings, config["likeness"])
        self._regions = NameFinder("region", load_lookup(config["regions"]))
        self._languages = NameFinder("language", load_lookup(config["languages"]))

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities of each message."""
        for message in messages:
            before = message.get(ENTITIES) or []
            message.set(ENTITIES, before + self._entities(message), add_to_output=True)
        return messages

    def _entities(self, message: Message) -> list[dict[str, Any]]:
        original = message.get(TEXT) or ""
        normal = normal_of(message)
        found = [
            _entity(one.entity, *normal.original(one.start, one.end), one.value)
            for one in self._find(normal.cut(0, self._config["longest_text"]), self._today(message))
        ]
        secrets = self._config["secrets"]
        found += [
            _entity(secrets[match[1]], match.start(), match.end(), match[2])
            for match in PLACEHOLDER.finditer(original)
            if match[1] in secrets
        ]
        return sorted(found, key=lambda entity: int(entity["start"]))

    def _find(self, normal: Normal, today: date) -> list[Found]:
        text = normal.text
        values = without_overlaps(
            [
                *find_mobiles(text),
                *find_months(text, today),
                *find_volumes(text),
                *find_money(text),
                *find_numbers(text),
            ]
        )
        # A name may hold numbers (二十八元套餐): it stands beside the values, it does not replace them.
        names = [*self._offerings.find(text), *self._regions.find(text), *self._languages.find(text)]
        return _once([*values, *names])

    def _today(self, message: Message) -> date:
        received = (message.get(METADATA) or {}).get("received_at")
        moment = datetime.fromisoformat(received) if isinstance(received, str) else self._now()
        return moment.astimezone(self._zone).date()


def _once(found: list[Found]) -> list[Found]:
    """Restarts say a thing twice ("五月份的五月份的"); it is meant once."""
    return list({(one.entity, one.value): one for one in reversed(found)}.values())[::-1]


def _entity(name: str, start: int, end: int, value: Any) -> dict[str, Any]:
    return {
        "entity": name,
        "start": start,
        "end": end,
        "value": value,
        "confidence_entity": 1.0,
        "extractor": ValueExtractor.__name__,
    }
