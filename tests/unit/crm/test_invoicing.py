"""Tax numbers and what an invoice may name."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.documents.invoice import invoice_from, invoice_to
from crm.documents.scalars import Document
from crm.invoicing import ALPHABET, invoiceable_fen, is_tax_id
from crm.model import Bill, BillItem, Invoice, Text

REAL = ("91330100799655058B", "914403001922038216")


@pytest.mark.parametrize("known", REAL)
def test_known_numbers_are_right(known: str) -> None:
    assert is_tax_id(known)


@given(st.sampled_from(REAL), st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_wrong_sign_is_noticed(known: str, place: int, sign: str) -> None:
    spoilt = known[:place] + sign + known[place + 1 :]
    assert is_tax_id(spoilt) == (spoilt == known)


@pytest.mark.parametrize("other", ["", "123", "91330100799655058b", "91330100799655058BB", "O1330100799655058B"])
def test_anything_else_is_none(other: str) -> None:
    assert not is_tax_id(other)


def test_an_invoice_names_neither_gifts_nor_what_belongs_to_others_or_to_earlier_bills() -> None:
    causes = ("monthly_fee", "third_party", "earlier_arrears", "late_fee", "instalment")
    items = tuple(BillItem(cause, Text("", ""), 1000, date(2026, 10, 1)) for cause in causes)  # type: ignore[arg-type]
    bill = Bill("B", "+86", "2026-10", 5000, 0, date(2026, 11, 25), "settled", items, gift_fen=300)
    assert invoiceable_fen(bill) == 700


def as_parsed(document: Document) -> Document:
    parsed: Document = json.loads(json.dumps(document), parse_float=Decimal)
    return parsed


def test_what_a_crm_took_back_without_telling_a_number_holds_its_month_no_more() -> None:
    now = datetime(2026, 11, 18, tzinfo=timezone.utc)
    issued = Invoice("I1", "+8613800000000", "2026-10", 5000, "李明", "", "li@example.cn", now)
    told = as_parsed(invoice_to(issued))
    assert "" == invoice_from(told).reversal
    assert invoice_from({**told, "state": "cancelled"}).reversal
    ours = invoice_to(replace(issued, reversal="R1", reversed_at=now))
    assert "R1" == invoice_from(as_parsed(ours)).reversal
