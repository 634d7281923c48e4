"""What is given back of an offering that somebody says they never ordered, as rules over what is on record."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Generic, TypeVar

from crm.errors import Refused
from crm.model import Allowance, BillItem, Order, Product
from crm.policy import Policy
from crm.worktime import CHINA, next_cycle

K = TypeVar("K")
UNDONE = frozenset({"rejected", "failed", "cancelled"})
NEAR = timedelta(days=1)
"""A product begins when its order is done; the two moments may stand apart by so much."""


@dataclass(frozen=True)
class Claim(Generic[K]):
    """All that decides about one offering. `held`, `charges` (with their keys) and `last`, when something was given
    back for it before, are of this offering; `orders` are the number's, newest first, `allowances` what is valid."""

    offering_id: str
    held: Sequence[Product]
    charges: Sequence[tuple[K, BillItem]]
    orders: Sequence[Order]
    allowances: Sequence[Allowance]
    last: datetime | None
    policy: Policy
    now: datetime


@dataclass(frozen=True)
class GivenBack(Generic[K]):
    """Fen by charge, and what ends with it at once, as it is then."""

    amounts: dict[K, int]
    products: tuple[Product, ...]
    allowances: tuple[Allowance, ...]


def record_of(product: Product, orders: Iterable[Order]) -> Order | None:
    """The order that brought this product, None where none is on record. `orders` newest first."""
    for order in orders:
        brought = any(i.action != "delete" and i.offering_id == product.offering_id for i in order.items)
        if brought and order.state not in UNDONE and abs(order.effective_at - product.since) <= NEAR:
            return order
    return None


def given_back(claim: Claim[K]) -> GivenBack[K]:
    """What is paid for is not kept: whatever gives money back ends at once, with all that it grants.

    Refused: refunded_before (one refund an offering in the months that the policy names), not_active, not_cancelled.
    """
    values = {"offering": claim.offering_id}
    if claim.last and claim.last.astimezone(CHINA).date() >= claim.policy.refund_since(claim.now):
        raise Refused("refunded_before", values)
    if not claim.held:
        raise Refused("not_active", values)
    cancelled = [p for p in claim.held if p.status == "pendingTerminate"]
    if not cancelled:
        raise Refused("not_cancelled", values)
    found = [(product, _refundable(claim, product)) for product in cancelled]
    ended = [replace(product, status="terminated", until=claim.now) for product, back in found if back]
    over = [replace(a, valid_until=claim.now) for product in ended for a in _granted_by(product, claim)]
    return GivenBack({key: fen for _, back in found for key, fen in back.items()}, tuple(ended), tuple(over))


def _refundable(claim: Claim[K], product: Product) -> dict[K, int]:
    """Which charges of this product are given back, each with its amount.

    Without an order on record those of the last months that the policy names, whole; with one, while it can still be
    taken back, of this month's the share that was not used; else none.
    """
    order, share = record_of(product, claim.orders), Fraction(1)
    since = claim.policy.refund_since(claim.now)
    if order:
        if claim.now - order.placed_at > claim.policy.cooling_off:
            return {}
        today = claim.now.astimezone(CHINA).date()
        since = max(order.placed_at.astimezone(CHINA).date(), today.replace(day=1))
        share = _unused(claim, product, since)
    amounts = {key: int(i.amount_fen * share) for key, i in claim.charges if i.on >= since}
    return {key: fen for key, fen in amounts.items() if fen > 0}


def _unused(claim: Claim[K], product: Product, since: date) -> Fraction:
    """Of what it grants, by what was used most of; where it grants nothing that is counted, of its days."""
    granted = [a for a in _granted_by(product, claim) if a.total]
    if granted:
        return min(Fraction(max(0, a.total - a.used), a.total) for a in granted)
    end = next_cycle(claim.now).astimezone(CHINA).date()
    return Fraction((end - claim.now.astimezone(CHINA).date()).days, (end - since).days)


def _granted_by(product: Product, claim: Claim[K]) -> list[Allowance]:
    return [a for a in claim.allowances if a.id.startswith(f"{product.id}-")]
