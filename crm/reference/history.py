"""Works out six months of charges, payments and usage of one subscriber, which add up to the balance they have now.

Charges leave the balance in real time; a bill lists what was charged in a month. Hence, for each subscriber:
bill = sum of its items; sum of charges = sum of bills; bucket = sum of its ledger entries; sum of dues = arrears.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

from crm.catalogue import Catalogue
from crm.effects import fee_item
from crm.model import (
    Allowance,
    BalanceBucket,
    BalanceKind,
    Bill,
    BillItem,
    Broadband,
    CallRecord,
    Order,
    OrderItem,
    Payment,
    PointsLot,
    Product,
    Reckoning,
    ReckoningKind,
    UsageSummary,
)
from crm.points import expiry
from crm.reference.itemised import records
from crm.reference.people import Extra, Outline
from crm.rules import granted, new_product
from crm.worktime import CHINA, next_cycle

MONTHS = 6
BEYOND: Mapping[str, tuple[ReckoningKind, str]] = {
    "out_of_bundle_data": ("gb", "gb_fen"),
    "out_of_bundle_voice": ("minute", "minute_fen"),
    "out_of_bundle_sms": ("message", "sms_fen"),
}
"""What each charge beyond the plan counts, and its rate."""
KB_PER_GB = 1024 * 1024


@dataclass(frozen=True)
class LedgerEntry:
    """One movement of one bucket; `cause` is opening, charge, payment or card; `ref` names the bill or payment."""

    bucket_id: str
    msisdn: str
    at: datetime
    cause: str
    amount_fen: int
    ref: str = ""


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
    usages = tuple(_usages(outline, allowances, catalogue, starts, draw))
    bills = [
        _bill(outline, catalogue, usage, start, ago)
        for ago, (usage, start) in enumerate(zip(usages, starts, strict=True))
    ]
    payments = tuple(_payments(outline, bills, starts, now))
    general = -sum(b.total_fen for b in bills[: outline.unpaid_months]) if _owes(outline) else outline.general_fen
    bills = _settle(bills, max(0, -general))
    buckets = tuple(_buckets(outline, catalogue, general, now))
    ledger = tuple(_ledger(buckets, bills, payments, starts))
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


def _owes(outline: Outline) -> bool:
    return outline.unpaid_months > 0 and outline.general_fen == 0


def _products(outline: Outline, catalogue: Catalogue, starts: list[datetime], draw: random.Random) -> Iterator[Product]:
    msisdn, since = outline.subscriber.msisdn, starts[-1] - timedelta(days=draw.randint(30, 1500))
    for index, offering_id in enumerate((outline.plan, *outline.additions)):
        product = new_product(catalogue.offering(offering_id), f"P{msisdn[3:]}-{index}", msisdn, since)
        lock = None
        if outline.lock_in_months_left and catalogue.offering(offering_id).lock_in_months:
            lock = _months_on(starts[0].astimezone(CHINA).date(), outline.lock_in_months_left)
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


def _months_on(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


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


def _bill(outline: Outline, catalogue: Catalogue, usage: UsageSummary, start: datetime, ago: int) -> Bill:
    day = start.astimezone(CHINA).date()
    items = [_fee(catalogue, o, day) for o in (outline.plan, *outline.additions) if catalogue.offering(o).monthly_fen]
    items += [_extra(catalogue, e, day) for e in outline.extras if e.months_ago == ago]
    total = sum(i.amount_fen for i in items)
    msisdn = outline.subscriber.msisdn
    due_on = _months_on(day, 1) + timedelta(days=24)
    return Bill(
        f"B{msisdn[3:]}-{usage.month}",
        msisdn,
        usage.month,
        total,
        0,
        due_on,
        "open" if ago == 0 else "settled",
        tuple(items),
    )


def _extra(catalogue: Catalogue, extra: Extra, month_start: date) -> BillItem:
    """In months past it fell on the fifteenth; in the running one on the first, which has always been."""
    name = catalogue.offering(extra.offering_id).name if extra.offering_id else catalogue.labels.causes[extra.cause]
    day = month_start + timedelta(days=14) if extra.months_ago else month_start
    reckoning = extra.reckoning or beyond(extra.cause, extra.amount_fen, catalogue.labels.rates)
    return BillItem(extra.cause, name, extra.amount_fen, day, extra.offering_id, reckoning)


def beyond(cause: str, amount_fen: int, rates: Mapping[str, int]) -> Reckoning | None:
    """How a charge by the rates beyond the plan came about; None for another cause, or what these do not come to."""
    if cause not in BEYOND:
        return None
    kind, rate = BEYOND[cause]
    return Reckoning(kind, amount_fen // rates[rate], rates[rate]) if amount_fen % rates[rate] == 0 else None


def _fee(catalogue: Catalogue, offering_id: str, day: date) -> BillItem:
    return fee_item(catalogue, offering_id, catalogue.offering(offering_id).monthly_fen, day)


def _payments(outline: Outline, bills: list[Bill], starts: list[datetime], now: datetime) -> Iterator[Payment]:
    """Each closed month was paid on the 5th of the next, but for the last `unpaid_months` (the running one counts)."""
    for ago in range(1, MONTHS):
        at = starts[ago - 1] + timedelta(days=4, hours=2)
        if ago >= outline.unpaid_months and bills[ago].total_fen and at <= now:
            msisdn = outline.subscriber.msisdn
            yield Payment(
                f"PAY{msisdn[3:]}-{bills[ago].month}", msisdn, bills[ago].total_fen, "counter", "done", at, at
            )


def _settle(bills: list[Bill], arrears_fen: int) -> list[Bill]:
    """Payments settle the oldest first, so what is owed lies on the newest bills."""
    settled = []
    for bill in bills:
        due = min(arrears_fen, bill.total_fen)
        arrears_fen -= due
        if bill.state == "open":
            settled.append(replace(bill, due_fen=due))
        else:
            settled.append(replace(bill, due_fen=due, state="overdue" if due else "settled"))
    return settled


def _buckets(outline: Outline, catalogue: Catalogue, general_fen: int, now: datetime) -> Iterator[BalanceBucket]:
    kinds: tuple[tuple[BalanceKind, int], ...] = (
        ("general", general_fen), ("gift", outline.gift_fen), ("dedicated", outline.dedicated_fen),
        ("frozen", outline.frozen_fen),
    )  # fmt: skip
    until = {"gift": now + timedelta(days=90), "dedicated": now + timedelta(days=300)}
    for kind, amount in kinds:
        if amount or kind == "general":
            label = catalogue.labels.buckets[kind]
            yield BalanceBucket(f"K{outline.subscriber.msisdn[3:]}-{kind}", kind, amount, label, until.get(kind))


def _ledger(
    buckets: tuple[BalanceBucket, ...], bills: list[Bill], payments: tuple[Payment, ...], starts: list[datetime]
) -> Iterator[LedgerEntry]:
    """An opening amount, charges and payments; of the general bucket the opening is whatever makes the rest add up."""
    opened = starts[-1] - timedelta(seconds=1)
    moved = sum(p.amount_fen for p in payments) - sum(b.total_fen for b in bills)
    for bucket in buckets:
        opening = bucket.amount_fen - (moved if bucket.kind == "general" else 0)
        yield LedgerEntry(bucket.id, bucket_owner(bucket), opened, "opening", opening)
    general = buckets[0]
    for bill in bills:
        for item in bill.items:
            at = datetime(item.on.year, item.on.month, item.on.day, tzinfo=CHINA).astimezone(timezone.utc)
            yield LedgerEntry(general.id, bill.msisdn, at, "charge", -item.amount_fen, bill.id)
    for payment in payments:
        yield LedgerEntry(general.id, payment.msisdn, payment.created_at, "payment", payment.amount_fen, payment.id)


def bucket_owner(bucket: BalanceBucket) -> str:
    """The MSISDN that a generated bucket belongs to."""
    return f"+86{bucket.id[1:].split('-')[0]}"


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
    for usage, start in zip(usages, starts, strict=True):
        if outline.itemised:
            yield from records(usage, start, now)


def _broadband(outline: Outline, month: datetime) -> Iterator[Broadband]:
    if outline.broadband:
        address, speed, months, state = outline.broadband
        msisdn = outline.subscriber.msisdn
        until = _months_on(month.astimezone(CHINA).date(), months)
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
