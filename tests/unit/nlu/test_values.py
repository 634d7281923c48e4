"""Values in texts: months, money, volumes, numbers, names. Today is 15 March 2026 in Shanghai."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.extractor import ValueExtractor

NOW = datetime(2026, 3, 15, 4, 0, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def extractor() -> ValueExtractor:
    return ValueExtractor(ValueExtractor.get_default_config(), lambda: NOW)


def found(extractor: ValueExtractor, text: str, **metadata: str) -> list[tuple[str, str, object]]:
    message = extractor.process([Message({"text": text, "metadata": metadata})])[0]
    return [(e["entity"], text[e["start"] : e["end"]], e["value"]) for e in message.get("entities")]


def values(extractor: ValueExtractor, entity: str, text: str) -> list[object]:
    return [value for name, _, value in found(extractor, text) if name == entity]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("查上个月账单", ["2026-02"]),
        ("上月话费", ["2026-02"]),
        ("查上上个月的", ["2026-01"]),
        ("这个月用了多少", ["2026-03"]),
        ("本月账单", ["2026-03"]),
        ("下个月扣多少", ["2026-04"]),
        ("三月话费", ["2026-03"]),
        ("四月份话费", ["2025-04"]),
        ("去年12月的账单", ["2025-12"]),
        ("12月花了多少", ["2025-12"]),
        ("十一月份的账单", ["2025-11"]),
        ("2025年3月", ["2025-03"]),
        ("二零二五年八月份", ["2025-08"]),
        ("25年8月", ["2025-08"]),
        ("2025-08", ["2025-08"]),
        ("202508账单", ["2025-08"]),
        ("一月份账单", ["2026-01"]),
        ("元月份的", ["2026-01"]),
        ("三月和四月的", ["2026-03", "2025-04"]),
        ("last month's bill", ["2026-02"]),
        ("bill for March", ["2026-03"]),
        ("bill in May 2025", ["2025-05"]),
        ("上個月的帳單", ["2026-02"]),
        ("一个月多少钱", []),
        ("三个月的流量", []),
        ("月租多少", []),
        ("一月多少钱包月", []),
        ("五月一号充的", []),
        ("may I ask", []),
        ("二零一八", []),
    ],
)
def test_a_month_is_resolved(extractor, text, expected):
    assert expected == values(extractor, "month", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("充一百五", [15000]),
        ("充个一百五", [15000]),
        ("一百零五块", [10500]),
        ("两百五十块", [25000]),
        ("一千二元", [120000]),
        ("十块", [1000]),
        ("十块五", [1050]),
        ("三块二毛", [320]),
        ("五毛钱", [50]),
        ("50元", [5000]),
        ("1.5元", [150]),
        ("¥50", [5000]),
        ("20 yuan", [2000]),
        ("top up 100", [10000]),
        ("CZ 100", [10000]),
        ("二十八的", [2800]),
        ("换成199的", [19900]),
        ("六块六的那个套餐", [660]),
        ("一百二十六套餐", [12600]),
        ("四十多块钱", [4000]),
        ("充５０", [5000]),
        ("是四十九的还是九十九的", [4900, 9900]),
        ("59和99的套餐有什么区别", [5900, 9900]),
        ("129跟199的差多少", [12900, 19900]),
        ("尾号8888的", []),
        ("十个g的", []),
        ("充了两次", []),
        ("第二的", []),
    ],
)
def test_spoken_money_is_fen(extractor, text, expected):
    assert expected == values(extractor, "amount_fen", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10个G", [10 * 1024**2]),
        ("五百兆", [500 * 1024]),
        ("500M", [500 * 1024]),
        ("1GB", [1024**2]),
        ("2.5G流量", [int(2.5 * 1024**2)]),
        ("半个g", [1024**2 // 2]),
        ("买5G流量", [5 * 1024**2]),
        ("用了五个g", [5 * 1024**2]),
        ("5G套餐", []),
        ("5g连不上", []),
        ("4G卡", []),
        ("开通5G", []),
        ("two gigs of mp3", []),
    ],
)
def test_a_volume_is_kb_and_a_network_is_not_a_volume(extractor, text, expected):
    assert expected == values(extractor, "volume_kb", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("13800138000", ["+8613800138000"]),
        ("+86 138 0013 8000", ["+8613800138000"]),
        ("8613912345678", ["+8613912345678"]),
        ("１３８００１３８０００", ["+8613800138000"]),
        ("给138-0013-8000充50", ["+8613800138000"]),
        ("幺三八零零幺三八零零零", ["+8613800138000"]),
        ("12345678901", []),
        ("138001380001", []),
        ("10086", []),
    ],
)
def test_a_mobile_number_is_e164(extractor, text, expected):
    assert expected == values(extractor, "msisdn", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", [2]),
        ("二", [2]),
        ("第二个", [2]),
        ("选3", [3]),
        ("option 3", [3]),
        ("the second one", [2]),
        ("尾号8888", [8888]),
        ("五十", [50]),
        ("10块", []),
        ("5G套餐", []),
    ],
)
def test_a_plain_number_is_a_number(extractor, text, expected):
    assert expected == values(extractor, "number", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我在杭州", ["zj"]),
        ("广东的", ["gd"]),
        ("省外怎么收费", ["out_of_province"]),
        ("国内流量", ["nationwide"]),
        ("in Zhejiang", ["zj"]),
    ],
)
def test_a_region_is_a_code(extractor, text, expected):
    assert expected == values(extractor, "region", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("畅享5G 99元套餐", ["plan-5g-99"]),
        ("办畅享99", ["plan-5g-99"]),
        ("5g畅享199", ["plan-5g-199"]),
        ("长享5G九十九元套餐", ["plan-5g-99"]),
        ("换成全家享", ["plan-family-169"]),
        ("chang xiang 5g 129 yuan tao can", ["plan-5g-129"]),
        ("学生套餐", ["plan-student-29"]),
        ("畅享5G 98元套餐", []),
        ("十九元的套餐", []),
        ("我的套餐", []),
        ("套餐", []),
        ("查一下我的套餐是多少钱的", []),
    ],
)
def test_an_offering_is_found_by_name_or_sound_with_equal_digits(extractor, text, expected):
    assert expected == values(extractor, "offering", text)


def test_a_language_is_found(extractor):
    assert ["en"] == values(extractor, "language", "能说英文吗")
    assert ["zh"] == values(extractor, "language", "in Chinese please")


def test_a_secret_is_only_its_reference(extractor):
    assert [("secret_code", "⟦code:12ab⟧", "12ab")] == found(extractor, "我的码是⟦code:12ab⟧")
    assert [("secret_card", "⟦card:99⟧", "99")] == found(extractor, "⟦card:99⟧")
    assert [] == found(extractor, "⟦bankcard:1381380013800⟧")


def test_offsets_are_those_of_the_original_text(extractor):
    assert ("month", "上個月", "2026-02") in found(extractor, "查查查查查 上個月的帳單")


def test_a_message_that_waited_is_read_at_the_time_it_was_written(extractor):
    assert [("month", "上个月", "2025-12")] == found(extractor, "上个月", received_at="2026-01-31T15:59:00+00:00")
    assert [("month", "上个月", "2026-01")] == found(extractor, "上个月", received_at="2026-01-31T16:01:00+00:00")


@pytest.mark.parametrize(
    "text",
    ["", "十" * 300, "零" * 5000, "万千百十" * 50, "9" * 5000, "点点点", "幺" * 3000, "{{7*7}}", "1" * 11 + "块" * 99],
)
def test_nonsense_raises_nothing(extractor, text):
    found(extractor, text)
