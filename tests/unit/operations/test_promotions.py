"""Which of what is kept for some somebody can have, where a CRM answers strangely or sells a lot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from crm.errors import NotFound, Refused
from crm.fake import FakeCrm
from crm.model import Category, Offering, OrderItem, Qualification, Subscriber
from crm.operations.promotions import AT_ONCE, kept_for_some, qualified
from crm.operations.quotes import issue
from tests.unit.operations.conftest import MSISDN, Counter

CLOSED, SOLD_OUT = "closed", "sold out"


class Many(FakeCrm):
    """Sells many limited plans; says no to CLOSED without a reason and does not know SOLD_OUT."""

    limited: tuple[Offering, ...] = ()
    asked = 0

    async def offerings(
        self, *, category: Category | None = None, region: str = "", on_sale: bool = True, deadline: float
    ) -> tuple[Offering, ...]:
        return self.limited if category == "plan" else ()

    async def qualify(self, msisdn: str, items: Sequence[OrderItem], *, deadline: float) -> Qualification:
        self.asked += 1
        (item,) = items
        if item.offering_id == SOLD_OUT:
            raise NotFound("offering", SOLD_OUT)
        plain = await super().qualify(msisdn, [OrderItem("add", "pack-5g")], deadline=deadline)
        return replace(plain, ok=item.offering_id != CLOSED, reasons=())


@pytest.fixture
async def many(counter: Counter) -> Many:
    crm = Many.demo(counter.clock, 30)
    assert isinstance(crm, Many)
    plan = counter.crm.catalogue.offering("plan-5g-59")
    names = [CLOSED, SOLD_OUT, *(f"plan-{n}" for n in range(30))]
    crm.limited = tuple(replace(plan, id=name, audience="student") for name in names)
    return crm


async def li(counter: Counter) -> Subscriber:
    return counter.crm.subscribers[MSISDN]


async def test_neither_a_no_without_a_reason_nor_what_is_gone_can_be_had(counter: Counter, many: Many) -> None:
    found = await qualified(replace(counter.doors, crm=many), await li(counter), 4)
    assert ["plan-0", "plan-1", "plan-2", "plan-3"] == [one.offering.id for one in found]


async def test_no_more_is_asked_of_the_crm_than_can_be_shown(counter: Counter, many: Many) -> None:
    doors = replace(counter.doors, crm=many)
    assert 32 == len(await kept_for_some(doors, "zj"))
    await qualified(doors, await li(counter), 4)
    assert AT_ONCE == many.asked


async def test_a_no_without_a_reason_is_a_no_for_an_offer_too(counter: Counter, many: Many) -> None:
    with pytest.raises(Refused, match="invalid"):
        await issue(replace(counter.doors, crm=many), counter.who(), "change_plan", many.limited[0], "modify")
