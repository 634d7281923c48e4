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


async def test_another_note_on_a_ticket_replaces_the_last_one_and_it_may_be_given_up(crm: Crm) -> None:
    made = await crm.create_ticket(LI, "callback", "请回电", idempotency_key="t", deadline=within(5))
    noted = await crm.change_ticket(made.id, "改约：明天上午", idempotency_key="n", deadline=within(5))
    assert (noted.note, noted.state, noted.due_at) == ("改约：明天上午", made.state, made.due_at)
    for _ in range(2):
        gone = await crm.change_ticket(made.id, cancelled=True, idempotency_key="c", deadline=within(5))
        assert (gone.state, gone.note) == ("cancelled", noted.note)
    late = await crm.change_ticket(made.id, "改约：后天", idempotency_key="l", deadline=within(5))
    assert late == gone == await crm.ticket(made.id, deadline=within(5))


async def test_a_ticket_that_never_was_cannot_be_changed(crm: Crm) -> None:
    with pytest.raises(NotFound):
        await crm.change_ticket("T2611209999", "x", idempotency_key="n", deadline=within(5))
