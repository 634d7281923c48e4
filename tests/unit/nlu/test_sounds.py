"""What sounds alike is alike."""

from __future__ import annotations

import pytest

from bot.nlu.sounds import syllables


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("流量", "流两"),
        ("话费", "化肥"),
        ("话费", "huafei"),
        ("查话费", "cha hua fei"),
        ("转人工", "装人公"),
        ("是", "四"),
    ],
)
def test_homophones_and_pinyin_meet(one, other):
    assert syllables(one) == syllables(other)


def test_words_that_are_no_pinyin_stay_words():
    assert ["my", "plan", "5"][:2] == syllables("my plan 5")
