"""What is read in a text. Now is Sunday, 15 March 2026, noon in Shanghai."""

from __future__ import annotations

from datetime import datetime, timezone

from rasa.shared.nlu.training_data.message import Message

from bot.nlu.extractor import ValueExtractor

NOW = datetime(2026, 3, 15, 4, 0, tzinfo=timezone.utc)
GB = 1024**2


def found(extractor: ValueExtractor, text: str, **metadata: str) -> list[tuple[str, str, object]]:
    message = extractor.process([Message({"text": text, "metadata": metadata})])[0]
    return [(e["entity"], text[e["start"] : e["end"]], e["value"]) for e in message.get("entities")]


def values(extractor: ValueExtractor, entity: str, text: str) -> list[object]:
    return [value for name, _, value in found(extractor, text) if name == entity]
