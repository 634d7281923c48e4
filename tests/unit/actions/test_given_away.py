"""A code that was told somebody is known as such, and one that was not told is not."""

from __future__ import annotations

import pytest

from bot.actions.given_away import gave_away


@pytest.mark.parametrize(
    "text",
    [
        "我把验证码告诉别人了",
        "骗子要了我的验证码我一糊涂就说了",
        "I told someone my code",
        "我不小心把验证码告诉他了",
        "我没多想就把验证码给他了",
        "不知道是骗子，把验证码发过去了",
        "我没给密码，但是把验证码告诉他了",
        "我给了验证码，没给密码",
        "骗子要我的验证码，我没多想就给了",
        "驗證碼我給他了",
        "I did not know it was a scam. I sent him the code",
        "我把短信码给别人了",
        "我点了链接还填了密码",
        "someone tricked me into telling the code",
    ],
)
def test_what_was_told_is_given_away(text: str) -> None:
    assert gave_away(text)


@pytest.mark.parametrize(
    "text",
    [
        "骗子要我的验证码，我没给",
        "我没有告诉他验证码",
        "我没把验证码告诉他",
        "驗證碼我沒給他",
        "有人让我把密码发给他，我不敢发",
        "验证码没被骗走",
        "I never told him the code",
        "I have not shared my password",
        "我被骗了",
    ],
)
def test_what_is_denied_is_not(text: str) -> None:
    assert not gave_away(text)
