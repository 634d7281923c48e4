"""Known outages where a person is. Level 0: an outage is no secret, so nobody has to prove a number for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crm.errors import NotFound
from crm.operations.context import Context
from crm.operations.doors import Doors

DISTRICT = "区"
"""How a district of one's own city is named, which says no other city."""
PROVINCES = frozenset(
    "河北 山西 内蒙古 内蒙 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 "
    "广东 广西 海南 四川 贵州 云南 西藏 陕西 甘肃 青海 宁夏 新疆 台湾 "
    "hebei shanxi liaoning jilin heilongjiang jiangsu zhejiang anhui fujian jiangxi shandong henan hubei hunan "
    "guangdong guangxi hainan sichuan guizhou yunnan tibet shaanxi gansu qinghai ningxia xinjiang taiwan".split()
) | {"inner mongolia"}
"""Names that say no city. Beijing, Tianjin, Shanghai, Chongqing, Hong Kong and Macao are cities as well."""
_HAN = re.compile(r"[\u3400-\u9fff]+")


@dataclass(frozen=True)
class Place:
    """Where a fault is: a province code and a city, "" where that is not known. `said` is the person's word for a place
    smaller than a province.
    """

    region: str
    city: str = ""
    said: str = ""

    def lies_in(self, city: str, words: Mapping[str, str]) -> bool:
        """Whether an outage of this city, or with "" of the whole province, reaches here. Its words name the city in
        both languages, and so do people.
        """
        named = self.said.casefold()
        return city in ("", self.city) or any(named and named in text.casefold() for text in words.values())


@dataclass(frozen=True)
class Outage:
    """What is told of a known outage. `late`: it should have been over by `until` already."""

    id: str
    words: str
    since: str
    until: str
    late: bool


async def place_of(doors: Doors, who: Context, named: str = "", said: str = "") -> Place | None:
    """Where a fault is: the place that was named (`said`, in the province `named`), or that of the person's number.
    None where neither is known. Raises Unavailable.
    """
    said = "" if said.casefold() in PROVINCES else said
    elsewhere = bool(said) and not said.endswith(DISTRICT)
    # The city as the CRM writes it; what was said in another script only the words of an outage can tell.
    place = Place(named or who.region, said if elsewhere and _HAN.fullmatch(said) else "", said)
    if elsewhere or who.bound is None or (named and named != who.region):
        return place if place.region else None
    try:
        subscriber = await doors.crm.subscriber_of(who.bound.msisdn, deadline=doors.read_deadline())
    except NotFound:
        return None
    return Place(subscriber.region, subscriber.city, said)


async def known(doors: Doors, place: Place, service: str, language: str) -> Outage | None:
    """The open outage that explains this fault, the oldest if there are several."""
    for one in await doors.incidents.at(place.region):
        if service in one["covers"] and place.lies_in(one["city"], one["words"]):
            until = one["until"]
            late = bool(until) and datetime.fromisoformat(until) <= doors.now()
            return Outage(one["id"], one["words"][language], one["since"], until, late)
    return None
