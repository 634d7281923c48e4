"""Values in texts: months, days, money, volumes, numbers, names. Now is Sunday, 15 March 2026, noon in Shanghai."""

from __future__ import annotations

import json
import time
from datetime import datetime, timezone

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.extractor import ValueExtractor
from crm.effects import new_id

NOW = datetime(2026, 3, 15, 4, 0, tzinfo=timezone.utc)
GB = 1024**2


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
        ("这月怎么扣那么多", ["2026-03"]),
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
        ("五月份的五月份的流量", ["2025-05"]),
        ("下个月五号", ["2026-04"]),
        ("last month's bill", ["2026-02"]),
        ("bill for March", ["2026-03"]),
        ("bill in May 2025", ["2025-05"]),
        ("bill of January 2025", ["2025-01"]),
        ("what did I spend in may", ["2025-05"]),
        ("上個月的帳單", ["2026-02"]),
        ("一个月多少钱", []),
        ("三个月的流量", []),
        ("我四个月", []),
        ("每个月扣多少", []),
        ("月租多少", []),
        ("一月多少钱包月", []),
        ("五月一号充的", []),
        ("五月一充的", []),
        ("paid on May 1st", []),
        ("may I ask", []),
        ("二零一八", []),
        ("2026-13", []),
    ],
)
def test_a_month_is_resolved(extractor, text, expected):
    assert expected == values(extractor, "month", text)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("最近三个月的账单", "2026-01", "2026-03"),
        ("近6个月", "2025-10", "2026-03"),
        ("最近几个月花了多少", "2026-01", "2026-03"),
        ("过去两个月", "2026-01", "2026-02"),
        ("前三个月的话费", "2025-12", "2026-02"),
        ("最近半年的账单", "2025-10", "2026-03"),
        ("上半年花了多少", "2026-01", "2026-03"),
        ("去年上半年", "2025-01", "2025-06"),
        ("去年下半年", "2025-07", "2025-12"),
        ("下半年的", "2025-07", "2025-12"),
        ("去年一共花了多少", "2025-01", "2025-12"),
        ("今年的账单", "2026-01", "2026-03"),
        ("1到3月的话费", "2026-01", "2026-03"),
        ("一月份至三月份", "2026-01", "2026-03"),
        ("四五月份的账单", "2025-04", "2025-05"),
        ("一二三月份", "2026-01", "2026-03"),
        ("1-3月账单", "2026-01", "2026-03"),
        ("11月到2月", "2025-11", "2026-02"),
        ("去年10月到今年1月", "2025-10", "2026-01"),
        ("上个季度", "2025-10", "2025-12"),
        ("去年第三季度", "2025-07", "2025-09"),
        ("bills from January to March", "2026-01", "2026-03"),
        ("between January and March", "2026-01", "2026-03"),
        ("Jan-Mar 2025", "2025-01", "2025-03"),
        ("the last three months", "2025-12", "2026-02"),
        ("past 6 months", "2025-10", "2026-03"),
        ("last year", "2025-01", "2025-12"),
        ("last quarter", "2025-10", "2025-12"),
        ("the first half of the year", "2026-01", "2026-03"),
    ],
)
def test_a_billing_period_is_its_first_and_last_month(extractor, text, first, last):
    read = found(extractor, text)
    assert [{"from": first, "to": last}] == [value for name, _, value in read if name == "period"]
    assert [] == [value for name, _, value in read if name in ("month", "number", "amount_fen")]


@pytest.mark.parametrize(
    "text",
    [
        "将近一个月的消费",
        "我上年纪了",
        "去年12月",
        "三个月的流量",
        "明年",
        "最近怎么样",
        "last",
        "1到3号",
        "January and March",
    ],
)
def test_a_length_or_a_single_month_is_no_period(extractor, text):
    assert [] == values(extractor, "period", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("昨天充的", ["2026-03-14"]),
        ("前天晚上", ["2026-03-13"]),
        ("大前天", ["2026-03-12"]),
        ("今天有没有充值", ["2026-03-15"]),
        ("明天早上来修", ["2026-03-16"]),
        ("后天可以吗", ["2026-03-17"]),
        ("三天前交的", ["2026-03-12"]),
        ("两周前", ["2026-03-01"]),
        ("上周五充的", ["2026-03-06"]),
        ("周三办的", ["2026-03-11"]),
        ("星期天", ["2026-03-15"]),
        ("预约周三上门", ["2026-03-18"]),
        ("下周一", ["2026-03-16"]),
        ("五月一号充的", ["2025-05-01"]),
        ("五月一号五月一充话费", ["2025-05-01"]),
        ("3月5日充的", ["2026-03-05"]),
        ("预约五月一号上门", ["2026-05-01"]),
        ("二十号才交的", ["2026-02-20"]),
        ("十一日开的", ["2026-03-11"]),
        ("下个月五号", ["2026-04-05"]),
        ("上个月20号", ["2026-02-20"]),
        ("上月底", ["2026-02-28"]),
        ("下月初", ["2026-04-01"]),
        ("2026-03-05", ["2026-03-05"]),
        ("2026年3月5日", ["2026-03-05"]),
        ("20260305", ["2026-03-05"]),
        ("3/5交的", ["2026-03-05"]),
        ("10.1号", ["2025-10-01"]),
        ("13/5", []),
        ("明年2月29日", []),
        ("2月30号", []),
        ("十三月一号", []),
        ("第二号", []),
        ("十月一号到十五号", ["2025-10-01", "2025-10-15"]),
        ("九月份一共打了多少", []),
        ("马上月底", []),
        ("漫游一日多少钱", []),
        ("3rd party charges", []),
        ("二号窗口", []),
        ("每月20号扣费", []),
        ("每周一", []),
        ("一周三次", []),
        ("号码", []),
        ("一号线", []),
        ("yesterday", ["2026-03-14"]),
        ("the day before yesterday", ["2026-03-13"]),
        ("tomorrow morning", ["2026-03-16"]),
        ("3 days ago", ["2026-03-12"]),
        ("in two weeks", ["2026-03-29"]),
        ("last Friday", ["2026-03-13"]),
        ("next Monday", ["2026-03-16"]),
        ("I paid on May 1st", ["2025-05-01"]),
        ("1 May 2025", ["2025-05-01"]),
        ("on the 20th", ["2026-02-20"]),
        ("the 5th of next month", ["2026-04-05"]),
        ("an appointment on May 1", ["2026-05-01"]),
        ("Feb 30", []),
        ("the second one", []),
    ],
)
def test_a_day_is_iso(extractor, text, expected):
    assert expected == values(extractor, "date", text)


@pytest.mark.parametrize(
    ("text", "first", "grain"),
    [
        ("上周的时候", "2026-03-02", "week"),
        ("上个星期", "2026-03-02", "week"),
        ("这周", "2026-03-09", "week"),
        ("周末来", "2026-03-14", "weekend"),
        ("last week", "2026-03-02", "week"),
        ("next weekend", "2026-03-21", "weekend"),
    ],
)
def test_a_week_is_its_first_day_and_says_that_it_is_one(extractor, text, first, grain):
    message = extractor.process([Message({"text": text})])[0]
    assert [(first, grain)] == [(e["value"], e["grain"]) for e in message.get("entities") if e["entity"] == "date"]


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
        ("一毛五每分钟", [15]),
        ("50元", [5000]),
        ("1.5元", [150]),
        ("¥50", [5000]),
        ("20 yuan", [2000]),
        ("top up 100", [10000]),
        ("CZ 100", [10000]),
        ("二十八的", [2800]),
        ("换成199的", [19900]),
        ("一九九的套餐", [19900]),
        ("六块六的那个套餐", [660]),
        ("六元六块六的那个套餐", [660]),
        ("一百二十六套餐", [12600]),
        ("四十多块钱", [4000]),
        ("四块多钱", [400]),
        ("充５０", [5000]),
        ("是四十九的还是九十九的", [4900, 9900]),
        ("59和99的套餐有什么区别", [5900, 9900]),
        ("129跟199的差多少", [12900, 19900]),
        ("怎么欠那么多钱一百", [10000]),
        ("固定费四十八", [4800]),
        ("充了五十不是一百了", [5000, 10000]),
        ("扣了我二十", [2000]),
        ("50-100元", [10000]),
        ("二百", []),
        ("充二百", [20000]),
        ("fifty yuan", [5000]),
        ("twenty-five yuan", [2500]),
        ("a hundred yuan", [10000]),
        ("I was charged 30", [3000]),
        ("尾号8888的", []),
        ("十个g的", []),
        ("充了两次", []),
        ("第二的", []),
        ("我还有十几块钱", []),
        ("五六块钱", []),
        ("一零元", []),
        ("我们一块去", []),
        ("这一块", []),
        ("话费二十号交的", []),
        ("元旦", []),
        ("十元月租", [1000]),
        ("二十八块五毛六", [2856]),
        ("八块二五", [825]),
        ("0.5元一分钟", [50]),
        ("十块五一个月", [1050]),
        ("幺五八套餐", [15800]),
        ("五八套餐", [5800]),
        ("充三十幺三八零零零零幺幺幺幺", [3000]),
        ("宽带电视一块续", []),
        ("有没有二三十块钱的套餐", []),
        ("工号三零五的那个人", []),
        ("就是幺三八的", []),
        ("点了两下", []),
        ("要求退一赔三", []),
        ("拒收10086的短信", []),
        ("转5G套餐", []),
        ("充-1元", []),
        ("充0.001元", []),
        ("充0元", []),
        ("1e9元", []),
        ("充1000000000元", []),
        ("充NaN元", []),
        ("充' OR 1=1 --", []),
    ],
)
def test_spoken_money_is_fen(extractor, text, expected):
    assert expected == values(extractor, "amount_fen", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10个G", [10 * GB]),
        ("五百兆", [500 * 1024]),
        ("500M", [500 * 1024]),
        ("1GB", [GB]),
        ("2.5G流量", [int(2.5 * GB)]),
        ("半个g", [GB // 2]),
        ("买5G流量", [5 * GB]),
        ("用了五个g", [5 * GB]),
        ("用了五个五个g啊", [5 * GB]),
        ("只有两百兆", [200 * 1024]),
        ("two gigs of mp3", [2 * GB]),
        ("一个半g", [GB * 3 // 2]),
        ("两个多g", [2 * GB]),
        ("half a gig", [GB // 2]),
        ("500 megabytes", [500 * 1024]),
        ("another 5 GB", [5 * GB]),
        ("5G套餐", []),
        ("只用四g", []),
        ("4g流量还有多少", []),
        ("I get 2G speed", []),
        ("m2m", []),
        ("几十k", []),
        ("5g连不上", []),
        ("4G卡", []),
        ("开通5G", []),
        ("99999999999999TB", []),
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
    ("text", "entity", "expected"),
    [
        ("打10086没人接", "phone", ["10086"]),
        ("幺零零八六", "phone", ["10086"]),
        ("一零零八六", "phone", ["10086"]),
        ("拨打110", "phone", ["110"]),
        ("0571-88888888", "phone", ["057188888888"]),
        ("I called 10086", "phone", ["10086"]),
        ("打400-800-8888", "phone", ["4008008888"]),
        ("号是1861234567", "phone_part", ["1861234567"]),
        ("充110", "phone", []),
        ("充10086元", "phone", []),
        ("充幺叁柒", "phone_part", ["137"]),
        ("手机一八九八", "phone_part", ["1898"]),
        ("138开头的", "phone_part", ["138"]),
        ("一九九的", "phone_part", []),
        ("一九九八年", "phone_part", []),
        ("尾号8888的那个", "last_digits", ["8888"]),
        ("尾号是八八八八", "last_digits", ["8888"]),
        ("后四位是一二三四", "last_digits", ["1234"]),
        ("尾号四个八", "last_digits", ["8888"]),
        ("8888结尾的", "last_digits", ["8888"]),
        ("the one ending in 1234", "last_digits", ["1234"]),
        ("last four digits are 5678", "last_digits", ["5678"]),
        ("尾号多少", "last_digits", []),
    ],
)
def test_other_dialled_numbers_and_parts_are_digits(extractor, text, entity, expected):
    assert expected == values(extractor, entity, text)
    assert [] == (values(extractor, "number", text) if expected else [])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("我的订单O26031512345678到哪了", ["O26031512345678"]),
        ("t26031512345678", ["T26031512345678"]),
        ("工单号是2026031500012", ["2026031500012"]),
        ("ticket number 20260315001", ["20260315001"]),
        ("order #A123456", ["A123456"]),
        ("订单号是多少", []),
        ("order number", []),
        ("X26031512345678", []),
    ],
)
def test_a_number_of_an_order_or_ticket_is_found(extractor, text, expected):
    assert expected == values(extractor, "order_number", text)


def test_the_numbers_that_our_crm_gives_are_found(extractor):
    for prefix in ("O", "T", "PAY"):
        number = new_id(prefix, NOW)
        assert [number] == values(extractor, "order_number", f"查一下{number.lower()}")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2", [2]),
        ("二", [2]),
        ("第二个", [2]),
        ("选3", [3]),
        ("option 3", [3]),
        ("the second one", [2]),
        ("五十", [50]),
        ("10块", []),
        ("5G套餐", []),
        ("尾号8888", []),
    ],
)
def test_a_plain_number_is_a_number(extractor, text, expected):
    assert expected == values(extractor, "number", text)


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
