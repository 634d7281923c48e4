"""A value that cannot work stops the start, with all others that cannot."""

from __future__ import annotations

import pytest

from switchboard.errors import BadSettings
from switchboard.settings import Settings

POSTGRESQL = "postgresql+asyncpg://user:password@host/console"


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"RENJI_STALL_S": "9"}, "RENJI_STALL_S: must be 1 to 8, or 0 for never"),
        ({"RENJI_STALL_S": "-1"}, "RENJI_STALL_S: must be 1 to 8, or 0 for never"),
        ({"RENJI_LOG_WRITERS": "0"}, "RENJI_LOG_WRITERS: must be 1 to 256, the number of partitions"),
        ({"RENJI_LOG_WRITERS": "5", "RENJI_PARTITIONS": "4"}, "RENJI_LOG_WRITERS: must be 1 to 4"),
        ({"RENJI_LOG_WRITERS": "2"}, "RENJI_LOG_WRITERS: more than 1 needs PostgreSQL"),
    ],
)
def test_a_number_out_of_its_range_stops_the_start(said: dict[str, str], fault: str) -> None:
    with pytest.raises(BadSettings, match=fault):
        Settings.read(said)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(BadSettings, match="RENJI_PORT.*RENJI_STALL_S.*RENJI_LOG_WRITERS"):
        Settings.read({"RENJI_PORT": "x", "RENJI_STALL_S": "9", "RENJI_LOG_WRITERS": "0"})


@pytest.mark.parametrize("said", [{"RENJI_STALL_S": "0"}, {"RENJI_LOG_WRITERS": "4", "RENJI_DATABASE_URL": POSTGRESQL}])
def test_what_works_is_taken(said: dict[str, str]) -> None:
    Settings.read(said)


def test_what_only_the_reference_crm_reads_hinders_nobody_else() -> None:
    assert "https://bus.example.cn" == Settings.read({"RENJI_CRM_LISTENERS": "https://bus.example.cn"}).crm_listeners
