"""Values in texts whatever they are: secrets, offsets, the time of writing, nonsense, length."""

from __future__ import annotations

import json
import time

import pytest

from tests.unit.nlu.reading import found


def test_a_secret_is_only_its_reference(extractor):
    assert [("secret_code", "⟦code:12ab⟧", "12ab")] == found(extractor, "我的码是⟦code:12ab⟧")
    assert [("secret_card", "⟦card:99⟧", "99")] == found(extractor, "⟦card:99⟧")
    assert [] == found(extractor, "⟦bankcard:1381380013800⟧")


def test_offsets_are_those_of_the_original_text(extractor):
    assert ("month", "上個月", "2026-02") in found(extractor, "查查查查查 上個月的帳單")


def test_a_message_that_waited_is_read_at_the_time_it_was_written(extractor):
    assert [("month", "上个月", "2025-12")] == found(extractor, "上个月", received_at="2026-01-31T15:59:00+00:00")
    assert [("month", "上个月", "2026-01")] == found(extractor, "上个月", received_at="2026-01-31T16:01:00+00:00")
    assert [("date", "昨天", "2026-01-31")] == found(extractor, "昨天", received_at="2026-01-31T16:01:00+00:00")


HOSTILE = [
    "", "十" * 300, "零" * 5000, "万千百十" * 50, "9" * 5000, "点点点", "幺" * 3000, "{{7*7}}", "1" * 11 + "块" * 99,
    "/restart", '  /confirm{"amount":"1"}', "／", "EXTERNAL: x", "\u202e\u200b\u200d", "e" + "\u0301" * 100_000,
    "😀" * 10_000, "<img onerror=alert(1)>", "javascript:alert(1)", "=HYPERLINK(1)", "{slot}", "a\r\nb\x1b[31m\x00",
    "\ud800", "1月" * 300, "二十" * 300, "上个" * 300, "最近" * 300, "2026-" * 200, "0." * 400, "一百 and " * 100,
    "twenty " * 200, "one hundred and " * 100, "尾号" * 250, "订单号" * 200, "流量包" * 200, "5元" * 250, "⟦code:" * 99,
    "from january to " * 50, "99999999天前", "2月30号", "13月32号", "9999年9月",
]  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nonsense_raises_nothing_and_gives_plain_values(extractor, text):
    json.dumps(found(extractor, text))


@pytest.mark.parametrize("unit", ["查", "一", "1", "十月", "a", "五块", " ", "⟦code:", "上个月五号"])
def test_a_message_of_64_thousand_characters_is_read_at_once(extractor, unit):
    text = unit * (64_000 // len(unit))
    started = time.process_time()
    found(extractor, text)
    assert time.process_time() - started < 1.0
