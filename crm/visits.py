"""When a shop can be visited by appointment: half hours of its open days, so many people at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from crm.errors import Refused
from crm.model import Appointment, Shop
from crm.worktime import CHINA, Hours, is_open

EVERY = timedelta(minutes=30)
NOTICE = timedelta(hours=1)
"""Nobody is expected sooner."""
DAYS = 7
AT_ONCE = 2
MOST_OPEN = 3
"""Visits of one number that are booked and not over: nobody keeps others out."""


def check_open(booked: Sequence[Appointment]) -> None:
    """Refused("too_many_visits") for a number that has these booked already."""
    if len(booked) >= MOST_OPEN:
        raise Refused("too_many_visits", {"most": MOST_OPEN})


def free(shop: Shop, taken: Mapping[datetime, int], now: datetime) -> tuple[datetime, ...]:
    """Beginnings of the visits that can be booked, the next one first."""
    hours = Hours(shop.opens, shop.closes, shop.every_day)
    start = now.astimezone(CHINA).replace(minute=0, second=0, microsecond=0)
    times = (start + EVERY * n for n in range(DAYS * 48))
    return tuple(
        at for at in times
        if at >= now + NOTICE and is_open(at, hours) and is_open(at + EVERY - timedelta(minutes=1), hours)
        and taken.get(at, 0) < AT_ONCE
    )  # fmt: skip


def taken(booked: Sequence[Appointment]) -> dict[datetime, int]:
    """How many come when."""
    counted: dict[datetime, int] = {}
    for one in booked:
        if one.state == "confirmed":
            at = one.at.astimezone(CHINA)
            counted[at] = counted.get(at, 0) + 1
    return counted
