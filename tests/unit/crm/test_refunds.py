"""What is given back of an order that can still be taken back: what was not used of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from crm.effects import fee_item
from crm.model import Order, OrderItem
from crm.reference.catalogue import demo_catalogue, demo_policy
from crm.refunds import Claim, given_back
from crm.rules import granted, new_product
from crm.worktime import CHINA

BOUGHT = datetime(2026, 11, 28, 4, tzinfo=timezone.utc)
PACK = demo_catalogue().offering("pack-monthly-5g")


def claim(now: datetime, used_share: float) -> Claim[str]:
    """Bought on the 28th, renewed on the 1st, and cancelled now; so much of this month's volume is used."""
    held = replace(new_product(PACK, "P1", "+8613800000000", BOUGHT), status="pendingTerminate")
    order = Order("O1", held.msisdn, (OrderItem("add", PACK.id),), "completed", 900, BOUGHT, BOUGHT, "q1")
    fees = [BOUGHT, datetime(2026, 12, 1, tzinfo=CHINA)]
    charges = [(f"{at:%m}", fee_item(demo_catalogue(), PACK.id, 900, at.date())) for at in fees if at <= now]
    volumes = [replace(a, used=int(a.total * used_share)) for a in granted(PACK, "P1", demo_catalogue(), now)]
    return Claim(PACK.id, [held], charges, [order], volumes, None, demo_policy(), now)


@pytest.mark.parametrize(("used_share", "fen"), [(0, 900), (0.25, 675), (1, 0)])
def test_the_share_of_the_volume_that_is_left_is_given_back(used_share: float, fen: int) -> None:
    back = given_back(claim(BOUGHT, used_share))
    assert fen == sum(back.amounts.values())
    # Who gets nothing back keeps what was paid for until the month ends.
    assert bool(fen) == bool(back.products) == bool(back.allowances)


def test_of_a_month_that_has_passed_nothing_is_left() -> None:
    assert {"12": 450} == given_back(claim(BOUGHT + timedelta(days=5), 0.5)).amounts
