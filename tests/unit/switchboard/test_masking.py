"""Secrets never survive parsing; ordinary numbers do."""

from __future__ import annotations

import pytest

from switchboard.masking import PLACEHOLDER, hide, mask


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("123456", "code", "123456"),
        (" １２３４５６。", "code", "123456"),
        ("验证码是482913", "code", "482913"),
        ("482913是验证码", "code", "482913"),
        ("我的服务密码是123456", "password", "123456"),
        ("password: hunter2!", "password", "hunter2!"),
        ("用充值卡 1234 5678 9012 345670 充", "card", "123456789012345670"),
        ("11010519491231002X", "id", "11010519491231002X"),
        ("身份证440524188001010014", "id", "440524188001010014"),
        ("卡号6222 0212 3456 7890 128", "bankcard", "6222021234567890128"),
        ("4111111111111111", "bankcard", "4111111111111111"),
    ],
)
def test_a_secret_becomes_a_typed_placeholder(text: str, kind: str, value: str) -> None:
    masked = mask(text)
    assert [(s.kind, s.value) for s in masked.secrets] == [(kind, value)]
    assert value not in masked.text
    assert PLACEHOLDER.search(masked.text)[1] == kind  # type: ignore[index]


@pytest.mark.parametrize(
    "text", ["查话费", "充100", "10086", "13800001234", "202610账单", "0000", "换成199的", "+8613800001234"]
)
def test_ordinary_numbers_stay(text: str) -> None:
    assert mask(text).text == text


def test_a_typed_placeholder_names_no_reference() -> None:
    assert PLACEHOLDER.search(mask("⟦code:0123456789abcdef⟧").text) is None


def test_screens_show_neither_reference_nor_number() -> None:
    assert hide("⟦code:0123456789abcdef⟧ 给13800001234") == "[code] 给138****1234"
