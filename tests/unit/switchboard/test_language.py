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
        ("set up auto pay", "en"),
        ("renew my broadband", "en"),
        ("turn on international roaming", "en"),
        ("roaming prices for Thailand", "en"),
        ("5G plans", "en"),
        ("no signal", "en"),
        ("customer service", "en"),
        ("lost sim card", "en"),
        ("unlimited plans", "en"),
        ("nearest shop", "en"),
        ("Balance", "en"),
        ("please cancel 视频会员 for me", "en"),
        ("I want the 5G畅享59 plan", "en"),
        ("the 话费 是怎么扣的", "zh"),
        ("what is 低消", "en"),
        ("我的 balance what", "zh"),
        ("你好。How much data do I have left?", "en"),
        ("Hello! 我想查话费", "zh"),
        ("How much is it? 123", "en"),
        ("what's my balance?\nOK", "en"),
        ("我要查话费。5G", "zh"),
        ("CXYE", None),
        ("cha huafei", None),
        ("wo yao cha liuliang", None),
        ("2", None),
        ("", None),
        ("⟦code:0a1b2c3d4e5f6a7b⟧", None),
        ("OK", None),
        ("a@b.com", None),
        ("发到 me@my-plan.com", "zh"),
        ("never ordered this membership", "en"),
    ],
)
def test_codes_numbers_and_pinyin_are_no_sentences(text: str, language: str | None) -> None:
    assert language_of(text) == language
