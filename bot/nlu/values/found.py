"""What every finder of values returns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Found:
    """An entity of the normalised text: characters [start, end) mean `value`."""

    entity: str
    start: int
    end: int
    value: Any


def without_overlaps(found: list[Found]) -> list[Found]:
    """Keep earlier list members over later ones where they claim the same characters; ordered by position."""
    kept: list[Found] = []
    for candidate in found:
        if all(candidate.end <= other.start or candidate.start >= other.end for other in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda one: one.start)
