"""Whose number is shown whole among single calls."""

from __future__ import annotations

import pytest

from crm.operations.call_detail import masked


@pytest.mark.parametrize("peer", ["", "10086", "110", "12345", "+8695555", "95555123", "12315", "96110"])
def test_numbers_of_services_stay_whole(peer: str) -> None:
    assert masked(peer) == peer.removeprefix("+86")


@pytest.mark.parametrize(
    ("peer", "shown"),
    [
        ("+8613812345678", "138****5678"),
        ("87654321", "87****21"),
        ("7654321", "7****21"),
        ("+861087654321", "108****321"),
        ("+862187654321", "218****321"),
        ("+85251234567", "+85****4567"),
    ],
)
def test_a_number_of_a_person_lacks_its_middle(peer: str, shown: str) -> None:
    assert masked(peer) == shown
