"""What is given back of an offering that somebody says they never ordered, as rules over what is on record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import TypeVar

from crm.model import BillItem, Order, Product
from crm.policy import Policy
from crm.worktime import CHINA

K = TypeVar("K")
UNDONE = frozenset({"rejected", "failed", "cancelled"})
NEAR = timedelta(days=1)
"""A product begins when its order is done; the two moments may stand apart by so much."""


def record_of(product: Product, orders: Iterable[Order]) -> Order | None:
    """The order that brought this product, None where none is on record. `orders` newest first."""
    for order in orders:
        brought = any(i.action != "delete" and i.offering_id == product.offering_id for i in order.items)
        if brought and order.state not in UNDONE and abs(order.effective_at - product.since) <= NEAR:
            return order
    return None


def refundable(
    charges: Iterable[tuple[K, BillItem]], product: Product, orders: Sequence[Order], policy: Policy, now: datetime
) -> list[tuple[K, int]]:
    """Which charges of this product are given back, each with its amount.

    Without an order on record those of the last months that the policy names; with one, those since it while it can
    still be taken back; else none.
    """
    order, since = record_of(product, orders), policy.refund_since(now)
    if order:
        if now - order.placed_at > policy.cooling_off:
            return []
        since = order.placed_at.astimezone(CHINA).date()
    return [(key, i.amount_fen) for key, i in charges if _is_of(i, product, since) and i.amount_fen > 0]


def _is_of(item: BillItem, product: Product, since: date) -> bool:
    return item.offering_id == product.offering_id and item.on >= since
