"""What any CRM answers to questions."""

from __future__ import annotations

import pytest

from crm.errors import NotFound, TimedOut
from crm.port import Crm, within
from crm.worktime import month_of
from tests.contracts.crm.serving import NOW, Clock

LI, WANG, CHEN, ZHANG, ZHOU = (f"+86138000000{n:02d}" for n in (0, 1, 2, 3, 7))
NOBODY = "+8613999999999"


async def test_a_subscriber_is_known_by_number(crm: Crm) -> None:
    person = await crm.subscriber_of(LI, deadline=within(5))
    assert ("李明", "zj", "杭州", "active") == (person.name, person.region, person.city, person.status)
    assert person.age(NOW.date()) == 34


async def test_an_unknown_number_is_not_found_anywhere(crm: Crm) -> None:
    calls = (
        crm.subscriber_of,
        crm.balance,
        crm.allowances,
        crm.bills,
        crm.products,
        crm.orders,
        crm.tickets,
        crm.payments,
    )
    for call in calls:
        with pytest.raises(NotFound):
            await call(NOBODY, deadline=within(5))
    with pytest.raises(NotFound):
        await crm.usage(NOBODY, "2026-11", deadline=within(5))


async def test_only_the_holder_sees_the_other_numbers_of_an_account(crm: Crm) -> None:
    assert len(await crm.numbers_of_account(ZHOU, deadline=within(5))) == 6
    assert ("+8613800000014",) == await crm.numbers_of_account("+8613800000014", deadline=within(5))


async def test_gift_credit_counts_but_does_not_pay(crm: Crm) -> None:
    balance = await crm.balance(CHEN, deadline=within(5))
    assert (5200, 200, 5000) == (balance.total_fen, balance.payable_fen, balance.kind_fen("gift"))


async def test_arrears_are_what_the_bills_still_ask_for(crm: Crm) -> None:
    balance = await crm.balance(WANG, deadline=within(5))
    bills = await crm.bills(WANG, deadline=within(5))
    assert 5600 == balance.arrears_fen == sum(b.due_fen for b in bills)
    assert ["open", "overdue", "settled"] == [b.state for b in bills[:3]]


async def test_a_bill_is_the_sum_of_its_items(crm: Crm) -> None:
    for bill in await crm.bills(ZHANG, deadline=within(5)):
        whole = await crm.bill(ZHANG, bill.month, deadline=within(5))
        assert whole.total_fen == bill.total_fen == sum(i.amount_fen for i in whole.items) > 0


async def test_six_months_of_bills_are_kept_newest_first(crm: Crm) -> None:
    months = [b.month for b in await crm.bills(LI, deadline=within(5))]
    assert ["2026-11", "2026-10", "2026-09", "2026-08", "2026-07", "2026-06"] == months
    assert 2 == len(await crm.bills(LI, limit=2, deadline=within(5)))


@pytest.mark.parametrize("month", ["2020-01", "2026-13", "", "nonsense", "2026-1"])
async def test_a_month_without_a_bill_is_not_found(crm: Crm, month: str) -> None:
    with pytest.raises(NotFound):
        await crm.bill(LI, month, deadline=within(5))
    with pytest.raises(NotFound):
        await crm.usage(LI, month, deadline=within(5))


async def test_usage_of_this_month_is_what_the_allowances_say(crm: Crm) -> None:
    used = await crm.allowances(LI, type="data", deadline=within(5))
    assert (await crm.usage(LI, month_of(NOW), deadline=within(5))).data_kb == sum(a.used for a in used)


async def test_allowances_come_by_type_and_end(crm: Crm) -> None:
    everything = await crm.allowances(LI, deadline=within(5))
    assert {"data", "voice"} == {a.type for a in everything}
    assert everything == tuple(sorted(everything, key=lambda a: (a.valid_until, a.id)))
    assert all(a.valid_until > NOW and 0 <= a.left <= a.total for a in everything)


async def test_allowances_end_with_the_month(crm: Crm, clock: Clock) -> None:
    clock.forward(days=20)
    assert () == await crm.allowances(LI, deadline=within(5))


async def test_the_catalogue_lists_by_category_and_region_cheapest_first(crm: Crm) -> None:
    plans = await crm.offerings(category="plan", region="gd", deadline=within(5))
    assert [p.monthly_fen for p in plans] == sorted(p.monthly_fen for p in plans)
    assert "plan-5g-79-zj" not in {p.id for p in plans} and "plan-4g-38" not in {p.id for p in plans}
    assert "plan-5g-79-zj" in {p.id for p in await crm.offerings(region="zj", deadline=within(5))}
    assert "plan-4g-38" in {p.id for p in await crm.offerings(on_sale=False, deadline=within(5))}


async def test_what_is_no_province_has_what_is_sold_everywhere_and_no_shops(crm: Crm) -> None:
    everywhere = await crm.offerings(deadline=within(5))
    there = await crm.offerings(region="abroad", deadline=within(5))
    assert [one.id for one in everywhere if not one.regions] == [one.id for one in there] != []
    assert () == await crm.shops("abroad", deadline=within(5))


async def test_an_offering_has_names_prices_grants_and_aliases(crm: Crm) -> None:
    plan = await crm.offering("plan-4g-28", deadline=within(5))
    assert ("4G乐享28元套餐", "4G Joy 28", 2800) == (plan.name.of("zh"), plan.name.of("en"), plan.price_fen)
    assert "二十八的" in plan.aliases and plan.granted("data") == 5 * 1024 * 1024


@pytest.mark.parametrize("offering", ["no-such", "", "../x", "a b", "套餐"])
async def test_an_unknown_offering_is_not_found(crm: Crm, offering: str) -> None:
    with pytest.raises(NotFound):
        await crm.offering(offering, deadline=within(5))


async def test_the_plan_stands_first_among_products(crm: Crm) -> None:
    products = await crm.products(LI, deadline=within(5))
    assert ("plan", "plan-5g-59", "active") == (products[0].category, products[0].offering_id, products[0].status)


async def test_payments_equal_the_bills_they_paid(crm: Crm) -> None:
    bills = await crm.bills(LI, deadline=within(5))
    paid = await crm.payments(LI, deadline=within(5))
    assert sum(p.amount_fen for p in paid) == sum(b.paid_fen for b in bills[1:])


async def test_a_passed_deadline_is_a_time_out(crm: Crm) -> None:
    with pytest.raises(TimedOut):
        await crm.balance(LI, deadline=within(-1))
