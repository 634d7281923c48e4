"""Known outages where a person is. Level 0: an outage is no secret, so nobody has to prove a number for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from crm.errors import NotFound
from crm.operations.context import Context
from crm.operations.doors import Doors


@dataclass(frozen=True)
class Place:
    """Where a fault is: a province code and a city, "" where that is not known. `said` is the person's word for it."""

    region: str
    city: str = ""
    said: str = ""

    def lies_in(self, city: str, words: Mapping[str, str]) -> bool:
        """Whether an outage of this city, or with "" of the whole province, reaches here. Its words name the city in
        both languages, and so do people.
        """
        named = self.said.casefold()
        return not city or city == self.city or any(named and named in text.casefold() for text in words.values())


@dataclass(frozen=True)
class Outage:
    """What is told of a known outage. `late`: it should have been over by `until` already."""

    id: str
    words: str
    since: str
    until: str
    late: bool


async def place_of(doors: Doors, who: Context, named: str = "", said: str = "") -> Place | None:
    """Where somebody is: the province they named, or that of their number. None where neither is known. Raises
    Unavailable.
    """
    if named and named != who.region:
        return Place(named, said=said)
    if who.bound is None:
        return Place(who.region, said=said) if who.region else None
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
