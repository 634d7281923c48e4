"""How charges came about, how orders were agreed to, and what is given back, of any CRM."""

from __future__ import annotations

import asyncio
from datetime import datetime, timezone

import pytest

from crm.errors import Refused
from crm.model import Refund
from crm.port import Crm, InvoiceRequest, OrderItem, OrderRequest, Reckoning, within
from tests.contracts.crm.serving import Clock

LI, ZHENG, XIE = "+8613800000000", "+8613800000009", "+8613800000030"
ORDERED, UNASKED, MONTHLY = "svc-video-vip", "svc-reading", "pack-monthly-5g"


async def _general(crm: Crm, msisdn: str) -> int:
    return (await crm.balance(msisdn, deadline=within(5))).kind_fen("general")


async def test_a_charge_says_how_it_came_about(crm: Crm) -> None:
    bill = await crm.bill(XIE, "2026-10", deadline=within(5))
    late = next(item for item in bill.items if item.cause == "late_fee")
    assert late.reckoning == Reckoning("late_day", 10, 5600, 30)


async def test_every_reckoning_comes_to_its_amount(crm: Crm) -> None:
    for month in ("2026-08", "2026-09", "2026-10", "2026-11"):
        for item in (await crm.bill(XIE, month, deadline=within(5))).items:
            assert item.reckoning is None or item.amount_fen == item.reckoning.amount_fen, item.cause


async def test_an_order_keeps_where_and_how_it_was_agreed_to(crm: Crm) -> None:
    request = OrderRequest(LI, (OrderItem("add", "pack-5g"),), "q1", "web", 1000, "code")
    placed = await crm.place_order(request, idempotency_key="q1", deadline=within(5))
    for order in (placed, (await crm.orders(LI, deadline=within(5)))[0]):
        assert ("web", "code") == (order.channel, order.proof)


async def _cancel(crm: Crm, msisdn: str, offering: str, key: str = "c1") -> None:
    request = OrderRequest(msisdn, (OrderItem("delete", offering),), key, "web", None, "code")
    await crm.place_order(request, idempotency_key=key, deadline=within(5))


async def _buy(crm: Crm, msisdn: str, offering: str, key: str = "q1") -> None:
    request = OrderRequest(msisdn, (OrderItem("add", offering),), key, "web", None, "code")
    await crm.place_order(request, idempotency_key=key, deadline=within(5))


async def _held(crm: Crm, msisdn: str) -> set[str]:
    return {p.offering_id for p in await crm.products(msisdn, deadline=within(5))}


async def test_what_no_order_brought_is_given_back_once(crm: Crm) -> None:
    before = await _general(crm, ZHENG)
    await _cancel(crm, ZHENG, UNASKED)
    made = await crm.refund(ZHENG, UNASKED, idempotency_key="r1", deadline=within(5))
    assert (6 * 1200, before + 6 * 1200) == (made.amount_fen, await _general(crm, ZHENG))
    assert made == await crm.refund(ZHENG, UNASKED, idempotency_key="r1", deadline=within(5))
    with pytest.raises(Refused, match="refunded_before"):
        await crm.refund(ZHENG, UNASKED, idempotency_key="r2", deadline=within(5))
    assert before + 6 * 1200 == await _general(crm, ZHENG) and UNASKED not in await _held(crm, ZHENG)


async def test_two_at_once_give_back_once(crm: Crm) -> None:
    before = await _general(crm, ZHENG)
    await _cancel(crm, ZHENG, UNASKED)
    asked = (crm.refund(ZHENG, UNASKED, idempotency_key=key, deadline=within(9)) for key in ("a", "b", "c"))
    made = [m for m in await asyncio.gather(*asked, return_exceptions=True) if isinstance(m, Refund)]
    assert [6 * 1200] == [m.amount_fen for m in made] == [await _general(crm, ZHENG) - before]


async def test_what_an_old_order_brought_is_not_given_back(crm: Crm) -> None:
    await _cancel(crm, ZHENG, ORDERED)
    made = await crm.refund(ZHENG, ORDERED, idempotency_key="r", deadline=within(5))
    assert 0 == made.amount_fen and ORDERED in await _held(crm, ZHENG)


async def test_a_new_order_can_be_taken_back_for_some_days_for_the_days_that_are_left(crm: Crm, clock: Clock) -> None:
    await _buy(crm, LI, ORDERED)
    clock.forward(days=6)
    await _cancel(crm, LI, ORDERED)
    # Bought on the 18th: 7 of its 13 days are left on the 24th.
    assert 1900 * 7 // 13 == (await crm.refund(LI, ORDERED, idempotency_key="r", deadline=within(5))).amount_fen


async def test_a_refund_ends_the_pack_and_its_volume_at_once_and_comes_once(crm: Crm) -> None:
    before = await crm.allowances(LI, deadline=within(5))
    await _buy(crm, LI, MONTHLY)
    await _cancel(crm, LI, MONTHLY)
    assert 900 == (await crm.refund(LI, MONTHLY, idempotency_key="r", deadline=within(5))).amount_fen
    assert before == await crm.allowances(LI, deadline=within(5)) and MONTHLY not in await _held(crm, LI)
    await _buy(crm, LI, MONTHLY, "q2")
    await _cancel(crm, LI, MONTHLY, "c2")
    with pytest.raises(Refused, match="refunded_before"):
        await crm.refund(LI, MONTHLY, idempotency_key="r2", deadline=within(5))


async def test_what_goes_on_is_not_given_back(crm: Crm) -> None:
    with pytest.raises(Refused, match="not_cancelled"):
        await crm.refund(ZHENG, UNASKED, idempotency_key="r", deadline=within(5))


async def test_what_is_not_held_is_not_given_back(crm: Crm) -> None:
    with pytest.raises(Refused, match="not_active"):
        await crm.refund(LI, UNASKED, idempotency_key="r", deadline=within(5))


async def test_until_the_third_the_last_month_is_not_final_and_not_invoiced(crm: Crm, clock: Clock) -> None:
    async def state() -> str:
        return (await crm.bill(LI, "2026-10", deadline=within(5))).state

    assert "settled" == await state()
    clock.now = datetime(2026, 11, 3, 15, 59, tzinfo=timezone.utc)
    assert "closing" == await state()
    with pytest.raises(Refused, match="bill_open"):
        request = InvoiceRequest(LI, "2026-10", "李明", "", "li@example.com")
        await crm.issue_invoice(request, idempotency_key="i", deadline=within(5))
    clock.now = datetime(2026, 11, 3, 16, 0, tzinfo=timezone.utc)
    assert "settled" == await state()
