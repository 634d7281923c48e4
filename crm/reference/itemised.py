"""Single calls and messages of one subscriber, whose minutes and number are what the month's usage says."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

from crm.model import CallRecord, UsageSummary
from crm.worktime import next_cycle

MOST_CALLS = 25
MOST_MESSAGES = 10
MINUTE = 60


def records(usage: UsageSummary, start: datetime, now: datetime) -> Iterator[CallRecord]:
    """Of one month, oldest first. Calls made count by begun minutes, calls taken are free and not in the usage."""
    draw = random.Random(f"{usage.msisdn} {usage.month}")
    end = min(next_cycle(start), now)
    made = _split(usage.voice_minutes, MOST_CALLS, draw)
    kinds = [("call_out", minutes) for minutes in made]
    kinds += [("call_in", draw.randint(1, 9)) for _ in made[::3]]
    kinds += [("sms_out", 0) for _ in range(min(usage.sms_count, MOST_MESSAGES))]
    moments = sorted(_moment(start, end, draw) for _ in kinds)
    draw.shuffle(kinds)
    for number, ((kind, minutes), at) in enumerate(zip(kinds, moments, strict=True)):
        seconds = minutes * MINUTE - draw.randint(0, MINUTE - 1) if minutes else 0
        peer = f"+861{draw.choice('3589')}{draw.randint(0, 10**9 - 1):09d}"
        record_id = f"D{usage.msisdn[3:]}-{usage.month}-{number}"
        yield CallRecord(record_id, usage.msisdn, at, kind, peer, seconds, 0)  # type: ignore[arg-type]


def _split(total: int, most: int, draw: random.Random) -> list[int]:
    """`total` as a sum of at most `most` parts, each at least 1."""
    count = min(total, most)
    cuts = sorted(draw.sample(range(1, total), count - 1)) if count > 1 else []
    edges = [0, *cuts, total]
    return [b - a for a, b in pairwise(edges)] if total else []


def _moment(start: datetime, end: datetime, draw: random.Random) -> datetime:
    return start + timedelta(seconds=draw.randint(0, max(0, int((end - start).total_seconds()) - 1)))
