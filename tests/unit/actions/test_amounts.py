"""Amounts and generations as people name them, and what sounds like one and is not."""

from __future__ import annotations

import pytest

from bot.actions import amounts
from bot.actions.follow_ups import found_again, gives_back


@pytest.mark.parametrize(
    ("text", "of"),
    [
        ("通话多少分钟", "voice"),
        ("那通话呢", "voice"),
        ("里面有多少分钟", "voice"),
        ("how many minutes", "voice"),
        ("短信有多少条", "sms"),
        ("流量呢", "data"),
        ("那个流量多少", "data"),
        ("打电话多少分钟", "voice"),
        ("电话时长多少", "voice"),
        ("电话有多少分钟", "voice"),
        ("包含多少分钟", "voice"),
        ("电话多少", ""),
        ("电话是多少", ""),
        ("我还有多少分钟", ""),
        ("还剩多少流量", ""),
        ("查流量", ""),
        ("流量用得很快", ""),
        ("打电话没声音", ""),
        ("how much data do I have", ""),
    ],
)
def test_what_is_asked_about_what_was_shown_is_told_from_ones_own(text: str, of: str) -> None:
    assert amounts.asked(text) == of


@pytest.mark.parametrize(
    ("text", "kind", "generation"),
    [
        ("5g套餐都有啥", "", "5G"),
        ("which 4G plans are there", "", "4G"),
        ("只要5G的", "plan", "5G"),
        ("只要5G的", "pack", ""),
        ("5g流量包", "plan", ""),
        ("5GB的套餐", "", ""),
        ("套餐带15g流量的", "", ""),
        ("5g信号不好", "", ""),
    ],
)
def test_5g_is_a_generation_of_plans_and_a_volume_of_packs(text: str, kind: str, generation: str) -> None:
    assert amounts.generation_of(text, kind) == generation


@pytest.mark.parametrize(
    ("text", "said", "only"),
    [
        ("有没有10G的", "10G", True),
        ("10g的多少钱", "10g", True),
        ("一个月用30G选哪个", "30G", False),
        ("有没有", "", False),
    ],
)
def test_a_volume_alone_is_told_from_one_in_a_sentence(text: str, said: str, only: bool) -> None:
    assert amounts.names_volume(text, said) is only


@pytest.mark.parametrize(
    ("text", "back", "found"),
    [
        ("全退了", True, False),
        ("把钱退我", True, False),
        ("都给我退掉", True, False),
        ("refund it", True, False),
        ("退订彩铃", False, False),
        ("不退", False, False),
        ("手机找到了", False, True),
        ("又找到了", False, True),
        ("found it", False, True),
        ("还没找到", False, False),
        ("找到营业厅了", False, False),
        ("I have not found it", False, False),
        ("I haven't found it", False, False),
        ("have you found it", False, False),
        ("手机找到了吗", False, False),
        ("找到了？", False, False),
        ("不是找到了", False, False),
        ("不是，手机找到了", False, True),
        ("No, I found it", False, True),
        ("我不是要退钱", False, False),
        ("no refund", False, False),
        ("I don't want my money back", False, False),
        ("No, refund it", True, False),
    ],
)
def test_few_words_afterwards_mean_one_thing(text: str, back: bool, found: bool) -> None:
    assert (gives_back(text), found_again(text)) == (back, found)
