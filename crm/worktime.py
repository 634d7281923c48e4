"""Working days and opening hours in China, with 调休 (weekends worked in exchange for holidays).

Arrangements are published a year at a time; for a year not published yet, Monday to Friday count as working days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone

import chinese_calendar

# Not zoneinfo: China has one offset and no summer time, and a slim machine may carry no time zone data.
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


@dataclass(frozen=True)
class Hours:
    """When a desk or shop is open, local time in China. `every_day`: weekends and holidays too."""

    opens: time
    closes: time
    every_day: bool = True


def is_working_day(day: date) -> bool:
    """Whether people in China work on this date."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5


def is_open(moment: datetime, hours: Hours) -> bool:
    """Whether `moment` (aware) falls into the hours; closing time itself is closed."""
    local = moment.astimezone(CHINA)
    if not (hours.every_day or is_working_day(local.date())):
        return False
    return hours.opens <= local.time() < hours.closes


def next_opening(moment: datetime, hours: Hours) -> datetime:
    """The moment itself (in UTC) if open, else the next opening after it, in UTC."""
    if is_open(moment, hours):
        return moment.astimezone(timezone.utc)
    day = moment.astimezone(CHINA).date()
    while True:
        opening = datetime.combine(day, hours.opens, CHINA)
        if opening >= moment and (hours.every_day or is_working_day(day)):
            return opening.astimezone(timezone.utc)
        day += timedelta(days=1)


def add_working_days(start: datetime, days: int) -> datetime:
    """The same local time of day, `days` working days later (the day of `start` is not counted), in UTC."""
    local = start.astimezone(CHINA)
    day = local.date()
    left = days
    while left > 0:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return datetime.combine(day, local.timetz()).astimezone(timezone.utc)


def month_of(moment: datetime) -> str:
    """The billing month (YYYY-MM) in China of an aware moment."""
    return moment.astimezone(CHINA).strftime("%Y-%m")


def last_month(now: datetime) -> str:
    """The newest month that is closed in China."""
    first = now.astimezone(CHINA).replace(day=1)
    return month_of(first - timedelta(days=1))


def month_before(month: str) -> str:
    """2026-01 → 2025-12."""
    year, number = (int(part) for part in month.split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def next_cycle(moment: datetime) -> datetime:
    """The first moment of the next billing month in China, in UTC."""
    local = moment.astimezone(CHINA)
    year, month = (local.year + 1, 1) if local.month == 12 else (local.year, local.month + 1)
    return datetime(year, month, 1, tzinfo=CHINA).astimezone(timezone.utc)
