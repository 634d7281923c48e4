"""What the worker's root adds of its own: hours of the desk, and the CRM as a directory."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from console.directory import CrmDirectory
from crm.errors import CrmError, NotFound, Refused, TimedOut
from switchboard.errors import BadSettings, NotReachable
from worker import DeskHours


@pytest.mark.parametrize(
    ("hours", "utc_hour", "is_open"),
    [("08:00-22:00", 0, True), ("08:00-22:00", 14, False), ("00:00-24:00", 15, True), ("09:30-18:00", 1, False)],
)
def test_the_desk_is_open_by_the_clock_in_china(hours: str, utc_hour: int, is_open: bool) -> None:
    assert DeskHours(hours).is_open(datetime(2026, 11, 21, utc_hour, 0, tzinfo=timezone.utc)) is is_open


def test_hours_read_the_same_in_every_language() -> None:
    assert DeskHours("08:00-22:00").describe("zh") == DeskHours("08:00-22:00").describe("en") == "8:00–22:00"


@pytest.mark.parametrize("hours", ["", "8-22", "25:00-26:00", "08:00–22:00"])
def test_other_hours_are_refused_at_the_start(hours: str) -> None:
    with pytest.raises(BadSettings, match="RENJI_DESK_HOURS"):
        DeskHours(hours)


class Crm:
    """Answers with `answer`, or raises it."""

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    async def subscriber_of(self, msisdn: str, *, deadline: float) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Subscriber:
    id, region = "s1", "zj"


async def test_a_number_is_looked_up_in_the_crm() -> None:
    assert await CrmDirectory(Crm(Subscriber())).lookup("+8613800000001") == ("s1", "zj")  # type: ignore[arg-type]
    assert await CrmDirectory(Crm(NotFound("subscriber", "x"))).lookup("+861") is None  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [TimedOut("late"), Refused("invalid"), CrmError()])
async def test_a_crm_that_does_not_say_whose_a_number_is_is_not_reachable(error: CrmError) -> None:
    with pytest.raises(NotReachable):
        await CrmDirectory(Crm(error)).lookup("+8613800000001")  # type: ignore[arg-type]
    with pytest.raises(NotReachable):
        await CrmDirectory(Crm(error)).priority("+8613800000001")  # type: ignore[arg-type]
