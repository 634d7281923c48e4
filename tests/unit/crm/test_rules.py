"""Rules of ordering that need a moment or a contract which no demo subscriber has."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from crm.effects import cancel, place
from crm.errors import Refused
from crm.fake import FakeCrm
from crm.model import OrderItem, OrderRequest
from crm.port import within
from crm.rules import Situation, qualify
from crm.worktime import CHINA

LI = "+8613800000000"
LARGER = (OrderItem("modify", "plan-5g-129"),)


async def situation(now: datetime, lock_in_until: date | None = None) -> Situation:
    """Of somebody with a plan of 59 yuan, perhaps with a contract."""
    crm = FakeCrm.demo(lambda: now)
    person = await crm.subscriber_of(LI, deadline=within(5))
    held = tuple(replace(p, lock_in_until=lock_in_until) for p in await crm.products(LI, deadline=within(5)))
    balance = await crm.balance(LI, deadline=within(5))
    return Situation(person, held, (), balance, crm.catalogue, crm.policy, now)


ASKED = OrderRequest(LI, LARGER, external_id="x", channel="web")
MIDDLE = datetime(2026, 11, 18, 12, tzinfo=CHINA)


async def test_a_contract_binds_downwards_only() -> None:
    bound = await situation(MIDDLE, date(2027, 6, 1))
    assert qualify(bound, LARGER).ok
    assert [r.code for r in qualify(bound, (OrderItem("modify", "plan-4g-28"),)).reasons] == ["lock_in"]


@pytest.mark.parametrize(
    ("asked", "begins"),
    [
        (datetime(2026, 11, 30, 19, 59, tzinfo=CHINA), date(2026, 12, 1)),
        (datetime(2026, 11, 30, 20, 0, tzinfo=CHINA), date(2027, 1, 1)),
        (datetime(2026, 12, 1, 0, 0, tzinfo=CHINA), date(2027, 1, 1)),
    ],
)
async def test_after_the_cut_off_a_plan_begins_a_month_later(asked: datetime, begins: date) -> None:
    now = await situation(asked)
    order, effects = place(now, ASKED)
    (coming,) = effects.added
    assert {moment.astimezone(CHINA).date() for moment in (order.effective_at, coming.since)} == {begins}
    assert qualify(now, LARGER).effective_at == order.effective_at


async def test_what_waits_is_taken_back_until_the_cut_off() -> None:
    before = await situation(datetime(2026, 11, 30, 19, tzinfo=CHINA))
    order, effects = place(before, ASKED)
    products = (*before.products, *effects.added)
    assert cancel(order, products, before.policy, before.now)[0].state == "cancelled"
    with pytest.raises(Refused) as refused:
        cancel(order, products, before.policy, before.now + timedelta(hours=1))
    assert (refused.value.reason, refused.value.values["effective_on"]) == ("past_cut_off", "2026-12-01")
