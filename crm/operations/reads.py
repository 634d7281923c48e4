"""What a bound number may know of itself. All raise Unavailable; the caller has identified the person before."""

from __future__ import annotations

import re
from dataclasses import replace

from crm.errors import NotFound
from crm.model import (
    Allowance,
    AllowanceType,
    Balance,
    Bill,
    Broadband,
    Offering,
    Order,
    Payment,
    PointsLot,
    Product,
    Subscriber,
    Ticket,
    UsageSummary,
)
from crm.operations.context import Context
from crm.operations.doors import Doors

MOST_PAYMENTS = 50
"""So many are looked through for those of a month."""
MOST_ORDERS = 200


def number(who: Context) -> str:
    """The bound number. Raises ValueError for a caller that did not identify the person."""
    if who.bound is None:
        raise ValueError("nobody is bound")
    return who.bound.msisdn


async def subscriber(doors: Doors, who: Context) -> Subscriber:
    """The person as the CRM knows them now. Raises NotFound."""
    return await doors.crm.subscriber_of(number(who), deadline=doors.read_deadline())


async def balance(doors: Doors, who: Context) -> Balance:
    return await doors.crm.balance(number(who), deadline=doors.read_deadline())


async def allowances(doors: Doors, who: Context, type: AllowanceType) -> tuple[Allowance, ...]:
    """What is valid now, the one that ends first first."""
    return await doors.crm.allowances(number(who), type=type, deadline=doors.read_deadline())


async def bill(doors: Doors, who: Context, month: str) -> Bill | None:
    """None when the month is not kept."""
    try:
        return await doors.crm.bill(number(who), month, deadline=doors.read_deadline())
    except NotFound:
        return None


async def bills(doors: Doors, who: Context) -> tuple[Bill, ...]:
    """The latest six, newest first, without items."""
    return await doors.crm.bills(number(who), deadline=doors.read_deadline())


async def usage(doors: Doors, who: Context, month: str) -> UsageSummary | None:
    """What was used in a month; None when nothing is recorded."""
    try:
        return await doors.crm.usage(number(who), month, deadline=doors.read_deadline())
    except NotFound:
        return None


async def products(doors: Doors, who: Context) -> tuple[Product, ...]:
    """Held and coming ones, the plan first."""
    return await doors.crm.products(number(who), deadline=doors.read_deadline())


async def plan(doors: Doors, who: Context) -> tuple[Product, Offering] | None:
    """The running plan and what the catalogue says of it."""
    for product in await products(doors, who):
        if product.category == "plan" and product.status != "pendingActive":
            return product, await doors.crm.offering(product.offering_id, deadline=doors.read_deadline())
    return None


async def orders(doors: Doors, who: Context) -> tuple[Order, ...]:
    """Newest first."""
    return await doors.crm.orders(number(who), limit=5, deadline=doors.read_deadline())


async def all_orders(doors: Doors, who: Context) -> tuple[Order, ...]:
    """Newest first, as many as are read at once."""
    return await doors.crm.orders(number(who), limit=MOST_ORDERS, deadline=doors.read_deadline())


async def payments(doors: Doors, who: Context, limit: int = 5) -> tuple[Payment, ...]:
    """Newest first."""
    return await doors.crm.payments(number(who), limit=limit, deadline=doors.read_deadline())


async def broadband(doors: Doors, who: Context) -> tuple[Broadband, ...]:
    """The fixed lines that go with the number, their addresses without houses and rooms."""
    found = await doors.crm.broadband(number(who), deadline=doors.read_deadline())
    return tuple(replace(line, address=re.sub(r"\d+", "*", line.address)) for line in found)


async def points(doors: Doors, who: Context) -> tuple[PointsLot, ...]:
    """What can be spent, the lot that ends first first."""
    return await doors.crm.points(number(who), deadline=doors.read_deadline())


async def tickets(doors: Doors, who: Context) -> tuple[Ticket, ...]:
    """Newest first."""
    return await doors.crm.tickets(number(who), limit=5, deadline=doors.read_deadline())


async def name(doors: Doors, who: Context, offering_id: str) -> str:
    """An offering's name in the person's language; its id when the catalogue forgot it."""
    try:
        offering = await doors.crm.offering(offering_id, deadline=doors.read_deadline())
    except NotFound:
        return offering_id
    return offering.name.of(who.language)
