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
        "我想问一下",
        "请问",
        "那个",
        "麻烦帮我查一下",
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
    "text",
    "可以 可以吗 可以的呀 可不可以 能 能不能 我要 我想要 想要 想 要 就是 这个 我要这个 就是这个 我要那个 给我那个 我的 "
    "是这样 是这样的 办 办理 办一下 帮我办 我想办 查 查一下 查吧 看看 帮我查吧 知道 please".split(),
)
def test_an_answer_to_an_offer_or_a_list_does_not_wait(openers: Openers, text: str) -> None:
    assert not openers.is_opener(text)


@pytest.mark.parametrize("text", ["查" * 23 + "x", "看" * 24, "查" * 24 + "x", "ﷺ" * 24])
def test_words_that_begin_alike_cost_nothing(text: str) -> None:
    openers = Openers(["查", "查查", "查查查", "看看"])
    openers.is_opener("查x")
    started = time.process_time()
    assert openers.is_opener(text) == (text == "看" * 24)
    assert time.process_time() - started < 0.005


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
