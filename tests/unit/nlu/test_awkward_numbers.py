"""Numbers that are more, less or vaguer than their digits say; and long runs of them."""

from __future__ import annotations

import time

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.extractor import ValueExtractor
from bot.nlu.lookups import load_lookup
from bot.nlu.values.services import ServiceFinder


def found(extractor: ValueExtractor, text: str) -> list[tuple[str, object]]:
    message = extractor.process([Message({"text": text})])[0]
    return [(e["entity"], e["value"]) for e in message.get("entities")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("充1,000元", [("amount_fen", 100_000)]),
        ("充1，000元", [("amount_fen", 100_000)]),
        ("充值,1,000", [("number", 1000)]),
        ("pay 1,234,567.50 yuan", []),
        ("pay ¥12,345.50", [("amount_fen", 1_234_550)]),
        ("还剩1,024MB", [("volume_kb", 1024 * 1024)]),
        ("1,500", [("number", 1500)]),
        ("选1,2", [("number", 1), ("number", 2)]),
    ],
)
def test_commas_between_thousands_are_part_of_the_number(extractor, text, expected):
    assert expected == found(extractor, text)


@pytest.mark.parametrize(
    "text",
    ["几十块", "充几十块", "好几十块", "数百元", "扣了几百", "几千块钱话费", "几十块的套餐", "几十元的流量包"],
)
def test_a_few_tens_are_no_amount(extractor, text):
    assert [] == found(extractor, text)


@pytest.mark.parametrize("text", ["充-50", "充-50元", "-50", "充－50", "负五十", "充负五十", "负50元", "负50"])  # noqa: RUF001
def test_less_than_nothing_is_no_number(extractor, text):
    assert [] == found(extractor, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50-100", [("number", 50), ("number", 100)]),
        ("50元-100元", [("amount_fen", 5000), ("amount_fen", 10_000)]),
        ("五十块-一百块", [("amount_fen", 5000), ("amount_fen", 10_000)]),
    ],
)
def test_a_range_is_two_numbers(extractor, text, expected):
    assert expected == found(extractor, text)


@pytest.mark.parametrize("unit", ["一", "1", "1,000", "一月", "一.", "十五"])
def test_names_with_prices_are_looked_for_once_in_a_run_of_digits(unit):
    services = ServiceFinder(load_lookup("data/lookup/services.yml"))
    text = unit * (8_000 // len(unit))
    started = time.process_time()
    assert [] == services.find(text)
    assert time.process_time() - started < 0.5


@pytest.mark.parametrize("unit", ["一月", "一", "1", "1,000", "-1", "几十"])
def test_64_thousand_characters_of_numbers_are_read_at_once(extractor, unit):
    text = unit * (64_000 // len(unit))
    started = time.process_time()
    found(extractor, text)
    assert time.process_time() - started < 1.0
