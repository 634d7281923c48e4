"""Places, names of what is sold, and languages in texts."""

from __future__ import annotations

import pytest

from tests.unit.nlu.reading import values


@pytest.mark.parametrize(
    ("text", "entity", "expected"),
    [
        ("我在杭州", "region", ["zj"]),
        ("广东的", "region", ["gd"]),
        ("省外怎么收费", "region", ["out_of_province"]),
        ("省外省外用一分钟多少钱", "region", ["out_of_province"]),
        ("省内流量", "region", ["in_province"]),
        ("国内流量", "region", ["nationwide"]),
        ("到国外怎么办", "region", ["abroad"]),
        ("in Zhejiang", "region", ["zj"]),
        ("outside the province", "region", ["out_of_province"]),
        ("I go abroad", "region", ["abroad"]),
        ("去香港", "region", ["hk"]),
        ("in Hong Kong and Macao", "region", ["hmt"]),
        ("去日本怎么收费", "country", ["jp"]),
        ("roaming in the United States", "country", ["us"]),
        ("在内蒙古", "country", []),
        ("截至今日本月话费", "country", []),
        ("印度尼西亚", "country", ["id"]),
        ("thailandia", "country", []),
    ],
)
def test_a_place_is_a_code(extractor, text, entity, expected):
    assert expected == values(extractor, entity, text)


@pytest.mark.parametrize(
    ("text", "entity", "expected"),
    [
        ("取消那个斗地主", "service_name", ["斗地主"]),
        ("腾讯vip可以取消吗", "service_name", ["腾讯VIP"]),
        ("退订腾讯视频会员", "service_name", ["腾讯视频会员"]),
        ("家庭虚拟网", "service_name", ["家庭虚拟网"]),
        ("怎么开通呼叫转移", "service_name", ["呼叫转移"]),
        ("cancel my netflix subscription", "service_name", ["Netflix subscription"]),
        ("set up call forwarding", "service_name", ["call forwarding"]),
        ("微信充的话费", "service_name", []),
        ("去掉二十元的流量", "pack_name", ["20元流量包"]),
        ("五元ip流量包去掉", "pack_name", ["5元IP流量包"]),
        ("取消那个五百兆流量", "pack_name", ["500MB流量包"]),
        ("退订爱奇艺流量包", "pack_name", ["爱奇艺流量包"]),
        ("有无线流量包吗", "pack_name", ["无限流量包"]),
        ("cancel the 30 yuan data pack", "pack_name", ["30元流量包"]),
        ("a 40 GB data pack", "pack_name", ["40GB流量包"]),
        ("抖音免流", "pack_name", ["抖音流量包"]),
        ("只有两百兆流量", "pack_name", []),
        ("大概十块钱流量", "pack_name", []),
        ("我是包月包多少", "pack_name", []),
        ("十九元的套餐", "plan_name", ["19元套餐"]),
        ("六元六块六的那个套餐", "plan_name", ["6.6元套餐"]),
        ("一百二十六套餐", "plan_name", ["126元套餐"]),
        ("换成冰激凌套餐", "plan_name", ["冰激凌套餐"]),
        ("the 88 yuan plan", "plan_name", ["88元套餐"]),
        ("五八套餐", "plan_name", ["58元套餐"]),
        ("五六块钱的套餐", "plan_name", []),
        ("第二个套餐", "plan_name", []),
        ("我的套餐", "plan_name", []),
    ],
)
def test_a_name_that_is_not_ours_is_written_out(extractor, text, entity, expected):
    assert expected == values(extractor, entity, text)


def test_a_language_is_found(extractor):
    assert ["en"] == values(extractor, "language", "能说英文吗")
    assert ["zh"] == values(extractor, "language", "in Chinese please")
