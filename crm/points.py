"""Loyalty points in lots: the lot that expires first is spent first, and nothing is spent that has expired."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time

from crm.errors import Refused
from crm.model import PointsLot
from crm.worktime import CHINA


def expiry(day: date) -> datetime:
    """The last second of a local day."""
    return datetime.combine(day, time(23, 59, 59), CHINA)


def usable(lots: Iterable[PointsLot], now: datetime) -> tuple[PointsLot, ...]:
    """What can be spent now, in the order in which it is spent."""
    valid = (lot for lot in lots if lot.left and lot.expires_at > now)
    return tuple(sorted(valid, key=lambda lot: (lot.expires_at, lot.id)))


def total(lots: Iterable[PointsLot], now: datetime) -> int:
    return sum(lot.left for lot in usable(lots, now))


def spend(lots: Iterable[PointsLot], points: int, now: datetime) -> tuple[PointsLot, ...]:
    """The lots that change, as they are afterwards. Refused("insufficient_points")."""
    open_lots = usable(lots, now)
    available = sum(lot.left for lot in open_lots)
    if points > available:
        raise Refused("insufficient_points", {"needed": points, "available": available})
    changed = []
    for lot in open_lots:
        part = min(points, lot.left)
        if part:
            changed.append(replace(lot, left=lot.left - part))
        points -= part
    return tuple(changed)
