"""Known outages where a person is. Level 0: an outage is no secret, so nobody has to prove a number for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crm.errors import NotFound
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.places import city_in

DISTRICT = "区"
"""How a district is named: many cities have one of the same name, one's own before others."""
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
    region = named or who.region
    there = Place(region, _city(said, "", region), said)
    if who.bound is None or (named and named != who.region) or (said and not said.endswith(DISTRICT) and there.city):
        return there if region else None
    try:
        person = await doors.crm.subscriber_of(who.bound.msisdn, deadline=doors.read_deadline())
    except NotFound:
        return None
    return Place(person.region, _city(said, person.city, person.region) or person.city, said)


def _city(said: str, own: str, region: str) -> str:
    """The city of a place that was said; what is on no list, and no district either, is taken for a city."""
    if city := city_in(said, own, region):
        return city
    return said if _HAN.fullmatch(said) and not said.endswith(DISTRICT) else ""


async def known(doors: Doors, place: Place, service: str, language: str) -> Outage | None:
    """The open outage that explains this fault, the oldest if there are several."""
    for one in await doors.incidents.at(place.region):
        if service in one["covers"] and place.lies_in(one["city"], one["words"]):
            until = one["until"]
            late = bool(until) and datetime.fromisoformat(until) <= doors.now()
            return Outage(one["id"], one["words"][language], one["since"], until, late)
    return None
