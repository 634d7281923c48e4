"""677 QueryUsageConsumption: allowances now, or what was used in a month."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from crm.documents.money import month_start
from crm.documents.scalars import (
    BadDocument,
    Document,
    choice,
    mapping,
    moment_from,
    moment_to,
    names,
    quantity_to,
    rows,
    string,
    whole,
)
from crm.model import Allowance, AllowanceScope, AllowanceType, UsageSummary
from crm.worktime import CHINA, next_cycle

UNITS = {"data": "KB", "voice": "min", "sms": "message"}
VOLUMES = (("data_kb", "data"), ("voice_minutes", "voice"), ("sms_count", "sms"), ("roaming_data_kb", "data"))


def query_to(msisdn: str, month: str = "") -> Document:
    """Ask for one MSISDN: its valid allowances, or with `month` what was used in it."""
    criteria: Document = {"logicalResource": [{"id": msisdn, "@referredType": "MSISDN"}]}
    if month:
        start = month_start(month)
        criteria["validPeriod"] = {"startDateTime": moment_to(start), "endDateTime": moment_to(next_cycle(start))}
    return {"searchCriteria": criteria}


def query_from(raw: Any) -> tuple[str, str]:
    """(MSISDN, month or "") that a query asks for."""
    criteria = mapping(mapping(raw, "body").get("searchCriteria"), "searchCriteria")
    resources = rows(criteria.get("logicalResource"), "searchCriteria.logicalResource")
    if len(resources) != 1:
        raise BadDocument("searchCriteria.logicalResource")
    msisdn = string(resources[0].get("id"), "searchCriteria.logicalResource.id", 16)
    if "validPeriod" not in criteria:
        return msisdn, ""
    period = mapping(criteria["validPeriod"], "searchCriteria.validPeriod")
    start = moment_from(period.get("startDateTime"), "searchCriteria.validPeriod.startDateTime")
    try:
        return msisdn, start.astimezone(CHINA).strftime("%Y-%m")
    except (OverflowError, ValueError):
        raise BadDocument("searchCriteria.validPeriod.startDateTime") from None


def allowances_to(allowances: Iterable[Allowance]) -> list[Document]:
    return [{"id": "allowances", "state": "done", "bucketRefOrValue": [_allowance_to(a) for a in allowances]}]


def _allowance_to(allowance: Allowance) -> Document:
    units = UNITS[allowance.type]
    counters = {"total": allowance.total, "used": allowance.used}
    return {
        "id": allowance.id, "name": allowance.name.zh, "description": allowance.name.en, "usageType": allowance.type,
        "isShared": allowance.scope == "shared", "remainingValueName": allowance.scope,
        "remainingValue": quantity_to(allowance.left, units),
        "validFor": {"endDateTime": moment_to(allowance.valid_until)},
        "bucketCounter": [{"counterType": t, "value": quantity_to(n, units)} for t, n in counters.items()],
        "product": [{"id": allowance.offering_id, "@referredType": "ProductOffering"}],
    }  # fmt: skip


def allowances_from(raw: Any) -> tuple[Allowance, ...]:
    return tuple(_allowance_from(row) for row in _buckets(raw))


def _buckets(raw: Any) -> list[Any]:
    consumptions = rows(mapping(raw, "body").get("usageConsumption"), "usageConsumption")
    return [row for c in consumptions for row in rows(c.get("bucketRefOrValue", []), "bucketRefOrValue")]


def _allowance_from(row: Any) -> Allowance:
    type_ = choice(row.get("usageType"), "usageType", get_args(AllowanceType))
    counters = {
        str(c.get("counterType")): _volume(c.get("value"), type_)
        for c in rows(row.get("bucketCounter"), "bucketCounter")
    }
    held = rows(row.get("product"), "product")
    if not held or not {"total", "used"} <= counters.keys():
        raise BadDocument("bucketCounter")
    return Allowance(
        id=string(row.get("id"), "id"), type=type_,
        scope=choice(row.get("remainingValueName"), "remainingValueName", get_args(AllowanceScope)),
        name=names(row.get("name"), row.get("description"), "name"), total=counters["total"], used=counters["used"],
        offering_id=string(held[0].get("id"), "product.id"),
        valid_until=moment_from(mapping(row.get("validFor"), "validFor").get("endDateTime"), "validFor.endDateTime"),
    )  # fmt: skip


def _volume(value: Any, type_: str) -> int:
    quantity = mapping(value, "value")
    if quantity.get("units") != UNITS[type_]:
        raise BadDocument("value.units")
    return whole(quantity.get("amount"), "value.amount")


def usage_to(usage: UsageSummary) -> list[Document]:
    used = [
        {
            "name": field, "usageType": type_,
            "bucketCounter": [{"counterType": "used", "value": quantity_to(getattr(usage, field), UNITS[type_])}],
        }
        for field, type_ in VOLUMES
    ]  # fmt: skip
    return [{"id": usage.month, "state": "done", "bucketRefOrValue": used}]


def usage_from(raw: Any, msisdn: str, month: str) -> UsageSummary:
    types = dict(VOLUMES)
    volumes: dict[str, int] = {}
    for row in _buckets(raw):
        name = choice(row.get("name"), "name", types)
        counters = rows(row.get("bucketCounter"), "bucketCounter")
        if not counters:
            raise BadDocument("bucketCounter")
        volumes[name] = _volume(counters[0].get("value"), types[name])
    if volumes.keys() != types.keys():
        raise BadDocument("bucketRefOrValue")
    return UsageSummary(msisdn=msisdn, month=month, **volumes)
