"""What a number is bound to, until when, and what it costs to leave earlier."""

from __future__ import annotations

from dataclasses import dataclass

from crm.model import OrderItem, Product, Reason
from crm.operations import reads
from crm.operations.catalogue import on_sale
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.worktime import CHINA


@dataclass(frozen=True)
class Contract:
    """`fee_fen` is 0 where the CRM does not tell it; it is `each_fen` a month, for `months`, `percent` of it."""

    product: Product
    fee_fen: int = 0
    each_fen: int = 0
    months: int = 0
    percent: int = 0


async def contracts(doors: Doors, who: Context) -> tuple[Contract, ...]:
    """Those that still bind, with what the CRM answers to whoever would leave today. Raises Unavailable."""
    today = doors.now().astimezone(CHINA).date()
    held = [p for p in await reads.products(doors, who) if p.lock_in_until and p.lock_in_until > today]
    return tuple([await _contract(doors, who, product) for product in held])


async def _contract(doors: Doors, who: Context, product: Product) -> Contract:
    told = await _asked(doors, product, OrderItem("delete", product.offering_id))
    if told is None and product.category == "plan":
        # A plan is never cancelled: some tell what leaving costs only to whoever asks for the smallest one.
        told = await _asked(doors, product, OrderItem("modify", (await on_sale(doors, "plan", who.region))[0].id))
    return told or Contract(product)


async def _asked(doors: Doors, product: Product, item: OrderItem) -> Contract | None:
    """What the CRM says that this costs before the contract ends; None where it says nothing of it."""
    verdict = await doors.crm.qualify(product.msisdn, [item], deadline=doors.read_deadline())
    return next((_told(product, reason) for reason in verdict.reasons if reason.code == "lock_in"), None)


def _told(product: Product, reason: Reason) -> Contract:
    figures = {name: reason.values.get(name) for name in ("fee_fen", "each_fen", "months", "percent")}
    return Contract(product, **{name: value for name, value in figures.items() if isinstance(value, int)})
