"""Numbers that are dialled, that name an order or a ticket, or that only count."""

from __future__ import annotations

import pytest

from crm.effects import new_id
from tests.unit.nlu.reading import NOW, values


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
