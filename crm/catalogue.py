"""What an operator sells and the terms it sells on, as plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crm.errors import NotFound
from crm.model import Category, Offering, Text

RANK: Mapping[str, int] = {"plan": 0, "data_pack": 1, "service": 2, "reward": 3, "hold": 4}
SOLD: tuple[Category, ...] = ("plan", "data_pack", "service")
"""What a catalogue is asked for; rewards and holds are listed only by name of their category."""


@dataclass(frozen=True)
class Labels:
    """Names of bill causes, balance kinds and allowances ((type, scope) → name), and prices beyond the plan in fen."""

    causes: Mapping[str, Text]
    buckets: Mapping[str, Text]
    allowances: Mapping[tuple[str, str], Text]
    rates: Mapping[str, int]


@dataclass(frozen=True)
class Catalogue:
    """Offerings by id. `version` changes with any change of content; `provider` is the operator itself."""

    offerings: Mapping[str, Offering]
    labels: Labels
    version: str
    provider: Text

    def offering(self, offering_id: str) -> Offering:
        """NotFound("offering") for an unknown id."""
        try:
            return self.offerings[offering_id]
        except KeyError:
            raise NotFound("offering", offering_id) from None

    def listed(self, category: Category | None, region: str, on_sale: bool) -> tuple[Offering, ...]:
        """Cheapest first within plans, packs, services; None: of everything that is sold."""
        return in_order(
            o
            for o in self.offerings.values()
            if (o.category in SOLD if category is None else o.category == category)
            and (not on_sale or o.sale_state == "on_sale")
            and (not region or not o.regions or region in o.regions)
        )


def in_order(offerings: Iterable[Offering]) -> tuple[Offering, ...]:
    """Plans, data packs, services; cheapest first; then by id."""
    return tuple(sorted(offerings, key=lambda o: (RANK[o.category], o.price_fen, o.points, o.id)))
