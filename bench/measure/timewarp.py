"""Events of stored conversations, moved in time and repeated: a conversation of 1000 turns in a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

Events = Sequence[dict[str, Any]]


def shifted(events: Events, by: timedelta) -> list[dict[str, Any]]:
    """The same events at another time; what has no time stays."""
    seconds = by.total_seconds()
    return [{**event, "timestamp": event["timestamp"] + seconds} if "timestamp" in event else event for event in events]


def longer(events: Events, turns: int) -> list[dict[str, Any]]:
    """A conversation of `turns` turns: its turns over and over, what came before the first of them once.

    The last ones keep their time, so that the session goes on; earlier repetitions are milliseconds before.
    """
    starts = [at for at, event in enumerate(events) if event.get("event") == "user"]
    ends = [*starts[1:], len(events)]
    parts = [list(events[start:end]) for start, end in zip(starts, ends, strict=True)]
    made: list[dict[str, Any]] = []
    for number in range(turns):
        # Counted from the end, so that the conversation ends as it did.
        part = parts[(number - turns) % len(parts)]
        made += shifted(part, timedelta(milliseconds=number - turns + 1))
    return [*events[: starts[0]], *made]
