"""What any CRM answers on points, single calls, and stopped lines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import insert

from crm.asking import MOST_ANSWER
from crm.errors import NotFound, Refused, Unavailable
from crm.port import Crm, Invoice, InvoiceRequest, ItemAction, Order, OrderItem, OrderRequest, within
from crm.reference import schema
from crm.reference.schema import columns
from crm.tmf import tmf_crm
from crm.worktime import CHINA
from tests.contracts.crm.serving import TOKEN, Clock, Reference

LI, WANG, LIU, HUANG, MA = (f"+86138000000{n:02d}" for n in (0, 1, 4, 12, 19))
NOBODY = "+8613999999999"


async def order(crm: Crm, msisdn: str, offering: str, action: ItemAction = "add", key: str = "k") -> Order:
    request = OrderRequest(msisdn, (OrderItem(action, offering),), f"{key}-{offering}", "web")
    return await crm.place_order(request, idempotency_key=f"{key}-{msisdn}-{action}-{offering}", deadline=within(5))


async def refused(crm: Crm, msisdn: str, offering: str, action: ItemAction = "add") -> tuple[str, dict[str, object]]:
    with pytest.raises(Refused) as refusal:
        await order(crm, msisdn, offering, action)
    return refusal.value.reason, dict(refusal.value.values)


async def test_points_come_in_lots_that_end_with_a_year(crm: Crm) -> None:
    lots = await crm.points(LI, deadline=within(5))
    assert [860, 1540] == [lot.left for lot in lots]
    ends = [lot.expires_at.astimezone(CHINA).isoformat() for lot in lots]
    assert ["2026-12-31T23:59:59+08:00", "2027-12-31T23:59:59+08:00"] == ends


async def test_a_reward_takes_the_points_that_end_first(crm: Crm) -> None:
    await order(crm, LI, "reward-data-2g")
    assert [1400] == [lot.left for lot in await crm.points(LI, deadline=within(5))]
    granted = await crm.allowances(LI, type="data", deadline=within(5))
    assert 2048 * 1024 in [a.total for a in granted if a.offering_id == "reward-data-2g"]


async def test_a_reward_that_is_asked_for_twice_under_one_key_is_paid_once(crm: Crm) -> None:
    first, second = await order(crm, LI, "reward-voice-50"), await order(crm, LI, "reward-voice-50")
    assert first.id == second.id
    assert 1900 == sum(lot.left for lot in await crm.points(LI, deadline=within(5)))


async def test_too_few_points_buy_nothing(crm: Crm) -> None:
    assert ("insufficient_points", {"needed": 1000, "available": 420}) == await refused(crm, LIU, "reward-data-2g")
    verdict = await crm.qualify(LIU, [OrderItem("add", "reward-data-2g")], deadline=within(5))
    assert ["insufficient_points"] == [r.code for r in verdict.reasons]
    assert 420 == sum(lot.left for lot in await crm.points(LIU, deadline=within(5)))


async def test_points_that_have_ended_are_gone(crm: Crm, clock: Clock) -> None:
    clock.now = clock.now.replace(year=2027, month=1, day=1)
    assert [1540] == [lot.left for lot in await crm.points(LI, deadline=within(5))]


async def test_rewards_and_holds_are_listed_only_by_name_of_their_kind(crm: Crm) -> None:
    sold = await crm.offerings(on_sale=False, deadline=within(5))
    assert {"plan", "data_pack", "service"} == {o.category for o in sold}
    rewards = await crm.offerings(category="reward", deadline=within(5))
    assert [300, 500, 1000] == [o.points for o in rewards]


async def test_single_calls_add_up_to_the_usage_of_the_month(crm: Crm) -> None:
    for month in ("2026-11", "2026-08"):
        calls = await crm.call_records(LI, month, deadline=within(5))
        used = await crm.usage(LI, month, deadline=within(5))
        assert used.voice_minutes == sum(-(-c.seconds // 60) for c in calls if c.kind == "call_out") > 0
        assert [c.at for c in calls] == sorted((c.at for c in calls), reverse=True)


async def test_a_month_of_many_calls_comes_whole(reference: Reference, clock: Clock) -> None:
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        first = (await crm.call_records(LI, "2026-08", deadline=within(5)))[0]
        more = [columns(replace(first, id=f"more-{n}", at=first.at - timedelta(seconds=n))) for n in range(600)]
        async with reference.office.store.writing() as connection:
            await connection.execute(insert(schema.call_record), more)
        found = await crm.call_records(LI, "2026-08", deadline=within(5))
    assert {row["id"] for row in more} <= {call.id for call in found}
    assert len(found) == len({call.id for call in found})


async def test_an_answer_without_end_is_none(clock: Clock) -> None:
    async def endless(request: web.Request) -> web.StreamResponse:
        reply = web.StreamResponse()
        await reply.prepare(request)
        for _ in range(MOST_ANSWER // 65536 + 2):
            await reply.write(b" " * 65536)
        return reply

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", endless)
    async with TestServer(app, host="127.0.0.1") as server, tmf_crm(str(server.make_url("")), TOKEN, clock) as crm:
        with pytest.raises(Unavailable, match="too long"):
            await crm.points(LI, deadline=within(5))


async def test_a_month_without_calls_is_empty_and_a_stranger_is_not_found(crm: Crm) -> None:
    assert () == await crm.call_records(LI, "2020-01", deadline=within(5))
    for call in (crm.points, lambda n, deadline: crm.call_records(n, "2026-11", deadline=deadline)):
        with pytest.raises(NotFound):
            await call(NOBODY, deadline=within(5))


async def test_a_line_is_stopped_by_wish_and_restored_by_wish(crm: Crm, clock: Clock) -> None:
    await order(crm, LI, "hold-wish")
    person = await crm.subscriber_of(LI, deadline=within(5))
    assert ("suspended", "wish", clock.now) == (person.status, person.suspended_for, person.suspended_at)
    assert "suspended" == (await refused(crm, LI, "pack-1g"))[0]
    await order(crm, LI, "hold-wish", "delete")
    person = await crm.subscriber_of(LI, deadline=within(5))
    assert ("active", None, None) == (person.status, person.suspended_for, person.suspended_at)


async def test_a_hold_costs_nothing_before_the_next_month(crm: Crm) -> None:
    verdict = await crm.qualify(LI, [OrderItem("add", "hold-wish")], deadline=within(5))
    assert (True, 0, 0, 500) == (verdict.ok, verdict.price_fen, verdict.due_now_fen, verdict.monthly_fen)


async def test_who_owes_may_stop_a_lost_line_but_not_put_it_on_hold(crm: Crm) -> None:
    assert "arrears" == (await refused(crm, WANG, "hold-wish"))[0]
    assert "completed" == (await order(crm, WANG, "hold-lost")).state


@pytest.mark.parametrize("hold", ["hold-wish", "hold-lost", "hold-arrears"])
async def test_a_hold_against_fraud_is_ended_by_no_order_and_no_money(crm: Crm, hold: str) -> None:
    assert ("held", {"cause": "fraud"}) == await refused(crm, MA, hold, "delete")


async def test_a_lost_line_is_not_restored_by_asking(crm: Crm) -> None:
    await order(crm, LI, "hold-lost")
    for hold in ("hold-lost", "hold-wish"):
        assert ("held", {"cause": "lost"}) == await refused(crm, LI, hold, "delete")


async def test_a_line_stopped_for_arrears_that_are_paid_is_restored(crm: Crm) -> None:
    await order(crm, HUANG, "hold-arrears", "delete")
    assert "active" == (await crm.subscriber_of(HUANG, deadline=within(5))).status
    assert "not_suspended" == (await refused(crm, LI, "hold-arrears", "delete"))[0]


async def test_nobody_orders_arrears(crm: Crm) -> None:
    assert "not_on_sale" == (await refused(crm, LI, "hold-arrears"))[0]


def request(
    month: str = "2026-10", tax_id: str = "91330106673959654P", title: str = "杭州云杉科技有限公司"
) -> InvoiceRequest:
    return InvoiceRequest(LI, month, title, tax_id, "li@example.com")


async def issue(crm: Crm, wanted: InvoiceRequest, key: str = "k") -> Invoice:
    return await crm.issue_invoice(wanted, idempotency_key=key, deadline=within(5))


async def test_a_paid_month_is_invoiced_once_without_what_others_charged(crm: Crm) -> None:
    made = await issue(crm, request())
    bill = await crm.bill(LI, "2026-10", deadline=within(5))
    assert made.amount_fen == sum(i.amount_fen for i in bill.items if i.cause != "third_party")
    assert made == await issue(crm, request())
    assert (made,) == await crm.invoices(LI, deadline=within(5))
    with pytest.raises(Refused) as refusal:
        await issue(crm, request(title="另一家公司"), key="other")
    assert ("invoiced", {"month": "2026-10", "invoice": made.id}) == (
        refusal.value.reason, dict(refusal.value.values)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (request("2026-11"), "bill_open"),
        (request(tax_id="91330106673959654Q"), "invalid"),
        (replace(request(), msisdn=WANG), "unpaid"),
    ],
)
async def test_what_cannot_be_invoiced_is_refused_with_the_reason(
    crm: Crm, wanted: InvoiceRequest, reason: str
) -> None:
    with pytest.raises(Refused) as refusal:
        await issue(crm, wanted)
    assert reason == refusal.value.reason
    assert () == await crm.invoices(wanted.msisdn, deadline=within(5))


async def test_a_month_without_a_bill_has_no_invoice(crm: Crm) -> None:
    with pytest.raises(NotFound):
        await issue(crm, request("2019-01"))


async def test_shops_are_those_of_the_province_with_hours_and_errands(crm: Crm) -> None:
    shops = await crm.shops("zj", deadline=within(5))
    assert all(shop.quiet_from and shop.quiet_until and shop.quiet_from < shop.quiet_until for shop in shops)
    assert {"杭州", "宁波"} <= {shop.city for shop in shops}
    assert all(shop.opens < shop.closes and "sim" in shop.does and shop.name.en for shop in shops)
    assert () == await crm.shops("xz", deadline=within(5))


async def test_broadband_is_known_by_the_number_it_goes_with(crm: Crm) -> None:
    (line,) = await crm.broadband(LI, deadline=within(5))
    assert ("KD13800000000", 300, "active") == (line.account, line.speed_mbps, line.state)
    assert "2027-04-01" == line.until.isoformat()
    assert "suspended" == (await crm.broadband(WANG, deadline=within(5)))[0].state
    assert () == await crm.broadband(LIU, deadline=within(5))
    assert "KD13800000000" not in {p.id for p in await crm.products(LI, deadline=within(5))}


async def test_an_invoice_is_taken_back_once_in_its_month_and_the_month_is_invoiced_anew(
    crm: Crm, clock: Clock
) -> None:
    request = InvoiceRequest(LI, "2026-10", "李明", "", "li@example.cn")
    made = await crm.issue_invoice(request, idempotency_key="i", deadline=within(5))
    gone = await crm.reverse_invoice(made.id, idempotency_key="r", deadline=within(5))
    assert (gone.id, gone.amount_fen, gone.reversed_at) == (made.id, made.amount_fen, clock.now) and gone.reversal
    assert gone == await crm.reverse_invoice(made.id, idempotency_key="r", deadline=within(5))
    with pytest.raises(Refused) as twice:
        await crm.reverse_invoice(made.id, idempotency_key="again", deadline=within(5))
    assert twice.value.reason == "not_cancellable"
    clock.forward(minutes=1)
    right = replace(request, title="杭州云杉科技有限公司", tax_id="91330106673959654P")
    anew = await crm.issue_invoice(right, idempotency_key="j", deadline=within(5))
    assert (anew, gone) == await crm.invoices(LI, deadline=within(5)) and anew.amount_fen == made.amount_fen


async def test_an_invoice_is_sent_once_more_to_the_address_that_is_its_own_from_then_on(crm: Crm) -> None:
    made = await crm.issue_invoice(
        InvoiceRequest(LI, "2026-10", "李明", "", "li@example.cn"), idempotency_key="i", deadline=within(5)
    )
    for _ in range(2):
        sent = await crm.send_invoice(made.id, "ming@example.cn", idempotency_key="s", deadline=within(5))
        assert sent == replace(made, email="ming@example.cn") == (await crm.invoices(LI, deadline=within(5)))[0]
    await crm.reverse_invoice(made.id, idempotency_key="r", deadline=within(5))
    with pytest.raises(Refused) as gone:
        await crm.send_invoice(made.id, "li@example.cn", idempotency_key="t", deadline=within(5))
    assert gone.value.reason == "not_cancellable"
    with pytest.raises(NotFound):
        await crm.send_invoice("I0", "li@example.cn", idempotency_key="n", deadline=within(5))


async def test_a_companys_invoice_is_a_persons_to_take_back(crm: Crm) -> None:
    request = InvoiceRequest(LI, "2026-10", "杭州云杉科技有限公司", "91330106673959654P", "li@example.cn")
    made = await crm.issue_invoice(request, idempotency_key="i", deadline=within(5))
    with pytest.raises(Refused) as refused:
        await crm.reverse_invoice(made.id, idempotency_key="r", deadline=within(5))
    assert refused.value.reason == "not_cancellable"


async def test_after_its_month_an_invoice_is_a_persons_to_take_back(crm: Crm, clock: Clock) -> None:
    request = InvoiceRequest(LI, "2026-10", "李明", "", "li@example.cn")
    made = await crm.issue_invoice(request, idempotency_key="i", deadline=within(5))
    clock.forward(days=20)
    with pytest.raises(Refused):
        await crm.reverse_invoice(made.id, idempotency_key="r", deadline=within(5))
    with pytest.raises(NotFound):
        await crm.reverse_invoice("I0", idempotency_key="n", deadline=within(5))
    assert (made,) == await crm.invoices(LI, deadline=within(5))
