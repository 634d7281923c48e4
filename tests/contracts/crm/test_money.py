"""Tickets, top-ups and payments of any CRM."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from crm.errors import KeyReused, NotFound, Refused
from crm.port import Crm, OrderItem, within
from tests.contracts.crm.serving import NOW, Clock

LI, WANG, SUN, WU, HUANG = (f"+86138000000{n:02d}" for n in (0, 1, 6, 8, 12))
CARD = "800000000000000001"


async def test_a_ticket_has_a_deadline_and_one_accountable_person(crm: Crm) -> None:
    ticket = await crm.create_ticket(LI, "fault", "没有信号", "urgent", idempotency_key="t", deadline=within(5))
    assert ("acknowledged", NOW + timedelta(hours=48), "沈立") == (ticket.state, ticket.due_at, ticket.accountable)
    assert ticket == await crm.ticket(ticket.id, deadline=within(5))
    assert (ticket,) == await crm.tickets(LI, deadline=within(5))


async def test_deadlines_follow_place_and_province(crm: Crm) -> None:
    rural = await crm.create_ticket(WU, "fault", "断网", idempotency_key="a", deadline=within(5))
    assert NOW + timedelta(hours=72) == rural.due_at
    sichuan = await crm.create_ticket(SUN, "complaint", "乱扣费", idempotency_key="b", deadline=within(5))
    assert NOW + timedelta(days=7) == sichuan.due_at  # five working days from a Wednesday
    zhejiang = await crm.create_ticket(LI, "complaint", "乱扣费", idempotency_key="c", deadline=within(5))
    assert NOW + timedelta(days=15) == zhejiang.due_at


async def test_a_ticket_is_created_once_a_key(crm: Crm) -> None:
    async def create(text: str):
        return await crm.create_ticket(LI, "complaint", text, idempotency_key="t", deadline=within(5))

    first, second = await asyncio.gather(create("扣费"), create("扣费"))
    assert first == second
    with pytest.raises(KeyReused):
        await create("别的")


async def test_an_unknown_ticket_is_not_found(crm: Crm) -> None:
    with pytest.raises(NotFound):
        await crm.ticket("T-none", deadline=within(5))
    with pytest.raises(NotFound):
        await crm.create_ticket("+8613999999999", "fault", "x", idempotency_key="t", deadline=within(5))


async def test_a_card_is_credited_once(crm: Crm) -> None:
    top_up = await crm.top_up_card(LI, CARD, idempotency_key="k", deadline=within(5))
    assert (5000, 7350, False) == (top_up.amount_fen, top_up.balance_fen, top_up.duplicate)
    again = await crm.top_up_card(LI, CARD, idempotency_key="k", deadline=within(5))
    assert (top_up.id, True) == (again.id, again.duplicate)
    assert 7350 == (await crm.balance(LI, deadline=within(5))).payable_fen


async def test_a_used_card_says_whether_its_money_came_to_this_number(crm: Crm) -> None:
    await crm.top_up_card(LI, CARD, idempotency_key="k", deadline=within(5))
    with pytest.raises(Refused) as refused:
        await crm.top_up_card(LI, CARD, idempotency_key="retyped", deadline=within(5))
    assert ("card_used_by_you", {"amount_fen": 5000}) == (refused.value.reason, refused.value.values)
    with pytest.raises(Refused) as refused:
        await crm.top_up_card(SUN, CARD, idempotency_key="another", deadline=within(5))
    assert ("card_used", {}) == (refused.value.reason, refused.value.values)
    assert 7350 == (await crm.balance(LI, deadline=within(5))).payable_fen


async def test_two_numbers_cannot_both_use_a_card(crm: Crm) -> None:
    tries = [crm.top_up_card(m, CARD, idempotency_key=m, deadline=within(10)) for m in (LI, SUN, WU)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert 1 == sum(not isinstance(t, BaseException) for t in done)


async def test_wrong_cards_lock_for_a_quarter_of_an_hour(crm: Crm, clock: Clock) -> None:
    for left in (4, 3, 2, 1):
        with pytest.raises(Refused) as refused:
            await crm.top_up_card(LI, f"70000000000000000{left}", idempotency_key=f"k{left}", deadline=within(5))
        assert ("card_invalid", left) == (refused.value.reason, refused.value.values["tries_left"])
    with pytest.raises(Refused, match="card_locked"):
        await crm.top_up_card(LI, "7" * 18, idempotency_key="fifth", deadline=within(5))
    with pytest.raises(Refused, match="card_locked"):
        await crm.top_up_card(LI, CARD, idempotency_key="right but locked", deadline=within(5))
    clock.forward(minutes=16)
    assert 5000 == (await crm.top_up_card(LI, CARD, idempotency_key="right", deadline=within(5))).amount_fen


async def test_a_repeated_wrong_card_counts_once(crm: Crm) -> None:
    for _ in range(6):
        with pytest.raises(Refused, match="card_invalid"):
            await crm.top_up_card(LI, "7" * 18, idempotency_key="same", deadline=within(5))


async def test_a_payment_credits_nothing_until_it_was_paid(crm: Crm) -> None:
    payment = await crm.create_payment(LI, 5000, "web:1", idempotency_key="p", deadline=within(5))
    assert ("pending", 2350) == (payment.state, (await crm.balance(LI, deadline=within(5))).payable_fen)
    assert payment == await crm.payment(payment.id, deadline=within(5))
    top_up = await crm.top_up_paid(payment.id, 5000, idempotency_key="g1", deadline=within(5))
    assert 7350 == top_up.balance_fen
    assert "done" == (await crm.payment(payment.id, deadline=within(5))).state
    with pytest.raises(Refused, match="payment_state"):
        await crm.top_up_paid(payment.id, 5000, idempotency_key="g2", deadline=within(5))


async def test_another_amount_is_not_credited(crm: Crm) -> None:
    payment = await crm.create_payment(LI, 5000, "web:1", idempotency_key="p", deadline=within(5))
    with pytest.raises(Refused, match="amount_mismatch"):
        await crm.top_up_paid(payment.id, 500000, idempotency_key="g1", deadline=within(5))


@pytest.mark.parametrize("amount_fen", [-100, 0, 99, 50001, 10**11])
async def test_amounts_have_limits(crm: Crm, amount_fen: int) -> None:
    with pytest.raises(Refused) as refused:
        await crm.create_payment(LI, amount_fen, "web:1", idempotency_key="p", deadline=within(5))
    assert refused.value.reason == "amount"


async def test_a_top_up_settles_what_is_owed_and_opens_orders_again(crm: Crm) -> None:
    payment = await crm.create_payment(WANG, 6600, "web:1", idempotency_key="p", deadline=within(5))
    await crm.top_up_paid(payment.id, 6600, idempotency_key="g", deadline=within(5))
    bills = await crm.bills(WANG, deadline=within(5))
    assert (0, ["open", "settled"]) == (sum(b.due_fen for b in bills), [b.state for b in bills[:2]])
    assert (await crm.qualify(WANG, [OrderItem("add", "pack-5g")], deadline=within(5))).ok


async def test_a_top_up_connects_a_number_again_that_was_suspended_for_arrears(crm: Crm) -> None:
    assert "suspended" == (await crm.subscriber_of(HUANG, deadline=within(5))).status
    await crm.top_up_card(HUANG, CARD, idempotency_key="k", deadline=within(5))
    assert "active" == (await crm.subscriber_of(HUANG, deadline=within(5))).status
    assert (await crm.qualify(HUANG, [OrderItem("add", "pack-5g")], deadline=within(5))).ok


async def test_a_part_payment_settles_the_oldest_bill_first(crm: Crm) -> None:
    payment = await crm.create_payment(WANG, 3000, "web:1", idempotency_key="p", deadline=within(5))
    await crm.top_up_paid(payment.id, 3000, idempotency_key="g", deadline=within(5))
    bills = await crm.bills(WANG, deadline=within(5))
    assert [(2600, "open"), (0, "settled")] == [(b.due_fen, b.state) for b in bills[:2]]
