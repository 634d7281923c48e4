"""What people say in several of the dialogues."""

from __future__ import annotations

from typing import Any


def month(text: str, words: str, value: str) -> dict[str, Any]:
    """What `Talk.say` takes for a text whose `words` name a month."""
    return {"text": text, "month": value, "spans": {"month": words}}
