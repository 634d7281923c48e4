"""SMS parts (3GPP 23.038 and 23.040)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.sms.parts import split_sms

SIGNATURE = "【云通】"


@pytest.mark.parametrize(
    ("text", "sizes"),
    [
        ("", []),
        ("a" * 160, [160]),
        ("a" * 161, [153, 8]),
        ("a" * 306, [153, 153]),
        ("a" * 158 + "€", [159]),
        ("a" * 159 + "€", [153, 7]),
        ("a" * 152 + "€" + "a" * 10, [152, 11]),
        ("余" * 70, [70]),
        ("余" * 71, [67, 4]),
        ("余" * 134, [67, 67]),
        ("余" * 135, [67, 67, 1]),
        (SIGNATURE + "余" * 66, [70]),
        (SIGNATURE + "余" * 67, [67, 4]),
        ("a" * 69 + "余", [70]),
    ],
)
def test_a_text_is_cut_where_the_standard_cuts(text, sizes):
    assert [len(part) for part in split_sms(text)] == sizes


def test_a_surrogate_pair_is_never_cut():
    parts = split_sms("余" * 66 + "😀" * 10)
    assert [len(part) for part in parts] == [66, 10]
    assert parts[0] == "余" * 66


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=500))
def test_parts_join_to_the_text_and_each_fits(text):
    parts = split_sms(text)
    assert "".join(parts) == text
    gsm = all(len(part.encode("utf-16-le")) // 2 <= 160 for part in parts)
    assert gsm
    if len(parts) > 1:
        assert all(len(part.encode("utf-16-le")) // 2 <= 153 for part in parts)
