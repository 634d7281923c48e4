"""What is sold to some people only, and which of it somebody can have: promotions with their conditions."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from crm.errors import NotFound
from crm.model import Offering, OrderItem, Subscriber
from crm.operations.catalogue import on_sale
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.points import total

IN_THE_WAY = ("arrears", "suspended", "pending_plan_change", "lock_in", "dependent_products", "insufficient_balance")
"""Reasons that say nothing of who it is for and can be settled, the one to settle first first."""

AT_ONCE = 8
"""Questions to the CRM."""


@dataclass(frozen=True)
class Promotion:
    """`first`: what has to be settled before it can be had, one of IN_THE_WAY; "" for nothing."""

    offering: Offering
    first: str = ""


async def kept_for_some(doors: Doors, region: str) -> tuple[Offering, ...]:
    """Plans and packs for an audience, for some regions, or only beside such a plan. Raises Unavailable."""
    kinds = await asyncio.gather(*(on_sale(doors, kind, region) for kind in ("plan", "data_pack", "service")))
    offerings = [offering for kind in kinds for offering in kind]
    limited = {o.id for o in offerings if o.audience or o.regions}
    return tuple(o for o in offerings if o.id in limited or (o.requires and limited.issuperset(o.requires)))


async def qualified(doors: Doors, person: Subscriber, most: int) -> tuple[Promotion, ...]:
    """The first `most` that the CRM would sell to this person, or would once what is in the way is settled. Raises
    Unavailable."""
    offerings, found = await kept_for_some(doors, person.region), list[Promotion]()
    for begin in range(0, len(offerings), AT_ONCE):
        some = offerings[begin : begin + AT_ONCE]
        weighed = await asyncio.gather(*(_weighed(doors, person.msisdn, offering) for offering in some))
        found += [one for one in weighed if one is not None]
        if len(found) >= most:
            break
    return tuple(found[:most])


async def _weighed(doors: Doors, msisdn: str, offering: Offering) -> Promotion | None:
    """None where it is for others, held already, or not sold any more."""
    item = OrderItem("modify" if offering.category == "plan" else "add", offering.id)
    try:
        said = await doors.crm.qualify(msisdn, [item], deadline=doors.read_deadline())
    except NotFound:
        return None
    codes = {reason.code for reason in said.reasons}
    if not codes.issubset(IN_THE_WAY) or not (said.ok or codes):
        return None
    return Promotion(offering, next((code for code in IN_THE_WAY if code in codes), ""))


async def reward(doors: Doors, who: Context, person: Subscriber) -> tuple[int, Offering | None]:
    """The points that can be spent, and the dearest that they pay for. Raises Unavailable."""
    lots = await doors.crm.points(person.msisdn, deadline=doors.read_deadline())
    points = total(lots, doors.now())
    within = [one for one in await on_sale(doors, "reward", who.region) if 0 < one.points <= points]
    return points, max(within, key=_points, default=None)


def _points(offering: Offering) -> int:
    return offering.points
