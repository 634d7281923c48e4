"""A year that is said beside a month: "the bill of March last year" is March of that year, not of this one."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

_BETWEEN = re.compile(r"[\s,，、的]*(?:of|in)?\s*")
_OWN_YEAR = re.compile(r"\d{2,4}\s*(?:年|[-/.])|\b20\d\d\b|[去前今明上本]年")


def of_months(text: str, entities: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entities, a month having the year that stands right beside it, which is then no period of its own."""
    years = [e for e in entities if e["entity"] == "period" and whole_year(e["value"]) and "start" in e]
    months = [e for e in entities if e["entity"] == "month" and "start" in e]
    found = list(entities)
    for year in years:
        beside = next((m for m in months if _beside(text, year, m)), None)
        if beside is None or _OWN_YEAR.search(text[beside["start"] : beside["end"]]):
            continue
        value = f"{whole_year(year['value'])}-{str(beside['value'])[5:]}"
        found = [{**e, "value": value} if e is beside else e for e in found if e is not year]
    return found


def whole_year(period: Any) -> str:
    """The year that a period is, "" for any other."""
    if not isinstance(period, Mapping):
        return ""
    first, last = str(period.get("from")), str(period.get("to"))
    return first[:4] if first.endswith("-01") and last == f"{first[:4]}-12" else ""


def _beside(text: str, one: dict[str, Any], other: dict[str, Any]) -> bool:
    first, second = sorted((one, other), key=lambda e: int(e["start"]))
    return _BETWEEN.fullmatch(text[first["end"] : second["start"]]) is not None
