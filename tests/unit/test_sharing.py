"""Two processes that share the tests do not get into each other's way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import ports
from tests.sharing import TOGETHER, group

ROOT = Path(__file__).resolve().parents[2]


def test_every_place_that_stays_together_is_there() -> None:
    assert [] == [place for place in TOGETHER if not (ROOT / place).exists()]


@pytest.mark.parametrize(
    ("nodeid", "expected"),
    [
        ("tests/whole/test_trace.py::test_a[x::y/z.py]", "whole"),
        ("tests/whole/test_rasa_commands.py::test_a", "Rasa's commands"),
        ("tests/chaos/test_disk.py::test_a", "tests/chaos/test_disk.py"),
    ],
)
def test_what_is_named_stays_together_and_other_modules_by_themselves(nodeid: str, expected: str) -> None:
    assert expected == group(nodeid)


def test_no_port_is_given_twice_and_none_to_two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    given = []
    for worker in ("gw0", "gw1"):
        monkeypatch.setenv("PYTEST_XDIST_WORKER", worker)
        ports._ports.cache_clear()
        given += [ports.free_port() for _ in range(50)]
    ports._ports.cache_clear()
    assert len(set(given)) == len(given)
