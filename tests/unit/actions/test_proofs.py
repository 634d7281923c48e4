"""What proves a number's holder is read in whatever order it is said."""

from __future__ import annotations

import pytest

from bot.actions.proofs import proof_of
from crm.model import Proof

LI = Proof(name="李明", id_tail="1234", monthly_fen=5900)


@pytest.mark.parametrize(
    "text",
    [
        "李明，1234，59",
        "套餐59，我是李明，后四位1234",
        "我的姓名是李明，尾号1234，每月59",
        "我叫李明 证件后4位1234 月费59元",
        "身份证后四位1234，每个月59块，李明",
        "59元 1234 李明",
        "我是机主李明，身份证尾号1234，59元套餐",
        "您好，我是13910000004的机主，李明，证件号后四位是1234，月租是59",
        "13910000004 李明 1234 59",
        "139 1000 0004，李明，1234，59.00",
        "姓名：李明；证件：1234；月费：59",
        "手机丢了，我叫李明，最后四位1234，5G套餐59元",
        "李明1234 59",
    ],
)
def test_facts_are_read_in_any_order(text: str) -> None:
    assert proof_of(text) == ({}, LI)


@pytest.mark.parametrize(
    ("text", "name", "tail", "fen"),
    [
        ("Anna Weber, 0011, 99", "Anna Weber", "0011", 9900),
        ("my plan is 99, I'm Anna Weber, ID ending 0011", "Anna Weber", "0011", 9900),
        ("ID ending 0011, 99 yuan per month, name Anna Weber", "Anna Weber", "0011", 9900),
        ("我叫王为民，尾号002X，28元", "王为民", "002X", 2800),
        ("李元，1234，1999元", "李元", "1234", 199900),
        ("1999元套餐，李月，1234", "李月", "1234", 199900),
        ("古丽·买买提，1234，59.5", "古丽·买买提", "1234", 5950),
    ],
)
def test_names_and_amounts_of_many_kinds(text: str, name: str, tail: str, fen: int) -> None:
    assert proof_of(text) == ({}, Proof(name=name, id_tail=tail, monthly_fen=fen))


def test_a_whole_number_of_papers_stands_for_its_end() -> None:
    assert proof_of("李明，⟦id:00112233aabbccdd⟧，59") == (
        {"id": "00112233aabbccdd"}, Proof(name="李明", monthly_fen=5900)
    )  # fmt: skip


@pytest.mark.parametrize(
    "text", ["李明，1234", "1234，59", "李明，59元", "手机丢了", "13910000004", "套餐59，后四位1234"]
)
def test_where_a_fact_is_missing_there_is_no_proof(text: str) -> None:
    assert proof_of(text) == ({}, None)
