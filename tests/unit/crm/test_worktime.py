"""Working days, opening hours and billing months in China."""

from __future__ import annotations

from datetime import date, datetime, time, timezone

import pytest

from crm.worktime import CHINA, Hours, add_working_days, is_open, is_working_day, month_of, next_cycle, next_opening

DESK = Hours(time(8), time(22))
OFFICE = Hours(time(9), time(17, 30), every_day=False)


def china(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHINA)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 10, 1), False),  # National Day
        (date(2026, 10, 7), False),
        (date(2026, 9, 20), True),  # a Sunday worked in exchange
        (date(2026, 11, 21), False),  # a Saturday
        (date(2026, 11, 20), True),
        (date(2035, 3, 5), True),  # no arrangement known: Monday
        (date(2035, 3, 4), False),
    ],
)
def test_exchanged_days_count(day: date, works: bool) -> None:
    assert works == is_working_day(day)


def test_opening_is_open_and_closing_is_closed() -> None:
    assert is_open(china(2026, 11, 21, 8), DESK) and not is_open(china(2026, 11, 21, 22), DESK)
    assert is_open(china(2026, 9, 20, 10), OFFICE) and not is_open(china(2026, 10, 1, 10), OFFICE)


@pytest.mark.parametrize(
    ("moment", "hours", "opening"),
    [
        (china(2026, 11, 21, 23), DESK, china(2026, 11, 22, 8)),
        (china(2026, 11, 21, 7, 59), DESK, china(2026, 11, 21, 8)),
        (china(2026, 11, 21, 10), DESK, china(2026, 11, 21, 10)),
        (china(2026, 9, 30, 18), OFFICE, china(2026, 10, 8, 9)),
    ],
)
def test_the_next_opening(moment: datetime, hours: Hours, opening: datetime) -> None:
    found = next_opening(moment, hours)
    assert (opening, timezone.utc) == (found, found.tzinfo)


def test_working_days_skip_the_long_holiday() -> None:
    assert china(2026, 10, 8, 15) == add_working_days(china(2026, 9, 30, 15), 1)
    assert china(2026, 11, 25, 15) == add_working_days(china(2026, 11, 18, 15), 5)
    assert china(2026, 11, 18, 15) == add_working_days(china(2026, 11, 18, 15), 0)


def test_a_month_begins_at_midnight_in_china() -> None:
    assert ("2026-11", "2026-12") == (month_of(china(2026, 11, 30, 23, 59)), month_of(china(2026, 12, 1)))
    assert datetime(2026, 11, 30, 16, tzinfo=timezone.utc) == next_cycle(china(2026, 11, 1))
    assert china(2027, 1, 1) == next_cycle(china(2026, 12, 31, 23, 59))
