"""Shops near somebody that can do what they need: the named place first, then those that are open now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from crm.model import Shop
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.identify import identify
from crm.operations.results import Refusal
from crm.places import city_in
from crm.worktime import Hours, is_open, next_opening


@dataclass(frozen=True)
class Found:
    """`opens_at` is None while it is open. `here`: it is in the place that was named, or where the person lives."""

    shop: Shop
    here: bool
    opens_at: datetime | None


async def nearest(doors: Doors, who: Context, region: str, words: str, errand: str) -> tuple[Found, ...] | None:
    """Of the province that was named or is one's own, None where neither is known; `errand` "" for any.

    Raises Unavailable.
    """
    person = await identify(doors, who)
    own_region, own_city = (who.region, "") if isinstance(person, Refusal) else (person.region, person.city)
    if not (region or own_region):
        return None
    shops = await doors.crm.shops(region or own_region, deadline=doors.read_deadline())
    able = [shop for shop in shops if not errand or errand in shop.does]
    now = doors.now()
    city = city_in(words, own_city, region or own_region)
    found = [Found(s, _far(s, words, city, own_city) < FAR, _opens(s, now)) for s in able]
    return tuple(sorted(found, key=lambda f: (_far(f.shop, words, city, own_city), f.opens_at is not None)))


FAR = 3


def _far(shop: Shop, words: str, city: str, own_city: str) -> int:
    """0 in the district that was named, 1 in the city that was, 2 in one's own when no other was, else FAR."""
    if shop.district.removesuffix("区") in words:
        return 0
    if shop.city == city:
        return 1
    return 2 if shop.city == own_city and not city else FAR


def _opens(shop: Shop, now: datetime) -> datetime | None:
    hours = Hours(shop.opens, shop.closes, shop.every_day)
    return None if is_open(now, hours) else next_opening(now, hours)
