"""Works out six months of charges, payments and usage of one subscriber, which add up to the balance they have now.

Charges leave the balance in real time; a bill lists what was charged in a month. Hence, for each subscriber:
bill = sum of its items; sum of charges = sum of bills; bucket = sum of its ledger entries; sum of dues = arrears.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

from crm.catalogue import Catalogue
from crm.model import (
    Allowance,
    BalanceBucket,
    Bill,
    Broadband,
    CallRecord,
    Order,
    OrderItem,
    Payment,
    PointsLot,
    Product,
    UsageSummary,
)
from crm.points import expiry
from crm.reference.charged import LedgerEntry, bill_of, buckets_of, ledger_of, months_on, payments_of, settled
from crm.reference.itemised import records
from crm.reference.people import Outline
from crm.rules import granted, new_product
from crm.worktime import CHINA, next_cycle

MONTHS = 6
KB_PER_GB = 1024 * 1024


@dataclass(frozen=True)
class History:
    """All that a CRM keeps of one subscriber."""

    outline: Outline
    buckets: tuple[BalanceBucket, ...]
    ledger: tuple[LedgerEntry, ...]
    products: tuple[Product, ...]
    allowances: tuple[Allowance, ...]
    bills: tuple[Bill, ...]
    usages: tuple[UsageSummary, ...]
    payments: tuple[Payment, ...]
    orders: tuple[Order, ...]
    lots: tuple[PointsLot, ...]
    calls: tuple[CallRecord, ...]
    broadband: tuple[Broadband, ...]


def history_of(outline: Outline, catalogue: Catalogue, now: datetime) -> History:
    """Deterministic for the outline and the day of `now`."""
    draw = random.Random(outline.seed)
    starts = month_starts(now)
    products = tuple(_since_ordered(outline, _products(outline, catalogue, starts, draw), now))
    allowances = tuple(_allowances(outline, products, catalogue, now))
    # Use is kept a month longer than bills: who is advised by six whole months has them.
    usages = tuple(_usages(outline, allowances, catalogue, [*starts, _month_before(starts[-1])], draw))
    bills = [
        bill_of(outline, catalogue, usage, start, ago)
        for ago, (usage, start) in enumerate(zip(usages, starts, strict=False))
    ]
    payments = tuple(payments_of(outline, bills, starts, now))
    general = -sum(b.total_fen for b in bills[: outline.unpaid_months]) if _owes(outline) else outline.general_fen
    bills = settled(bills, max(0, -general))
    buckets = tuple(buckets_of(outline, catalogue, general, now))
    ledger = tuple(ledger_of(buckets, bills, payments, starts))
    return History(
        outline, buckets, ledger, products, allowances, tuple(bills), usages, payments,
        tuple(_orders(outline, catalogue, now)), tuple(_lots(outline, now)),
        tuple(_calls(outline, usages, starts, now)), tuple(_broadband(outline, starts[0])),
    )  # fmt: skip


def month_starts(now: datetime) -> list[datetime]:
    """Local midnights (UTC) of the first days of this month and the five before, newest first."""
    local = now.astimezone(CHINA)
    months = [local.year * 12 + local.month - 1 - ago for ago in range(MONTHS)]
    return [datetime(m // 12, m % 12 + 1, 1, tzinfo=CHINA).astimezone(timezone.utc) for m in months]


def _month_before(start: datetime) -> datetime:
    """The local midnight (UTC) of the first day of the month before."""
    last_day = start.astimezone(CHINA) - timedelta(days=1)
    return last_day.replace(day=1).astimezone(timezone.utc)


def _owes(outline: Outline) -> bool:
    return outline.unpaid_months > 0 and outline.general_fen == 0


def _products(outline: Outline, catalogue: Catalogue, starts: list[datetime], draw: random.Random) -> Iterator[Product]:
    msisdn, since = outline.subscriber.msisdn, starts[-1] - timedelta(days=draw.randint(30, 1500))
    for index, offering_id in enumerate((outline.plan, *outline.additions)):
        product = new_product(catalogue.offering(offering_id), f"P{msisdn[3:]}-{index}", msisdn, since)
        lock, bound = None, min(outline.lock_in_months_left, catalogue.offering(offering_id).lock_in_months)
        if bound:
            lock = months_on(starts[0].astimezone(CHINA).date(), bound)
        yield replace(product, lock_in_until=lock)
    if outline.pending_plan:
        coming = new_product(
            catalogue.offering(outline.pending_plan), f"P{msisdn[3:]}-next", msisdn, next_cycle(starts[0])
        )
        yield replace(coming, status="pendingActive")


def _since_ordered(outline: Outline, products: Iterator[Product], now: datetime) -> Iterator[Product]:
    """What was ordered began then."""
    days = {offering: ago for offering, _, _, ago in outline.ordered}
    for product in products:
        ago = days.get(product.offering_id)
        yield product if ago is None else replace(product, since=now - timedelta(days=ago))


def _allowances(
    outline: Outline, products: tuple[Product, ...], catalogue: Catalogue, now: datetime
) -> Iterator[Allowance]:
    for product in products:
        if product.status != "active":
            continue
        for fresh in granted(catalogue.offering(product.offering_id), product.id, catalogue, now):
            share = outline.used_share if fresh.type == "data" else outline.used_share * 0.7
            yield replace(fresh, used=round(fresh.total * share))
    plan = catalogue.offering(outline.plan)
    if plan.generation == "5G" and plan.audience == "":
        total = sum(g.amount for g in plan.grants if g.type == "data") // 10
        yield Allowance(
            f"P{outline.subscriber.msisdn[3:]}-rolled", "data", "rolled_over",
            catalogue.labels.allowances[("data", "rolled_over")], total, total if outline.used_share else 0, plan.id,
            next_cycle(now),
        )  # fmt: skip


def _usages(
    outline: Outline,
    allowances: tuple[Allowance, ...],
    catalogue: Catalogue,
    starts: list[datetime],
    draw: random.Random,
) -> Iterator[UsageSummary]:
    """This month's usage is what the allowances say; months before are drawn within the plan."""
    used = {t: sum(a.used for a in allowances if a.type == t) for t in ("data", "voice", "sms")}
    plan = catalogue.offering(outline.plan)
    beyond = {e.months_ago: e.amount_fen for e in outline.extras if e.cause == "out_of_bundle_data"}
    for ago, start in enumerate(starts):
        over_kb = beyond.get(ago, 0) // catalogue.labels.rates["gb_fen"] * KB_PER_GB
        share = 1.0 if ago == 0 or over_kb else draw.uniform(0.3, 0.9)
        volumes = [used[t] if ago == 0 else round(plan.granted(t) * share) for t in ("data", "voice", "sms")]
        roaming = outline.roaming_mb * 1024 if ago == 0 else 0
        month = start.astimezone(CHINA).strftime("%Y-%m")
        yield UsageSummary(outline.subscriber.msisdn, month, volumes[0] + over_kb, volumes[1], volumes[2], roaming)


def _lots(outline: Outline, now: datetime) -> Iterator[PointsLot]:
    """Points of a year can be spent until the end of the next."""
    year, msisdn = now.astimezone(CHINA).year, outline.subscriber.msisdn
    for earned_in, left in zip((year - 1, year), outline.points, strict=True):
        if left:
            earned_on, ends = date(earned_in, 1, 1), expiry(date(earned_in + 1, 12, 31))
            yield PointsLot(f"L{msisdn[3:]}-{earned_in}", msisdn, left, left, earned_on, ends)


def _calls(
    outline: Outline, usages: tuple[UsageSummary, ...], starts: list[datetime], now: datetime
) -> Iterator[CallRecord]:
    for usage, start in zip(usages, starts, strict=False):
        if outline.itemised:
            yield from records(usage, start, now)


def _broadband(outline: Outline, month: datetime) -> Iterator[Broadband]:
    if outline.broadband:
        address, speed, months, state = outline.broadband
        msisdn = outline.subscriber.msisdn
        until = months_on(month.astimezone(CHINA).date(), months)
        yield Broadband(f"KD{msisdn[3:]}", msisdn, address, speed, until, state)


def _orders(outline: Outline, catalogue: Catalogue, now: datetime) -> Iterator[Order]:
    for n, (offering, channel, proof, ago) in enumerate(outline.ordered, 2):
        msisdn, at = outline.subscriber.msisdn, now - timedelta(days=ago)
        yield Order(
            f"O{msisdn[3:]}-{n}", msisdn, (OrderItem("add", offering),), "completed",
            catalogue.offering(offering).price_fen, at, at, f"seed-{msisdn[3:]}-{n}", at, (), channel, proof,
        )  # fmt: skip
    if outline.pending_plan:
        msisdn = outline.subscriber.msisdn
        item = OrderItem("modify", outline.pending_plan)
        price = catalogue.offering(outline.pending_plan).monthly_fen
        placed = now - timedelta(hours=20)
        yield Order(
            f"O{msisdn[3:]}-1",
            msisdn,
            (item,),
            "pending",
            price,
            placed,
            next_cycle(now),
            f"seed-{msisdn[3:]}",
            channel="web",
            proof="code",
        )
