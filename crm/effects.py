"""What an order does, as values: the stores of the fake and of the reference CRM apply them each in their own way."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import date, datetime

from crm.catalogue import Catalogue
from crm.errors import Refused
from crm.holds import CAUSES
from crm.model import Allowance, BillItem, Order, OrderItem, OrderRequest, PointsLot, Product, SuspensionCause
from crm.points import spend
from crm.policy import Policy
from crm.rules import Situation, granted, new_product, qualify
from crm.worktime import CHINA, next_cycle


@dataclass(frozen=True)
class Effects:
    """New and changed products, fresh allowances, and the charges that leave the general balance at once."""

    added: tuple[Product, ...] = ()
    changed: tuple[Product, ...] = ()
    removed: tuple[str, ...] = ()
    allowances: tuple[Allowance, ...] = ()
    charges: tuple[BillItem, ...] = ()
    stops: SuspensionCause | None = None
    restores: bool = False
    lots: tuple[PointsLot, ...] = ()

    def __add__(self, other: Effects) -> Effects:
        return Effects(
            self.added + other.added, self.changed + other.changed, self.removed + other.removed,
            self.allowances + other.allowances, self.charges + other.charges, other.stops or self.stops,
            self.restores or other.restores, self.lots + other.lots,
        )  # fmt: skip


def new_id(prefix: str, now: datetime) -> str:
    """A short number that a person can read out: prefix, local day, eight digits."""
    return f"{prefix}{now.astimezone(CHINA):%y%m%d}{secrets.randbelow(10**8):08d}"


def place(situation: Situation, request: OrderRequest) -> tuple[Order, Effects]:
    """Check the rules again and work out the order. Refused with the first reason against it, or price_changed."""
    verdict = qualify(situation, request.items)
    if verdict.reasons:
        raise Refused(verdict.reasons[0].code, verdict.reasons[0].values)
    if request.quoted_fen is not None and request.quoted_fen != verdict.price_fen:
        raise Refused("price_changed", {"quoted_fen": request.quoted_fen, "current_fen": verdict.price_fen})
    effects = Effects()
    for item in request.items:
        effects += _effects_of(situation, item)
    points = sum(situation.catalogue.offering(i.offering_id).points for i in request.items if i.action == "add")
    effects = replace(effects, lots=spend(situation.lots, points, situation.now))
    waits = any(item.action == "modify" for item in request.items)
    now = situation.now
    order = Order(
        id=new_id("O", now), msisdn=request.msisdn, items=request.items, state="pending" if waits else "completed",
        total_fen=verdict.price_fen, placed_at=now, effective_at=verdict.effective_at, external_id=request.external_id,
        completed_at=None if waits else now, channel=request.channel, proof=request.proof,
    )  # fmt: skip
    return order, effects


def _effects_of(situation: Situation, item: OrderItem) -> Effects:
    catalogue, now, msisdn = situation.catalogue, situation.now, situation.subscriber.msisdn
    offering = catalogue.offering(item.offering_id)
    if offering.category == "hold":
        return Effects(restores=True) if item.action == "delete" else Effects(stops=CAUSES[offering.id])
    if item.action == "delete":
        held = next(p for p in situation.held(offering.id) if p.status == "active")
        return Effects(changed=(replace(held, status="pendingTerminate", until=next_cycle(now)),))
    product = new_product(offering, new_id("P", now), msisdn, now)
    if item.action == "modify":
        coming = new_product(offering, product.id, msisdn, situation.policy.plan_begins(now))
        return Effects(added=(replace(coming, status="pendingActive"),))
    fee = fee_item(catalogue, offering.id, offering.price_fen, now.astimezone(CHINA).date())
    return Effects(
        added=(product,),
        allowances=granted(offering, product.id, catalogue, now),
        charges=(fee,) if fee.amount_fen else (),
    )


def cancel(order: Order, products: tuple[Product, ...], policy: Policy, now: datetime) -> tuple[Order, Effects]:
    """Take back an order that is not final, with the product that was waiting for it. Refused("not_cancellable"), or
    "past_cut_off".
    """
    if order.final:
        raise Refused("not_cancellable", {"order": order.id, "state": order.state})
    if policy.is_settled(order.effective_at, now):
        day = order.effective_at.astimezone(CHINA).date()
        raise Refused("past_cut_off", {"order": order.id, "effective_on": day.isoformat()})
    wanted = {item.offering_id for item in order.items if item.action == "modify"}
    waiting = tuple(p.id for p in products if p.status == "pendingActive" and p.offering_id in wanted)
    return replace(order, state="cancelled", completed_at=now), Effects(removed=waiting)


def fee_item(catalogue: Catalogue, offering_id: str, amount_fen: int, day: date) -> BillItem:
    """The line that an offering's fee puts on a bill."""
    offering = catalogue.offering(offering_id)
    if offering.provider != catalogue.provider:
        return BillItem("third_party", offering.name, amount_fen, day, offering_id)
    return BillItem(
        "monthly_fee" if offering.category == "plan" else "pack", offering.name, amount_fen, day, offering_id
    )


def settled(due_fen: int, amount_fen: int) -> tuple[int, int]:
    """(what is still due of one bill, what is left of the money) after paying it with `amount_fen`."""
    paid = min(due_fen, amount_fen)
    return due_fen - paid, amount_fen - paid
