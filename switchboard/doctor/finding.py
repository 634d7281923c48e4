"""One line of the doctor."""

from __future__ import annotations

from dataclasses import dataclass

OK, WARN, FAIL = "OK", "WARN", "FAIL"


@dataclass(frozen=True)
class Finding:
    """`text` is one sentence: how it is and, unless it is OK, what to do. No secrets."""

    level: str
    what: str
    text: str


def graded(value: float, warn: float, fail: float) -> str:
    """The level of a figure that should be small."""
    return FAIL if value >= fail else WARN if value >= warn else OK
