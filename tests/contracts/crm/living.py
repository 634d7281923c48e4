"""A life that asks a CRM of TM Forum's form for one of everything."""

from __future__ import annotations

import pytest

from crm.errors import NotFound, Refused
from crm.port import InvoiceRequest, OrderItem, OrderRequest, within
from crm.tmf import TmfCrm

LI, ZHENG = "+8613800000000", "+8613800000009"
CARD = "800000000000000001"
TALK = {
    "reason": "asked_for_human", "status": "completed", "direction": "inbound", "description": "转人工：多扣费",
    "channel": [{"id": "sms", "href": "urn:channel:sms"}],
    "relatedParty": [{"id": LI, "href": f"tel:{LI}", "role": "customer", "@referredType": "Customer"}],
    "interactionDate": {"startDateTime": "2026-11-18T02:00:00Z", "endDateTime": "2026-11-18T02:20:00Z"},
}  # fmt: skip
"""A talk with a human that ended, as 683 has it."""


async def live(crm: TmfCrm) -> str:
    """One of everything that TM Forum has a word for; the id of a visit that is booked then."""
    by = within(60)
    pack, plan = OrderItem("add", "pack-5g"), OrderItem("modify", "plan-5g-99")
    await crm.numbers_of_account("+8613800000007", deadline=by)
    for read in (crm.balance, crm.allowances, crm.points, crm.products, crm.broadband):
        await read(LI, deadline=by)
    await crm.broadband("+8613800000019", deadline=by)
    await crm.usage(LI, "2026-11", deadline=by)
    await crm.bill(LI, "2026-10", deadline=by)
    await crm.call_records(LI, "2026-11", deadline=by)
    await crm.offerings(region="zj", deadline=by)
    await crm.offerings(category="reward", deadline=by)
    await crm.offering("plan-5g-59", deadline=by)
    await crm.qualify(LI, [pack], deadline=by)
    await crm.place_order(OrderRequest(LI, (pack,), "q1", "web", 1000, "code"), idempotency_key="o1", deadline=by)
    waits = await crm.place_order(OrderRequest(LI, (plan,), "q2", "sms"), idempotency_key="o2", deadline=by)
    await crm.orders(LI, deadline=by)
    await crm.cancel_order(waits.id, idempotency_key="c", deadline=by)
    ticket = await crm.create_ticket(LI, "fault", "没有信号", "urgent", idempotency_key="t", deadline=by)
    await crm.change_ticket(ticket.id, "明天下午在家", idempotency_key="note", deadline=by)
    await crm.change_ticket(ticket.id, cancelled=True, idempotency_key="gone", deadline=by)
    await crm.tickets(LI, deadline=by)
    await crm.ticket(ticket.id, deadline=by)
    await pay(crm, by)
    return await visit(crm, by)


async def pay(crm: TmfCrm, by: float) -> None:
    paid = await crm.create_payment(LI, 1000, "web:1", idempotency_key="p", deadline=by)
    await crm.payment(paid.id, deadline=by)
    await crm.top_up_paid(paid.id, 1000, idempotency_key="u", deadline=by)
    await crm.top_up_card(LI, CARD, idempotency_key="card", deadline=by)
    await crm.payments(LI, deadline=by)
    request = OrderRequest(ZHENG, (OrderItem("delete", "svc-reading"),), "q3", "web", None, "code")
    await crm.place_order(request, idempotency_key="o3", deadline=by)
    await crm.refund(ZHENG, "svc-reading", idempotency_key="r", deadline=by)
    wrong = InvoiceRequest(LI, "2026-10", "李明", "", "a@b.cn")
    issued = await crm.issue_invoice(wrong, idempotency_key="i", deadline=by)
    await crm.send_invoice(issued.id, "b@b.cn", idempotency_key="sent", deadline=by)
    await crm.reverse_invoice(issued.id, idempotency_key="red", deadline=by)
    await crm.invoices(LI, deadline=by)
    with pytest.raises(Refused):
        await crm.issue_invoice(InvoiceRequest(LI, "2026-11", "李明", "", "a@b.cn"), idempotency_key="j", deadline=by)
    with pytest.raises(NotFound):
        await crm.order("none", deadline=by)


async def visit(crm: TmfCrm, by: float) -> str:
    shop = (await crm.shops("zj", deadline=by))[0]
    times = await crm.visit_times(shop.id, deadline=by)
    booked = await crm.book_visit(LI, shop.id, shop.does[0], times[0], idempotency_key="v", deadline=by)
    await crm.visits(LI, deadline=by)
    return booked.id
