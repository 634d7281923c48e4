"""The demo operator is credible: its catalogue is sound, its people have their stories."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from crm.errors import TimedOut, Unavailable
from crm.fake import FakeCrm
from crm.model import OrderItem
from crm.port import OrderRequest, within
from crm.reference.catalogue import demo_catalogue
from crm.reference.history import history_of
from crm.reference.people import outlines
from crm.reference.stories import stories

NOW = datetime(2026, 11, 18, 2, 30, tzinfo=timezone.utc)
LI, WANG, ZHANG, SUN, WU = (f"+86138000000{n:02d}" for n in (0, 1, 3, 6, 8))


def test_the_catalogue_has_plans_packs_and_services() -> None:
    found = demo_catalogue()
    assert 12 <= len(found.listed("plan", "", True)) <= 14
    assert len(found.listed("data_pack", "", True)) + len(found.listed("service", "", True)) >= 25
    for offering in found.offerings.values():
        assert offering.name.zh and offering.name.en and offering.prices and offering.provider.zh
        assert {*offering.requires, *offering.excludes} <= found.offerings.keys()
        assert all(offering.id in found.offering(o).excludes for o in offering.excludes)
        assert {(g.type, g.scope) for g in offering.grants} <= found.labels.allowances.keys()
        assert offering.one_time_fen or offering.category != "data_pack" or offering.monthly_fen


def test_a_dozen_people_have_a_story_in_both_languages() -> None:
    told = stories()
    assert len(told) >= 12
    assert all(s.story.zh and s.story.en and s.msisdn.startswith("+8613800000") for s in told)
    assert len(told) == len({s.msisdn for s in told})


def test_stories_are_true() -> None:
    people = {
        h.outline.subscriber.msisdn: h for h in (history_of(o, demo_catalogue(), NOW) for o in outlines(25, NOW.date()))
    }
    bills = people[ZHANG].bills
    usual = sum(b.total_fen for b in bills[2:5]) / 3
    assert bills[1].total_fen > 5 * usual
    assert 0 == sum(a.left for a in people[SUN].allowances if a.type == "data")
    assert 72 == people[WU].outline.subscriber.age(NOW.date())
    assert people[WANG].buckets[0].amount_fen < 0


@pytest.mark.parametrize("day", [(2026, 1, 1), (2026, 3, 31), (2028, 2, 29), (2026, 12, 31)])
def test_histories_can_be_told_on_any_day(day: tuple[int, int, int]) -> None:
    now = datetime(*day, 15, 59, 59, tzinfo=timezone.utc)
    for outline in outlines(60, now.date()):
        history = history_of(outline, demo_catalogue(), now)
        assert 6 == len({b.month for b in history.bills})
        assert all(p.created_at <= now for p in history.payments)
        assert all(entry.at <= now for entry in history.ledger)
        assert sum(b.due_fen for b in history.bills) == max(0, -history.buckets[0].amount_fen)


async def test_the_fake_can_be_down_and_can_lose_an_answer() -> None:
    crm = FakeCrm.demo(lambda: NOW)
    crm.down = True
    with pytest.raises(Unavailable):
        await crm.balance(LI, deadline=within(1))
    crm.down = False
    crm.lose_answers = 1
    request = OrderRequest(LI, (OrderItem("add", "pack-5g"),), "q", "web", 1000)
    with pytest.raises(TimedOut):
        await crm.place_order(request, idempotency_key="q", deadline=within(1))
    again = await crm.place_order(request, idempotency_key="q", deadline=within(1))
    assert ((again,), 1350) == (
        await crm.orders(LI, deadline=within(1)), (await crm.balance(LI, deadline=within(1))).payable_fen,
    )  # fmt: skip


async def test_a_slow_fake_times_out() -> None:
    crm = FakeCrm.demo(lambda: NOW)
    crm.delay_s = 0.2
    with pytest.raises(TimedOut):
        await crm.balance(LI, deadline=within(0.05))
