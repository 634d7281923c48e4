"""Points: the lot that ends first is spent first, and no point is made or lost."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.errors import Refused
from crm.model import PointsLot
from crm.points import expiry, spend, total, usable

NOW = datetime(2026, 11, 18, 2, 30, tzinfo=timezone.utc)
ENDS = st.integers(-400, 400).map(lambda days: expiry(NOW.date() + timedelta(days=days)))
LOTS = st.lists(st.tuples(st.integers(0, 5000), ENDS), max_size=8).map(
    lambda rows: tuple(PointsLot(f"L{n}", "+86", left, left, NOW.date(), ends) for n, (left, ends) in enumerate(rows))
)


@given(LOTS, st.lists(st.integers(0, 6000), max_size=6))
def test_whatever_is_spent_in_whatever_order_the_books_balance(lots: tuple[PointsLot, ...], wishes: list[int]) -> None:
    at_first, spent = total(lots, NOW), 0
    for points in wishes:
        try:
            changed = {lot.id: lot for lot in spend(lots, points, NOW)}
        except Refused:
            assert points > total(lots, NOW)
            continue
        lots, spent = tuple(changed.get(lot.id, lot) for lot in lots), spent + points
        assert all(0 <= lot.left <= lot.earned for lot in lots)
        assert total(lots, NOW) == at_first - spent


@given(LOTS, st.integers(1, 3000))
def test_a_later_lot_is_touched_only_when_the_earlier_ones_are_empty(lots: tuple[PointsLot, ...], points: int) -> None:
    if points > total(lots, NOW):
        return
    changed = spend(lots, points, NOW)
    assert [lot.id for lot in changed] == [lot.id for lot in usable(lots, NOW)][: len(changed)]
    assert all(lot.left == 0 for lot in changed[:-1])


def test_the_last_second_of_the_day_counts() -> None:
    lot = PointsLot("L", "+86", 10, 10, NOW.date(), expiry(date(2026, 11, 18)))
    assert 10 == total([lot], datetime(2026, 11, 18, 15, 59, 58, tzinfo=timezone.utc))
    assert 0 == total([lot], datetime(2026, 11, 18, 15, 59, 59, tzinfo=timezone.utc))


def test_what_is_not_there_is_not_spent() -> None:
    with pytest.raises(Refused) as refusal:
        spend((), 1, NOW)
    assert {"needed": 1, "available": 0} == dict(refusal.value.values)
