"""What was used, priced under another plan."""

from __future__ import annotations

from datetime import date

from crm.model import Bill, BillItem, Reckoning, Text, UsageSummary
from crm.pricing import KB_PER_GB, cheapest, lost, paid, priced
from crm.reference.catalogue import demo_catalogue

PLANS = demo_catalogue()
SMALL, LARGE, MIDDLE = (PLANS.offering(f"plan-{name}") for name in ("4g-18", "5g-99", "5g-59"))
DAY = date(2026, 10, 1)


def used(gb: float, minutes: int = 0, texts: int = 0) -> UsageSummary:
    return UsageSummary("+8613800000000", "2026-10", round(gb * KB_PER_GB), minutes, texts, 0)


def test_what_the_plan_grants_costs_its_fee_only() -> None:
    found = priced(SMALL, [used(2, 50, 20), used(0)])
    assert (2 * 1800, 0, (0, 0, 0)) == (found.total_fen, found.beyond_fen, found.beyond)


def test_beyond_it_begun_gigabytes_minutes_and_messages_count() -> None:
    found = priced(SMALL, [used(2.1, 51, 22), used(4, 0, 0)])
    assert ((3, 1, 2), 3 * 500 + 15 + 2 * 10) == (found.beyond, found.beyond_fen)
    assert 2 * 1800 + 1535 == found.total_fen


def test_the_one_that_would_have_cost_least_comes_first() -> None:
    light, heavy = [used(1)] * 6, [used(25, 200)] * 6
    assert "plan-4g-18" == cheapest((LARGE, MIDDLE, SMALL), light)[0].plan.id
    assert ["plan-5g-99", "plan-5g-59"] == [p.plan.id for p in cheapest((LARGE, MIDDLE), heavy)]


def test_what_a_change_gives_up_is_named() -> None:
    gone = lost(LARGE, SMALL, [])
    assert (28 * KB_PER_GB, 10 * KB_PER_GB, 250, 30) == (
        gone.data_kb,
        gone.directed_kb,
        gone.voice_minutes,
        gone.sms_count,
    )
    assert gone.to_4g and not lost(SMALL, LARGE, []).to_4g


def test_what_was_used_under_the_own_plan_is_within_all_that_it_grants() -> None:
    student = PLANS.offering("plan-student-29")
    assert priced(student, [used(35)]).beyond_fen and not priced(student, [used(35)], own=True).beyond_fen


def billed(*items: BillItem) -> Bill:
    return Bill("B1", "+8613800000000", "2026-10", sum(i.amount_fen for i in items), 0, DAY, "settled", items)


def item(cause: str, fen: int, offering: str | None = None, reckoning: Reckoning | None = None) -> BillItem:
    return BillItem(cause, Text("", ""), fen, DAY, offering, reckoning)  # type: ignore[arg-type]


def test_the_own_months_cost_what_was_billed_for_them_with_the_packs_that_were_bought() -> None:
    names = ("pack-10g", "pack-monthly-5g", "pack-roam-world", "pack-music", "svc-ringback")
    packs = {name: PLANS.offering(name) for name in names}
    bill = billed(
        item("monthly_fee", 5900, MIDDLE.id),
        *(item("pack", pack.price_fen, name) for name, pack in packs.items()),
        item("out_of_bundle_data", 1000, None, Reckoning("gb", 2, 500)),
        item("roaming", 9000),
    )
    found = paid(MIDDLE, [(used(60), bill)], packs)
    assert (5900, 2900, 1000, (2, 0, 0)) == (found.fee_fen, found.packs_fen, found.beyond_fen, found.beyond)
    assert 5900 + 2900 + 1000 == found.total_fen


def test_a_month_of_another_plan_or_without_a_bill_is_priced() -> None:
    other = billed(item("monthly_fee", 9900, LARGE.id))
    assert priced(SMALL, [used(3), used(4)], own=True) == paid(SMALL, [(used(3), other), (used(4), None)], {})
