"""A lead has an owner by name or by grid, and a clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.port import Crm, within
from tests.contracts.crm.serving import Clock


@pytest.mark.parametrize(
    ("msisdn", "owner"), [("+8613800000007", "何晓东"), ("+8613800000000", "沈佳"), ("+8613800000030", "麦嘉欣")]
)
async def test_a_lead_is_its_account_managers_else_whose_the_grid_is(
    crm: Crm, clock: Clock, msisdn: str, owner: str
) -> None:
    made = await crm.create_ticket(msisdn, "lead", "【装宽带】300M", idempotency_key="l1", deadline=within(5))
    assert (made.kind, made.accountable) == ("lead", owner)
    assert made.due_at - clock() <= timedelta(days=3)
    assert (await crm.tickets(msisdn, deadline=within(5)))[0] == made
