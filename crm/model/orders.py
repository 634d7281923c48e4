"""What is sold, held and ordered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from crm.model.kinds import (
    UNNAMED,
    AllowanceScope,
    AllowanceType,
    Category,
    ItemAction,
    OrderState,
    SaleState,
    TariffUse,
    Text,
)


@dataclass(frozen=True)
class Price:
    """`recurring` is charged each calendar month, `one_time` once, when the order completes; `usage` is the rate of a
    `unit` beyond what the plan grants."""

    kind: Literal["recurring", "one_time", "usage"]
    amount_fen: int
    unit: Literal["", "gb", "minute", "message"] = ""


@dataclass(frozen=True)
class Grant:
    """What an offering gives each cycle; units as in Allowance."""

    type: AllowanceType
    scope: AllowanceScope
    amount: int


@dataclass(frozen=True)
class Rate:
    """What one unit of a use costs; 0 is free."""

    use: TariffUse
    amount_fen: int


@dataclass(frozen=True)
class Tariff:
    """What a service costs in these countries (ISO 3166-1, two small letters); no rates: it does not work there."""

    countries: tuple[str, ...]
    rates: tuple[Rate, ...]


@dataclass(frozen=True)
class Offering:
    """What can be ordered. `requires`: any one of these must be held; `excludes`: none of these may be.

    `points` is what a reward takes. `countries`: where a pack for use abroad can be used, () where that is not told.
    """

    id: str
    name: Text
    description: Text
    category: Category
    prices: tuple[Price, ...]
    grants: tuple[Grant, ...] = ()
    requires: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    maximum: int = 1
    regions: tuple[str, ...] = ()
    audience: str = ""
    sale_state: SaleState = "on_sale"
    aliases: tuple[str, ...] = ()
    tier: int = 0
    generation: str = ""
    lasts_days: int = 0
    lock_in_months: int = 0
    provider: Text = UNNAMED
    version: str = ""
    points: int = 0
    countries: tuple[str, ...] = ()
    tariffs: tuple[Tariff, ...] = ()

    @property
    def monthly_fen(self) -> int:
        return sum(p.amount_fen for p in self.prices if p.kind == "recurring")

    @property
    def one_time_fen(self) -> int:
        return sum(p.amount_fen for p in self.prices if p.kind == "one_time")

    @property
    def price_fen(self) -> int:
        """What the first cycle costs."""
        return self.monthly_fen + self.one_time_fen

    def rate_fen(self, unit: str) -> int:
        """What one more of `unit` costs; 0 where nothing is said of it."""
        return sum(p.amount_fen for p in self.prices if p.kind == "usage" and p.unit == unit)

    def granted(self, type: AllowanceType, *scopes: AllowanceScope) -> int:
        """Sum of what it grants of one type in these scopes, in all when none is named."""
        return sum(g.amount for g in self.grants if g.type == type and (not scopes or g.scope in scopes))


@dataclass(frozen=True)
class Product:
    """An offering that a MSISDN holds, or will hold (`pendingActive`, from `since` on)."""

    id: str
    msisdn: str
    offering_id: str
    name: Text
    category: Category
    status: Literal["active", "pendingActive", "pendingTerminate", "suspended", "terminated"]
    price_fen: int
    since: datetime
    until: datetime | None = None
    lock_in_until: date | None = None


@dataclass(frozen=True)
class OrderItem:
    """`add` an offering, `delete` a held one, or `modify`: change the plan to this offering."""

    action: ItemAction
    offering_id: str


@dataclass(frozen=True)
class Reason:
    """Why something is not possible: a code of crm.errors.REASONS and the values for its sentence."""

    code: str
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Qualification:
    """Whether the items could be ordered now, what they cost, and when they would take effect.

    `price_fen` is what a quote shows and an order repeats: the first cycle of what is added, or the new plan's monthly
    fee. `due_now_fen` of it leaves the general balance at once; `monthly_fen` comes again each month.
    """

    ok: bool
    reasons: tuple[Reason, ...]
    price_fen: int
    due_now_fen: int
    monthly_fen: int
    effective_at: datetime
    catalogue_version: str


@dataclass(frozen=True)
class OrderRequest:
    """`quoted_fen` is the `price_fen` that the person confirmed; another price now is refused: price_changed.

    `proof`: how they did: `reply`, `code`, "" where nobody was asked. It is kept with the order.
    """

    msisdn: str
    items: tuple[OrderItem, ...]
    external_id: str
    channel: str
    quoted_fen: int | None = None
    proof: str = ""


@dataclass(frozen=True)
class Order:
    """`external_id` is the caller's own id (the quote). `reasons` is filled when rejected or failed.

    `channel` and `proof`: where it was agreed to and how; "" where that is not on record.
    """

    id: str
    msisdn: str
    items: tuple[OrderItem, ...]
    state: OrderState
    total_fen: int
    placed_at: datetime
    effective_at: datetime
    external_id: str
    completed_at: datetime | None = None
    reasons: tuple[Reason, ...] = ()
    channel: str = ""
    proof: str = ""

    @property
    def final(self) -> bool:
        return self.state in ("rejected", "cancelled", "completed", "failed", "partial")
