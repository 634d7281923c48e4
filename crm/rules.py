"""The rules of ordering, as pure functions: checked at qualification and again when an order is committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from crm import holds, points
from crm.catalogue import Catalogue
from crm.model import (
    Allowance,
    Balance,
    Offering,
    Order,
    OrderItem,
    PointsLot,
    Product,
    Qualification,
    Reason,
    Subscriber,
)
from crm.policy import Policy
from crm.worktime import CHINA, month_of, next_cycle

SENIOR_AGE = 60
HELD = ("active", "pendingActive")


@dataclass(frozen=True)
class Situation:
    """All that decides whether somebody may order something, at one moment."""

    subscriber: Subscriber
    products: tuple[Product, ...]
    open_orders: tuple[Order, ...]
    balance: Balance
    catalogue: Catalogue
    policy: Policy
    now: datetime
    lots: tuple[PointsLot, ...] = ()

    def held(self, offering_id: str) -> list[Product]:
        return [p for p in self.products if p.offering_id == offering_id and p.status in HELD]

    @property
    def plan(self) -> Product | None:
        return next((p for p in self.products if p.category == "plan" and p.status == "active"), None)


def qualify(situation: Situation, items: Sequence[OrderItem]) -> Qualification:
    """Every reason against it, not just the first. NotFound for an unknown offering."""
    reasons: list[Reason] = []
    price = due = monthly = needed = 0
    effective = situation.now
    for item in items:
        offering = situation.catalogue.offering(item.offering_id)
        reasons += _check(situation, offering, item)
        needed += offering.points if item.action == "add" else 0
        if offering.category == "hold":
            # It is charged with the month, in place of the plan.
            monthly += offering.monthly_fen if item.action == "add" else 0
            continue
        if item.action == "add":
            price, due = price + offering.price_fen, due + offering.price_fen
            monthly += offering.monthly_fen
        elif item.action == "modify":
            price, monthly = price + offering.monthly_fen, monthly + offering.monthly_fen
        if item.action == "modify":
            effective = situation.policy.plan_begins(situation.now)
        elif item.action == "delete":
            effective = next_cycle(situation.now)
    if due > situation.balance.payable_fen and not any(r.code == "arrears" for r in reasons):
        available = situation.balance.payable_fen
        reasons.append(Reason("insufficient_balance", {"needed_fen": due, "available_fen": available}))
    if needed > (available := points.total(situation.lots, situation.now)):
        reasons.append(Reason("insufficient_points", {"needed": needed, "available": available}))
    return Qualification(not reasons, tuple(reasons), price, due, monthly, effective, situation.catalogue.version)


def _check(situation: Situation, offering: Offering, item: OrderItem) -> list[Reason]:
    if offering.category != "hold":
        return _CHECKS[item.action](situation, offering)
    if item.action == "delete":
        return holds.check_restore(situation.subscriber, situation.balance, offering)
    if item.action == "modify" or offering.sale_state != "on_sale":
        return [Reason("not_on_sale", {"offering": offering.id})]
    return holds.check_stop(situation.subscriber, situation.balance, offering)


def _standing(situation: Situation) -> list[Reason]:
    reasons = []
    if situation.balance.arrears_fen:
        reasons.append(Reason("arrears", {"arrears_fen": situation.balance.arrears_fen}))
    if situation.subscriber.status == "suspended":
        reasons.append(Reason("suspended"))
    return reasons


def _sellable(situation: Situation, offering: Offering) -> list[Reason]:
    person, reasons = situation.subscriber, []
    if offering.sale_state != "on_sale":
        reasons.append(Reason("not_on_sale", {"offering": offering.id}))
    if offering.regions and person.region not in offering.regions:
        reasons.append(Reason("region", {"offering": offering.id, "region": person.region}))
    of_age = person.age(situation.now.astimezone(CHINA).date()) >= SENIOR_AGE
    if (offering.audience == "student" and not person.student) or (offering.audience == "senior" and not of_age):
        reasons.append(Reason("audience", {"offering": offering.id, "audience": offering.audience}))
    return reasons


def _check_add(situation: Situation, offering: Offering) -> list[Reason]:
    if offering.category == "plan":
        return [Reason("plan_required", {"offering": offering.id})]
    reasons = _standing(situation) + _sellable(situation, offering)
    count = len(situation.held(offering.id))
    if count >= offering.maximum:
        code = "already_active" if offering.maximum == 1 else "maximum"
        reasons.append(Reason(code, {"offering": offering.id, "maximum": offering.maximum}))
    held = {p.offering_id for p in situation.products if p.status in HELD}
    if offering.requires and not held & set(offering.requires):
        reasons.append(Reason("requires", {"offering": offering.id, "missing": list(offering.requires)}))
    for other in sorted(held):
        if other in offering.excludes or offering.id in situation.catalogue.offering(other).excludes:
            reasons.append(Reason("excluded", {"offering": offering.id, "by": other}))
    return reasons


def _check_modify(situation: Situation, offering: Offering) -> list[Reason]:
    if offering.category != "plan" or situation.plan is None:
        return [Reason("plan_required", {"offering": offering.id})]
    reasons = _standing(situation) + _sellable(situation, offering)
    current = situation.catalogue.offering(situation.plan.offering_id)
    if current.id == offering.id:
        reasons.append(Reason("already_active", {"offering": offering.id, "maximum": 1}))
    reasons += _pending(situation)
    if offering.tier < current.tier:
        reasons += _locked(situation, situation.plan)
    dependents = _dependents(situation, current.id, instead=offering.id)
    if dependents:
        reasons.append(Reason("dependent_products", {"offering": current.id, "dependents": dependents}))
    return reasons


def _pending(situation: Situation) -> list[Reason]:
    for order in situation.open_orders:
        if any(item.action == "modify" for item in order.items):
            day = order.effective_at.astimezone(CHINA).date()
            return [Reason("pending_plan_change", {"order": order.id, "effective_on": day.isoformat()})]
    return []


def _locked(situation: Situation, product: Product) -> list[Reason]:
    today = situation.now.astimezone(CHINA).date()
    until = product.lock_in_until
    if until is None or until <= today:
        return []
    months, policy = _months_between(today, until), situation.policy
    figures = {"each_fen": product.price_fen, "months": months, "percent": policy.lock_in_fee_percent}
    fee = policy.lock_in_fee_fen(product.price_fen, months)
    return [Reason("lock_in", {"until": until.isoformat(), "fee_fen": fee, **figures})]


def _check_delete(situation: Situation, offering: Offering) -> list[Reason]:
    held = [p for p in situation.held(offering.id) if p.status == "active"]
    if not held:
        return [Reason("not_active", {"offering": offering.id})]
    if offering.category == "plan":
        # What leaving costs is told all the same: nothing smaller than the smallest plan could be asked about.
        return [Reason("plan_required", {"offering": offering.id}), *_locked(situation, held[0])]
    if not any(p.kind == "recurring" for p in offering.prices):
        return [Reason("not_cancellable", {"offering": offering.id})]
    reasons = _locked(situation, held[0])
    dependents = _dependents(situation, offering.id) if len(held) == 1 else []
    if dependents:
        reasons.append(Reason("dependent_products", {"offering": offering.id, "dependents": dependents}))
    return reasons


def _dependents(situation: Situation, offering_id: str, instead: str = "") -> list[str]:
    """Held offerings that need `offering_id` and would be left with nothing they require."""
    held = {p.offering_id for p in situation.products if p.status in HELD}
    remaining = (held - {offering_id}) | {instead}
    offerings = (situation.catalogue.offering(o) for o in sorted(held))
    return [o.id for o in offerings if offering_id in o.requires and not remaining & set(o.requires)]


_CHECKS = {"add": _check_add, "modify": _check_modify, "delete": _check_delete}


def _months_between(today: date, until: date) -> int:
    return max(1, (until.year - today.year) * 12 + until.month - today.month)


def ends_at(offering: Offering, now: datetime) -> datetime:
    """When what an offering grants now runs out: after its days, else with the month."""
    return now + timedelta(days=offering.lasts_days) if offering.lasts_days else next_cycle(now)


def granted(offering: Offering, product_id: str, catalogue: Catalogue, now: datetime) -> tuple[Allowance, ...]:
    """The fresh allowances of one cycle of an offering. A product has them once in a billing month."""
    return tuple(
        Allowance(
            id=f"{product_id}-{month_of(now)}-{index}",
            type=grant.type,
            scope=grant.scope,
            name=catalogue.labels.allowances[(grant.type, grant.scope)],
            total=grant.amount,
            used=0,
            offering_id=offering.id,
            valid_until=ends_at(offering, now),
        )
        for index, grant in enumerate(offering.grants)
    )


def new_product(offering: Offering, product_id: str, msisdn: str, now: datetime) -> Product:
    """What the subscriber holds after adding an offering. Only one-time packs have an end from the start."""
    once = not any(p.kind == "recurring" for p in offering.prices)
    return Product(
        id=product_id,
        msisdn=msisdn,
        offering_id=offering.id,
        name=offering.name,
        category=offering.category,
        status="active",
        price_fen=offering.price_fen,
        since=now,
        until=ends_at(offering, now) if once else None,
        lock_in_until=lock_in_end(offering, now),
    )


def lock_in_end(offering: Offering, now: datetime) -> date | None:
    """The first day on which the contract no longer binds."""
    if not offering.lock_in_months:
        return None
    start = now.astimezone(CHINA).date()
    months = start.month - 1 + offering.lock_in_months
    return date(start.year + months // 12, months % 12 + 1, 1)
