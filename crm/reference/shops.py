"""The demo operator's shops, from crm/reference/data/shops.yml."""

from __future__ import annotations

from datetime import time
from functools import lru_cache

from crm.model import Shop
from crm.reference.catalogue import read_data, text


@lru_cache(maxsize=1)
def demo_shops() -> tuple[Shop, ...]:
    """All of them; the same objects each time."""
    return tuple(
        Shop(
            id=raw["id"], name=text(raw), address=text(raw["address"]), region=raw["region"], city=raw["city"],
            district=raw["district"], opens=time.fromisoformat(raw["hours"][0]),
            closes=time.fromisoformat(raw["hours"][1]), every_day=raw["every_day"], does=tuple(raw["does"]),
            quiet_from=time.fromisoformat(raw["quiet"][0]), quiet_until=time.fromisoformat(raw["quiet"][1]),
        )
        for raw in read_data("shops.yml")
    )  # fmt: skip
