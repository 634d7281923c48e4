"""What points back, and what says more and therefore does not."""

from __future__ import annotations

import pytest

from bot.actions import references as ref
from bot.actions.references import Pick


@pytest.mark.parametrize(
    ("text", "cancels"),
    [
        ("取消它", True),
        ("不是，取消它", True),
        ("No, cancel it", True),
        ("do not cancel it", False),
        ("don't cancel it", False),
        ("please never cancel it", False),
        ("不是取消它", False),
        ("别取消它", False),
    ],
)
def test_what_is_denied_is_not_cancelled(text: str, cancels: bool) -> None:
    assert (ref.cancels_it(text), ref.asks_to_cancel(text)) == (cancels, cancels)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("那个便宜点的", Pick("cheaper")),
        ("便宜一点的呢？", Pick("cheaper")),
        ("再便宜点呢", Pick("cheaper")),
        ("有没有便宜点的", Pick("cheaper")),
        ("那個便宜點的", Pick("cheaper")),
        ("最便宜的", Pick("cheapest")),
        ("贵一点的", Pick("dearer")),
        ("最贵的套餐", Pick("dearest", kind="plan")),
        ("流量多的那个", Pick("more_data")),
        ("流量最多的", Pick("most_data")),
        ("第二个", Pick(nth=2)),
        ("就第3个吧", Pick(nth=3)),
        ("第二个流量包", Pick(nth=2, kind="pack")),
        ("最后一个", Pick(nth=-1)),
        ("要最便宜的", Pick("cheapest", wants=True)),
        ("换成便宜点的", Pick("cheaper", wants=True)),
        ("the cheaper one", Pick("cheaper")),
        ("What about the cheapest one?", Pick("cheapest")),
        ("I'll take the second one", Pick(nth=2, wants=True)),
        ("the one with more data", Pick("more_data")),
        ("anything cheaper?", Pick("cheaper")),
        ("the last one", Pick(nth=-1)),
        ("你好，便宜点的", Pick("cheaper")),
        ("喂，第二个", Pick(nth=2)),
        ("请问一下 最贵的", Pick("dearest")),
        ("那个，你好，我想问一下，第二个", Pick(nth=2)),
        ("hello, the second one", Pick(nth=2)),
        ("不是，第二个", Pick(nth=2)),
        ("不要这个，贵一点的", Pick("dearer")),
        ("不是第一个，是第二个", Pick(nth=2)),
        ("not the first, the second one", Pick(nth=2)),
        ("No, the second one", Pick(nth=2)),
    ],
)
def test_which_of_what_was_shown(text: str, expected: Pick) -> None:
    assert ref.pick_of(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "便宜点的宽带",
        "为什么这么贵",
        "话费太贵了我要投诉",
        "流量多少",
        "第二个月的账单",
        "the second bill",
        "查话费",
        "第二次了",
        "你好",
        "cheaper roaming in Japan",
        "不是第一个",
        "不要第二个",
        "不是最便宜的",
        "不是便宜點的",
        "not the first",
        "not the cheapest one",
        "I do not want the cheaper one",
        "I don't want the second",
        "网不好，第二个",
        "贵了",
        "贵啊",
        "贵吗",
        "便宜吗",
        "在吗",
        "hello",
    ],
)
def test_what_says_more_points_at_nothing(text: str) -> None:
    assert ref.pick_of(text) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("上个月呢", "上个月"),
        ("三月的呢", "三月"),
        ("And last month?", "last month"),
        ("那上個月的呢", "上個月"),
        ("10块", "10块"),
        ("要那个199的", "199"),
        ("请问，上个月呢", "上个月"),
        ("hi last month?", "last month"),
        ("不是，上个月的", "上个月"),
    ],
)
def test_a_value_alone_points(text: str, said: str) -> None:
    assert ref.points(text, said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("上个月的流量", "上个月"),
        ("上个月账单", "上个月"),
        ("199的宽带", "199"),
        ("", ""),
        ("不是上个月", "上个月"),
        ("not the 99 one", "99"),
    ],
)
def test_a_value_with_a_wish_does_not(text: str, said: str) -> None:
    assert not ref.points(text, said)


def test_what_is_asked_about_it() -> None:
    assert all(ref.asks_price(t) for t in ("多少钱", "那这个多少钱呢", "How much?", "how much is it", "价格呢"))
    assert not any(ref.asks_price(t) for t in ("我还有多少钱", "漫游多少钱", "话费多少", "how much data"))
    assert all(
        ref.asks_to_cancel(t)
        for t in ("怎么取消", "取消它", "这个怎么退订", "把它退了", "cancel it", "How do I cancel it?")
    )
    assert not any(ref.asks_to_cancel(t) for t in ("取消", "怎么取消套餐", "取消视频会员", "cancel my plan", "stop"))


def test_which_number() -> None:
    assert ref.names_number("尾号8888那个", "尾号8888")
    assert ref.names_number("尾号8888的手机号呢", "尾号8888")
    assert ref.names_number("the one ending in 8888", "ending in 8888")
    assert not ref.names_number("尾号8888的话费", "尾号8888")
    assert not ref.names_number("尾号8888的银行卡被扣了", "尾号8888")
    assert all(
        ref.other_number(t) and ref.names_number(t, "") for t in ("另一个号呢", "另外那个号码", "my other number?")
    )
    assert not any(ref.names_number(t, "") for t in ("另一个号的流量", "给另一个号充值", "我另一个号被骗了"))


@pytest.mark.parametrize(
    ("text", "said", "wish"),
    [
        ("尾号0014的话费", "尾号0014", "query_balance"),
        ("我另一个号还有多少流量", "", "query_data_usage"),
        ("the balance of the one ending in 0014", "ending in 0014", "query_balance"),
        ("给尾号0014充话费", "尾号0014", ""),
        ("另一个号换套餐要多久", "", ""),
        ("尾号8888的银行卡", "尾号8888", ""),
        ("I want the balance of my other number", "", "query_balance"),
        ("尾号8888换套餐", "尾号8888", ""),
        ("change the plan of the one ending in 8888", "ending in 8888", ""),
        ("请问，尾号8888的套餐", "尾号8888", "query_my_plan"),
    ],
)
def test_what_is_asked_of_another_number(text: str, said: str, wish: str) -> None:
    assert ref.subject_of_number(text, said) == wish
    assert ref.earlier_month("再上个月呢") and not ref.earlier_month("上个月呢")


@pytest.mark.parametrize(
    "text",
    [
        "办副号",
        "我要办副号",
        "开通副号",
        "换个别的号码",
        "我想换别的号码",
        "换其他卡",
        "I want my other number changed",
    ],
)
def test_a_wish_for_another_number_is_not_about_one(text: str) -> None:
    assert not ref.names_number(text, "")
    assert not ref.subject_of_number(text, "")


def test_the_sub_number_is_spoken_of() -> None:
    assert ref.other_number("副号的话费") and ref.names_number("我的副号呢", "")
