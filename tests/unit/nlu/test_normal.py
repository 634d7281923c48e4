"""Normalising text, and finding the way back to the original."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.normal import is_placeholder_char, normalise


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("轉人工", "转人工"),
        ("查詢帳單餘額", "查询账单余额"),
        ("ＣＸＹＥ　１２３", "cxye 123"),
        ("查查查查话费", "查查话费"),
        ("GOOOOOD", "good"),
        ("1000000", "1000000"),
        ("幺零零零八六", "幺零零零八六"),
        ("  a \t\n b ", "a b"),
        ("a\u200bb\u202ec\x00", "abc"),
        ("e" + "\u0301" * 1000, "\u00e9\u0301"),
        ("", ""),
    ],
)
def test_many_spellings_become_one(text, expected):
    assert expected == normalise(text).text


def test_a_placeholder_is_one_character_that_only_tells_its_kind():
    first, second = normalise("码⟦code:12ab⟧"), normalise("码⟦code:ffff0000⟧")
    assert first.text == second.text
    assert is_placeholder_char(first.text[1])
    assert (1, len("码⟦code:12ab⟧")) == first.original(1, 2)
    assert normalise("⟦card:1⟧").text != normalise("⟦code:1⟧").text


def test_offsets_lead_back_to_the_original():
    normal = normalise("查ＡＢ查查查話費")
    start = normal.text.index("话费")
    assert (6, 8) == normal.original(start, start + 2)


@given(st.text(max_size=60))
def test_any_text_keeps_offsets_inside_the_original(text):
    normal = normalise(text)
    assert len(normal.text) == len(normal.starts) == len(normal.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(normal.starts, normal.ends, strict=True))
    assert list(normal.starts) == sorted(normal.starts)
    assert normalise(normal.text).text == normalise(normalise(normal.text).text).text


def test_a_hostile_text_costs_little():
    assert "好好" == normalise("好" * 64_000).text
