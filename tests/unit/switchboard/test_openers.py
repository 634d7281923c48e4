"""What only begins, and what already says something."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from switchboard.errors import BadWording
from switchboard.openers import Openers

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def openers() -> Openers:
    return Openers.load(ROOT / "content")


@pytest.mark.parametrize(
    "text",
    [
        "在吗",
        "你好",
        "您好，在吗？",
        "我想查一下",
        "喂 你好 请问一下",
        "帮我查一下那个",
        "Hi",
        "hello, can you",
        "I'd like to",
        "想问下…",
    ],
)
def test_only_begins(openers: Openers, text: str) -> None:
    assert openers.is_opener(text)


@pytest.mark.parametrize(
    "text",
    [
        "查话费",
        "我想查一下流量",
        "人工",
        "嗯",
        "好的",
        "是",
        "ok",
        "2",
        "",
        "？",
        "上个月的",
        "yes",
        "你好查话费",
        "在吗" * 30,
    ],
)
def test_says_something_or_answers(openers: Openers, text: str) -> None:
    assert not openers.is_opener(text)


@pytest.mark.parametrize(
    "text", ["我" * 100_000, "在吗x" * 20_000, "\u202e\u200b", "😀" * 10_000, "(" * 50, "⟦code:1⟧"]
)
def test_whatever_comes_is_judged_at_once(openers: Openers, text: str) -> None:
    started = time.process_time()
    assert not openers.is_opener(text)
    assert time.process_time() - started < 0.05


def test_words_that_are_no_lists_are_an_error(tmp_path: Path) -> None:
    (tmp_path / "terms").mkdir()
    (tmp_path / "terms" / "openers.yml").write_text("openers: 你好\n", encoding="utf-8")
    with pytest.raises(BadWording, match="lists of words"):
        Openers.load(tmp_path)


def test_without_a_file_nothing_waits(tmp_path: Path) -> None:
    assert not Openers.load(tmp_path).is_opener("你好")
