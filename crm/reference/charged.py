"""What was charged and paid in the months before, and what is left: bills, payments and the ledger of the buckets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, timezone

from crm.catalogue import Catalogue
from crm.effects import fee_item
from crm.model import BalanceBucket, BalanceKind, Bill, BillItem, Payment, Reckoning, ReckoningKind, UsageSummary
from crm.reference.people import Extra, Outline
from crm.worktime import CHINA

BEYOND: Mapping[str, tuple[ReckoningKind, str]] = {
    "out_of_bundle_data": ("gb", "gb_fen"),
    "out_of_bundle_voice": ("minute", "minute_fen"),
    "out_of_bundle_sms": ("message", "sms_fen"),
}
"""What each charge beyond the plan counts, and its rate."""


@dataclass(frozen=True)
class LedgerEntry:
    """One movement of one bucket; `cause` is opening, charge, payment or card; `ref` names the bill or payment."""

    bucket_id: str
    msisdn: str
    at: datetime
    cause: str
    amount_fen: int
    ref: str = ""


def bill_of(outline: Outline, catalogue: Catalogue, usage: UsageSummary, start: datetime, ago: int) -> Bill:
    """A month's bill; `ago` months ago, 0 is the running one."""
    day = start.astimezone(CHINA).date()
    items = [_fee(catalogue, o, day) for o in (outline.plan, *outline.additions) if catalogue.offering(o).monthly_fen]
    items += [_extra(catalogue, e, day) for e in outline.extras if e.months_ago == ago]
    total = sum(i.amount_fen for i in items)
    msisdn = outline.subscriber.msisdn
    due_on = months_on(day, 1) + timedelta(days=24)
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


def payments_of(outline: Outline, bills: list[Bill], starts: list[datetime], now: datetime) -> Iterator[Payment]:
    """Each closed month was paid on the 5th of the next, but for the last `unpaid_months` (the running one counts)."""
    for ago in range(1, len(starts)):
        at = starts[ago - 1] + timedelta(days=4, hours=2)
        if ago >= outline.unpaid_months and bills[ago].total_fen and at <= now:
            msisdn = outline.subscriber.msisdn
            yield Payment(
                f"PAY{msisdn[3:]}-{bills[ago].month}", msisdn, bills[ago].total_fen, "counter", "done", at, at
            )


def settled(bills: list[Bill], arrears_fen: int) -> list[Bill]:
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


def buckets_of(outline: Outline, catalogue: Catalogue, general_fen: int, now: datetime) -> Iterator[BalanceBucket]:
    kinds: tuple[tuple[BalanceKind, int], ...] = (
        ("general", general_fen), ("gift", outline.gift_fen), ("dedicated", outline.dedicated_fen),
        ("frozen", outline.frozen_fen),
    )  # fmt: skip
    until = {"gift": now + timedelta(days=90), "dedicated": now + timedelta(days=300)}
    for kind, amount in kinds:
        if amount or kind == "general":
            label = catalogue.labels.buckets[kind]
            yield BalanceBucket(f"K{outline.subscriber.msisdn[3:]}-{kind}", kind, amount, label, until.get(kind))


def ledger_of(
    buckets: tuple[BalanceBucket, ...], bills: list[Bill], payments: tuple[Payment, ...], starts: list[datetime]
) -> Iterator[LedgerEntry]:
    """An opening amount, charges and payments; of the general bucket the opening is whatever makes the rest add up."""
    opened = starts[-1] - timedelta(seconds=1)
    moved = sum(p.amount_fen for p in payments) - sum(b.total_fen for b in bills)
    for bucket in buckets:
        opening = bucket.amount_fen - (moved if bucket.kind == "general" else 0)
        yield LedgerEntry(bucket.id, _owner(bucket), opened, "opening", opening)
    general = buckets[0]
    for bill in bills:
        for item in bill.items:
            at = datetime(item.on.year, item.on.month, item.on.day, tzinfo=CHINA).astimezone(timezone.utc)
            yield LedgerEntry(general.id, bill.msisdn, at, "charge", -item.amount_fen, bill.id)
    for payment in payments:
        yield LedgerEntry(general.id, payment.msisdn, payment.created_at, "payment", payment.amount_fen, payment.id)


def _owner(bucket: BalanceBucket) -> str:
    """The MSISDN that a generated bucket belongs to."""
    return f"+86{bucket.id[1:].split('-')[0]}"


def months_on(day: date, months: int) -> date:
    """The first day of the month so many months after that of `day`."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)
