"""674 GeographicSite: a shop. `characteristic` (English names, district, errands) is our profile."""

from __future__ import annotations

from datetime import time
from typing import Any

from crm.documents.scalars import (
    BadDocument,
    Document,
    characteristics_from,
    characteristics_to,
    mapping,
    names,
    rows,
    string,
)
from crm.model import Shop

WORKING_DAYS, HOLIDAYS = "workingDay", "holiday"


def shop_to(shop: Shop) -> Document:
    days = [WORKING_DAYS, HOLIDAYS] if shop.every_day else [WORKING_DAYS]
    hours = {"startHour": f"{shop.opens:%H:%M}", "endHour": f"{shop.closes:%H:%M}"}
    extra = {
        "nameEn": shop.name.en, "addressEn": shop.address.en, "district": shop.district, "errands": list(shop.does),
    }  # fmt: skip
    if shop.quiet_from and shop.quiet_until:
        extra["quietHours"] = [f"{shop.quiet_from:%H:%M}", f"{shop.quiet_until:%H:%M}"]
    return {
        "id": shop.id, "name": shop.name.zh, "description": shop.address.zh, "status": "active",
        "calendar": [{"day": d, "status": "open", "timeZone": "Asia/Shanghai", "hourPeriod": [hours]} for d in days],
        "place": [{"id": shop.region, "name": shop.city, "@referredType": "GeographicAddress"}],
        "characteristic": characteristics_to(extra), "@type": "GeographicSite",
    }  # fmt: skip


def shop_from(raw: Any) -> Shop:
    document = mapping(raw, "geographicSite")
    extra = characteristics_from(document.get("characteristic"), "characteristic")
    places, calendar = rows(document.get("place"), "place"), rows(document.get("calendar"), "calendar")
    hours = rows(calendar[0].get("hourPeriod"), "hourPeriod") if calendar else []
    errands = extra.get("errands")
    if not places or not hours or not isinstance(errands, list):
        raise BadDocument("calendar")
    quiet = _quiet(extra.get("quietHours"))
    return Shop(
        id=string(document.get("id"), "id"), name=names(document.get("name"), extra.get("nameEn"), "name"),
        address=names(document.get("description"), extra.get("addressEn"), "description"),
        region=string(places[0].get("id"), "place.id"), city=string(places[0].get("name"), "place.name"),
        district=string(extra.get("district"), "district"), opens=_hour(hours[0].get("startHour")),
        closes=_hour(hours[0].get("endHour")), every_day=HOLIDAYS in {str(c.get("day")) for c in calendar},
        does=tuple(string(e, "errands") for e in errands), quiet_from=quiet[0], quiet_until=quiet[1],
    )  # fmt: skip


def _quiet(value: Any) -> tuple[time | None, time | None]:
    if value is None:
        return None, None
    if not isinstance(value, list) or len(value) != 2:
        raise BadDocument("quietHours")
    return _hour(value[0]), _hour(value[1])


def _hour(value: Any) -> time:
    try:
        return time.fromisoformat(string(value, "hourPeriod", 5))
    except ValueError:
        raise BadDocument("hourPeriod") from None
