"""What every finder of values returns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Found:
    """An entity of the normalised text: characters [start, end) mean `value` (plain JSON).

    `grain` says how long a date is where it is more than a day: "week" or "weekend" from `value` on.
    """

    entity: str
    start: int
    end: int
    value: Any
    grain: str = ""

    def overlaps(self, other: Found) -> bool:
        """Whether both claim a character."""
        return self.start < other.end and other.start < self.end


def without_overlaps(found: Iterable[Found]) -> list[Found]:
    """Keep earlier list members over later ones where they claim the same characters; ordered by position."""
    kept: list[Found] = []
    for candidate in found:
        if not any(candidate.overlaps(other) for other in kept):
            kept.append(candidate)
    return sorted(kept, key=lambda one: one.start)


def longest_first(found: Iterable[Found]) -> list[Found]:
    """The same, most characters first, for `without_overlaps`."""
    return sorted(found, key=lambda one: one.start - one.end)
