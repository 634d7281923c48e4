"""A person is answered in the language of their last full sentence."""

from __future__ import annotations

import pytest

from switchboard.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("查话费", "zh"),
        ("我的 balance 多少", "zh"),
        ("what's my balance", "en"),
        ("How much data do I have left?", "en"),
        ("hello", "en"),
        ("top up 50", "en"),
        ("CXYE", None),
        ("cha huafei", None),
        ("wo yao cha liuliang", None),
        ("2", None),
        ("", None),
        ("⟦code:0a1b2c3d4e5f6a7b⟧", None),
        ("OK", None),
    ],
)
def test_codes_numbers_and_pinyin_are_no_sentences(text: str, language: str | None) -> None:
    assert language_of(text) == language
