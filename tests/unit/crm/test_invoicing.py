"""Tax numbers and what an invoice may name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.invoicing import ALPHABET, is_tax_id

REAL = ("91330100799655058B", "914403001922038216")


@pytest.mark.parametrize("known", REAL)
def test_known_numbers_are_right(known: str) -> None:
    assert is_tax_id(known)


@given(st.sampled_from(REAL), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_sign_is_noticed(known: str, place: int, sign: str) -> None:
    spoilt = known[:place] + sign + known[place + 1 :]
    assert is_tax_id(spoilt) == (spoilt == known)


@pytest.mark.parametrize("other", ["", "123", "91330100799655058b", "91330100799655058BB", "O1330100799655058B"])
def test_anything_else_is_none(other: str) -> None:
    assert not is_tax_id(other)
