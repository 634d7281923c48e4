"""A ticket that was not solved goes on under its number."""

from __future__ import annotations

import pytest

from crm.errors import NotFound
from crm.port import Crm, within

LI = "+8613800000000"


async def test_an_open_ticket_stays_as_it_is(crm: Crm) -> None:
    made = await crm.create_ticket(LI, "fault", "没有信号", idempotency_key="t", deadline=within(5))
    assert made == await crm.reopen_ticket(made.id, idempotency_key="r", deadline=within(5))


async def test_a_ticket_that_never_was_cannot_be_reopened(crm: Crm) -> None:
    with pytest.raises(NotFound):
        await crm.reopen_ticket("T2611209999", idempotency_key="r", deadline=within(5))
