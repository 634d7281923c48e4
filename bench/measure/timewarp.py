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


def longer(events: Events, turns: int, session: int = 0) -> list[dict[str, Any]]:
    """A conversation of `turns` turns: its turns over and over. What came before the first of them, a session's start,
    comes once, or before every `session` turns.

    The last ones keep their time, so that the session goes on; earlier repetitions are milliseconds before.
    """
    starts = [at for at, event in enumerate(events) if event.get("event") == "user"]
    ends = [*starts[1:], len(events)]
    parts = [list(events[start:end]) for start, end in zip(starts, ends, strict=True)]
    made: list[dict[str, Any]] = []
    for number in range(turns):
        earlier = timedelta(milliseconds=number - turns + 1)
        if number == 0 or (session and number % session == 0):
            made += shifted(events[: starts[0]], earlier)
        # Counted from the end, so that the conversation ends as it did.
        made += shifted(parts[(number - turns) % len(parts)], earlier)
    return made
