"""Rates and replays."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from connectors.channel import cut, language_of
from connectors.limits import Limiter
from connectors.replay import Replays


def test_a_caller_may_burst_and_then_waits():
    now = [0.0]
    limiter = Limiter(burst=2, per_s=1, now=lambda: now[0])
    assert [limiter.allow("a") for _ in range(3)] == [True, True, False]
    assert limiter.allow("b")
    now[0] = 1.0
    assert [limiter.allow("a") for _ in range(2)] == [True, False]


def test_many_callers_do_not_fill_the_memory():
    limiter = Limiter(burst=2, per_s=1, now=lambda: 0.0, keys=10)
    assert all(limiter.allow(str(n)) for n in range(1000))
    assert len(limiter._buckets) <= 10


def test_a_nonce_is_good_for_one_purpose_for_ten_minutes():
    now = [datetime(2026, 11, 21, tzinfo=timezone.utc)]
    replays = Replays(lambda: now[0])
    assert replays.fresh("n", "one")
    assert replays.fresh("n", "one")
    assert not replays.fresh("n", "two")
    now[0] += timedelta(minutes=11)
    assert replays.fresh("n", "two")


def test_a_long_text_is_cut_at_a_sentence():
    text = "第一句话在这里。" * 10
    pieces = cut(text, 100, lambda t: len(t.encode()))
    assert "".join(pieces) == text
    assert all(piece.endswith("。") and len(piece.encode()) <= 100 for piece in pieces)


def test_a_text_without_a_place_to_cut_is_cut_anyway():
    assert cut("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]


def test_the_language_of_a_reply_is_told_by_its_letters():
    assert language_of("您的余额") == "zh"
    assert language_of("Your balance is ¥23.50.") == "en"
