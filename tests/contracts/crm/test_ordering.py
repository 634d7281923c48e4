"""What any CRM lets a subscriber order, and what an order does."""

from __future__ import annotations

import asyncio

import pytest

from crm.errors import KeyReused, NotFound, Refused
from crm.model import ItemAction
from crm.port import Crm, OrderItem, OrderRequest, within

LI, WANG, CHEN, ZHANG, LIU, ZHAO, SUN, ZHOU, WU, ZHENG, LIN, ANNA, HUANG, HE = (
    f"+86138000000{n:02d}" for n in range(14)
)


def request(
    msisdn: str, action: ItemAction, offering: str, quoted_fen: int | None = None, id: str = "q1"
) -> OrderRequest:
    return OrderRequest(msisdn, (OrderItem(action, offering),), id, "web", quoted_fen)


async def place(
    crm: Crm, msisdn: str, action: ItemAction, offering: str, quoted_fen: int | None = None, key: str = "k1"
):
    return await crm.place_order(
        request(msisdn, action, offering, quoted_fen), idempotency_key=key, deadline=within(10)
    )


async def test_a_data_pack_is_there_at_once_and_paid(crm: Crm) -> None:
    order = await place(crm, LI, "add", "pack-5g", 1000)
    assert ("completed", 1000, "q1") == (order.state, order.total_fen, order.external_id)
    assert order == await crm.order(order.id, deadline=within(5))
    assert (order,) == await crm.orders(LI, deadline=within(5))
    assert 1350 == (await crm.balance(LI, deadline=within(5))).payable_fen
    assert "pack-5g" in {p.offering_id for p in await crm.products(LI, deadline=within(5))}
    fresh = [a for a in await crm.allowances(LI, deadline=within(5)) if a.offering_id == "pack-5g"]
    assert [5 * 1024 * 1024] == [a.left for a in fresh]


async def test_what_was_ordered_stands_on_the_open_bill(crm: Crm) -> None:
    before = await crm.bill(LI, "2026-11", deadline=within(5))
    await place(crm, LI, "add", "pack-5g")
    after = await crm.bill(LI, "2026-11", deadline=within(5))
    assert after.total_fen == before.total_fen + 1000 == sum(i.amount_fen for i in after.items)
    assert ("pack", "pack-5g", 1000) == (after.items[-1].cause, after.items[-1].offering_id, after.items[-1].amount_fen)
    assert after.due_fen == 0


async def test_the_same_key_orders_once_even_at_the_same_time(crm: Crm) -> None:
    orders = await asyncio.gather(*(place(crm, LI, "add", "pack-5g", 1000, "same") for _ in range(8)))
    assert 1 == len({o.id for o in orders})
    assert 1350 == (await crm.balance(LI, deadline=within(5))).payable_fen


async def test_the_same_key_with_another_order_is_refused(crm: Crm) -> None:
    await place(crm, LI, "add", "pack-5g", key="same")
    with pytest.raises(KeyReused):
        await place(crm, LI, "add", "pack-1g", key="same")


async def test_a_stored_refusal_stays_a_refusal(crm: Crm) -> None:
    for _ in range(2):
        with pytest.raises(Refused, match="insufficient_balance"):
            await place(crm, CHEN, "add", "pack-5g", key="same")


async def test_two_orders_at_once_cannot_spend_the_same_money(crm: Crm) -> None:
    tries = [place(crm, LI, "add", "pack-10g", 2000, f"k{n}") for n in range(3)]
    done = await asyncio.gather(*tries, return_exceptions=True)
    assert 1 == sum(not isinstance(o, BaseException) for o in done)
    assert 350 == (await crm.balance(LI, deadline=within(5))).payable_fen


@pytest.mark.parametrize(
    ("msisdn", "action", "offering", "reason"),
    [
        (WANG, "add", "pack-1g", "arrears"),
        (WANG, "modify", "plan-4g-18", "arrears"),
        (HUANG, "add", "pack-1g", "suspended"),
        (CHEN, "add", "pack-5g", "insufficient_balance"),
        (LI, "add", "svc-caller-id", "already_active"),
        (LI, "add", "pack-campus", "requires"),
        (LI, "add", "pack-video-music", "excluded"),
        (LI, "add", "pack-roam-hkmo", "requires"),
        (LI, "add", "plan-5g-99", "plan_required"),
        (LI, "modify", "plan-5g-59", "already_active"),
        (LI, "modify", "plan-4g-38", "not_on_sale"),
        (LI, "modify", "plan-student-29", "audience"),
        (LI, "modify", "plan-senior-19", "audience"),
        (LI, "modify", "pack-5g", "plan_required"),
        (ANNA, "modify", "plan-5g-79-zj", "region"),
        (ZHAO, "modify", "plan-5g-99", "lock_in"),
        (LIN, "modify", "plan-5g-199", "pending_plan_change"),
        (SUN, "modify", "plan-5g-59", "dependent_products"),
        (LI, "delete", "pack-video", "not_active"),
        (LI, "delete", "plan-5g-59", "plan_required"),
        (HE, "delete", "svc-screen-cover", "lock_in"),
    ],
)
async def test_rules_hold_when_asked_and_when_ordered(
    crm: Crm, msisdn: str, action: ItemAction, offering: str, reason: str
) -> None:
    verdict = await crm.qualify(msisdn, [OrderItem(action, offering)], deadline=within(5))
    assert not verdict.ok and reason in {r.code for r in verdict.reasons}
    with pytest.raises(Refused) as refused:
        await place(crm, msisdn, action, offering)
    assert verdict.reasons[0].code == refused.value.reason
    assert dict(verdict.reasons[0].values) == dict(refused.value.values)


async def test_arrears_do_not_block_cancelling(crm: Crm) -> None:
    assert (await crm.qualify(WANG, [OrderItem("delete", "svc-caller-id")], deadline=within(5))).ok


async def test_a_smaller_plan_waits_for_the_end_of_the_contract(crm: Crm) -> None:
    verdict = await crm.qualify(HE, [OrderItem("modify", "plan-family-169")], deadline=within(5))
    assert ["lock_in"] == [r.code for r in verdict.reasons]


async def test_a_changed_price_is_refused(crm: Crm) -> None:
    with pytest.raises(Refused) as refused:
        await place(crm, LI, "add", "pack-5g", 900)
    assert ("price_changed", 900, 1000) == (
        refused.value.reason, refused.value.values["quoted_fen"], refused.value.values["current_fen"],
    )  # fmt: skip


async def test_a_plan_changes_with_the_next_month(crm: Crm) -> None:
    verdict = await crm.qualify(LI, [OrderItem("modify", "plan-5g-99")], deadline=within(5))
    assert (True, 9900, 0) == (verdict.ok, verdict.price_fen, verdict.due_now_fen)
    order = await place(crm, LI, "modify", "plan-5g-99", 9900)
    assert ("pending", verdict.effective_at) == (order.state, order.effective_at)
    assert "2026-11-30T16:00:00+00:00" == order.effective_at.isoformat()
    states = {p.offering_id: p.status for p in await crm.products(LI, deadline=within(5))}
    assert ("active", "pendingActive") == (states["plan-5g-59"], states["plan-5g-99"])


async def test_a_waiting_plan_change_can_be_cancelled_once(crm: Crm) -> None:
    order = (await crm.orders(LIN, deadline=within(5)))[0]
    cancelled = await crm.cancel_order(order.id, idempotency_key="c1", deadline=within(5))
    assert "cancelled" == cancelled.state
    assert cancelled == await crm.cancel_order(order.id, idempotency_key="c1", deadline=within(5))
    assert "plan-5g-99" not in {p.offering_id for p in await crm.products(LIN, deadline=within(5))}
    with pytest.raises(Refused, match="not_cancellable"):
        await crm.cancel_order(order.id, idempotency_key="c2", deadline=within(5))
    await place(crm, LIN, "modify", "plan-5g-199")


async def test_a_done_order_cannot_be_cancelled(crm: Crm) -> None:
    order = await place(crm, LI, "add", "pack-1g")
    with pytest.raises(Refused, match="not_cancellable"):
        await crm.cancel_order(order.id, idempotency_key="c1", deadline=within(5))


async def test_a_cancelled_monthly_pack_ends_with_the_month(crm: Crm) -> None:
    order = await place(crm, LI, "delete", "pack-music")
    assert ("completed", 0) == (order.state, order.total_fen)
    held = {p.offering_id: p for p in await crm.products(LI, deadline=within(5))}
    assert "pendingTerminate" == held["pack-music"].status and held["pack-music"].until == order.effective_at


async def test_a_one_time_pack_is_not_cancelled(crm: Crm) -> None:
    await place(crm, LI, "add", "pack-1g")
    verdict = await crm.qualify(LI, [OrderItem("delete", "pack-1g")], deadline=within(5))
    assert ["not_cancellable"] == [r.code for r in verdict.reasons]


async def test_third_party_fees_say_so(crm: Crm) -> None:
    bill = await crm.bill(ZHENG, "2026-11", deadline=within(5))
    assert {"svc-video-vip", "svc-reading"} == {i.offering_id for i in bill.items if i.cause == "third_party"}


async def test_unknown_orders_and_offerings_are_not_found(crm: Crm) -> None:
    with pytest.raises(NotFound):
        await crm.order("O-none", deadline=within(5))
    with pytest.raises(NotFound):
        await crm.cancel_order("O-none", idempotency_key="c", deadline=within(5))
    with pytest.raises(NotFound):
        await place(crm, LI, "add", "no-such")
    with pytest.raises(NotFound):
        await crm.qualify(LI, [OrderItem("add", "no-such")], deadline=within(5))
