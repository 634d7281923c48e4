"""620 ProductOffering and ProductOfferingPrice, 637 Product."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

from crm.documents.scalars import (
    BadDocument,
    Document,
    characteristics_from,
    characteristics_to,
    choice,
    day_from,
    day_to,
    mapping,
    moment_from,
    moment_to,
    money_from,
    money_to,
    names,
    party_from,
    party_to,
    rows,
    string,
    whole,
)
from crm.model import (
    AllowanceScope,
    AllowanceType,
    Broadband,
    BroadbandState,
    Category,
    Grant,
    Offering,
    Price,
    Product,
    Rate,
    Tariff,
    TariffUse,
)

BROADBAND = "broadband"
PRODUCT_STATES = ("active", "pendingActive", "pendingTerminate", "suspended", "terminated")


def offering_to(offering: Offering) -> Document:
    extra = {
        "nameEn": offering.name.en, "descriptionEn": offering.description.en, "maximum": offering.maximum,
        "aliases": list(offering.aliases), "tier": offering.tier, "generation": offering.generation,
        "lastsDays": offering.lasts_days, "lockInMonths": offering.lock_in_months, "audience": offering.audience,
        "provider": offering.provider.zh, "providerEn": offering.provider.en,
        "points": offering.points, "grants": [[g.type, g.scope, g.amount] for g in offering.grants],
    }  # fmt: skip
    if offering.countries:
        extra["countries"] = list(offering.countries)
    if offering.tariffs:
        extra["tariffs"] = [[list(t.countries), [[r.use, r.amount_fen] for r in t.rates]] for t in offering.tariffs]
    related = [(o, "requires") for o in offering.requires] + [(o, "excludes") for o in offering.excludes]
    return {
        "id": offering.id, "name": offering.name.zh, "description": offering.description.zh,
        "isSellable": offering.sale_state == "on_sale", "version": offering.version,
        "lifecycleStatus": "Active" if offering.sale_state == "on_sale" else "Retired",
        "category": [{"id": offering.category}], "place": [{"id": r} for r in offering.regions],
        "productOfferingPrice": [
            {"id": price_id(offering, p), "priceType": p.kind, "price": money_to(p.amount_fen), **_unit_to(p)}
            for p in offering.prices
        ],
        "productOfferingRelationship": [{"id": o, "relationshipType": t} for o, t in related],
        "prodSpecCharValueUse": [
            {"name": n, "productSpecCharacteristicValue": [{"value": v}]} for n, v in extra.items()
        ],
        "@type": "ProductOffering",
    }  # fmt: skip


def price_id(offering: Offering, price: Price) -> str:
    return f"{offering.id}-{price.unit or ('monthly' if price.kind == 'recurring' else 'once')}"


def _unit_to(price: Price) -> Document:
    return {"unitOfMeasure": {"amount": 1, "units": price.unit}} if price.unit else {}


def price_to(offering: Offering, price: Price) -> Document:
    document: Document = {
        "id": price_id(offering, price), "name": offering.name.zh, "priceType": price.kind,
        "price": money_to(price.amount_fen), "version": offering.version, "@type": "ProductOfferingPrice",
        **_unit_to(price),
    }  # fmt: skip
    if price.kind == "recurring":
        document |= {"recurringChargePeriodType": "month", "recurringChargePeriodLength": 1}
    return document


def offering_from(raw: Any) -> Offering:
    document = mapping(raw, "productOffering")
    extra = _values(document)
    related = rows(document.get("productOfferingRelationship", []), "productOfferingRelationship")
    categories = rows(document.get("category"), "category")
    if not categories:
        raise BadDocument("category")
    return Offering(
        id=string(document.get("id"), "id"), name=names(document.get("name"), extra.get("nameEn"), "name"),
        description=names(document.get("description"), extra.get("descriptionEn"), "description"),
        category=choice(categories[0].get("id"), "category", get_args(Category)),
        prices=tuple(_price_from(p) for p in rows(document.get("productOfferingPrice"), "productOfferingPrice")),
        grants=tuple(_grant_from(g) for g in extra.get("grants") or ()), requires=_ids(related, "requires"),
        excludes=_ids(related, "excludes"), maximum=whole(extra.get("maximum"), "maximum"),
        regions=tuple(string(p.get("id"), "place.id") for p in rows(document.get("place", []), "place")),
        audience=string(extra.get("audience"), "audience"),
        sale_state="on_sale" if document.get("isSellable") is True else "withdrawn",
        aliases=tuple(string(a, "aliases") for a in extra.get("aliases") or ()), tier=whole(extra.get("tier"), "tier"),
        generation=string(extra.get("generation"), "generation"), lasts_days=whole(extra.get("lastsDays"), "lastsDays"),
        lock_in_months=whole(extra.get("lockInMonths"), "lockInMonths"),
        provider=names(extra.get("provider"), extra.get("providerEn"), "provider"),
        version=string(document.get("version", ""), "version"), points=whole(extra.get("points", 0), "points"),
        countries=tuple(string(c, "countries") for c in extra.get("countries") or ()),
        tariffs=tuple(_tariff_from(t) for t in extra.get("tariffs") or ()),
    )  # fmt: skip


def _values(document: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in rows(document.get("prodSpecCharValueUse", []), "prodSpecCharValueUse"):
        values = rows(row.get("productSpecCharacteristicValue"), "productSpecCharacteristicValue")
        found[str(row.get("name"))] = values[0].get("value") if values else None
    return found


def _price_from(row: Mapping[str, Any]) -> Price:
    kind = choice(row.get("priceType"), "priceType", ("recurring", "one_time", "usage"))
    unit = mapping(row.get("unitOfMeasure"), "unitOfMeasure").get("units") if kind == "usage" else ""
    return Price(kind, money_from(row.get("price"), "price"), choice(unit, "units", ("", "gb", "minute", "message")))


def _grant_from(row: Any) -> Grant:
    if not isinstance(row, list) or len(row) != 3:
        raise BadDocument("grants")
    type_ = choice(row[0], "grants", get_args(AllowanceType))
    return Grant(type_, choice(row[1], "grants", get_args(AllowanceScope)), whole(row[2], "grants"))


def _tariff_from(row: Any) -> Tariff:
    countries, rates = _pair(row)
    return Tariff(tuple(string(c, "tariffs") for c in countries), tuple(_rate_from(*_pair(r)) for r in rates))


def _rate_from(use: Any, fen: Any) -> Rate:
    return Rate(choice(use, "tariffs", get_args(TariffUse)), whole(fen, "tariffs"))


def _pair(row: Any) -> list[Any]:
    if not isinstance(row, list) or len(row) != 2:
        raise BadDocument("tariffs")
    return row


def _ids(related: Iterable[Mapping[str, Any]], relationship: str) -> tuple[str, ...]:
    return tuple(string(r.get("id"), "relationship") for r in related if r.get("relationshipType") == relationship)


def product_to(product: Product) -> Document:
    extra: dict[str, Any] = {"nameEn": product.name.en, "category": product.category}
    if product.lock_in_until:
        extra["lockInUntil"] = product.lock_in_until.isoformat()
    document: Document = {
        "id": product.id, "name": product.name.zh, "status": product.status, "startDate": moment_to(product.since),
        "productOffering": {"id": product.offering_id, "name": product.name.zh},
        "relatedParty": party_to(product.msisdn),
        "productPrice": [{"priceType": "total", "price": {"taxIncludedAmount": money_to(product.price_fen)}}],
        "productCharacteristic": characteristics_to(extra), "@type": "Product",
    }  # fmt: skip
    if product.until:
        document["terminationDate"] = moment_to(product.until)
    return document


def product_from(raw: Any) -> Product:
    document = mapping(raw, "product")
    extra = characteristics_from(document.get("productCharacteristic"), "productCharacteristic")
    prices = rows(document.get("productPrice"), "productPrice")
    until, lock = document.get("terminationDate"), extra.get("lockInUntil")
    if not prices:
        raise BadDocument("productPrice")
    return Product(
        id=string(document.get("id"), "id"), msisdn=party_from(document.get("relatedParty")),
        offering_id=string(mapping(document.get("productOffering"), "productOffering").get("id"), "productOffering.id"),
        name=names(document.get("name"), extra.get("nameEn"), "name"),
        category=choice(extra.get("category"), "category", get_args(Category)),
        status=choice(document.get("status"), "status", PRODUCT_STATES),
        price_fen=money_from(mapping(prices[0].get("price"), "price").get("taxIncludedAmount"), "taxIncludedAmount"),
        since=moment_from(document.get("startDate"), "startDate"),
        until=moment_from(until, "terminationDate") if until else None,
        lock_in_until=day_from(lock, "lockInUntil") if lock else None,
    )  # fmt: skip


def broadband_to(line: Broadband) -> Document:
    """A 637 Product too; what is special about it stands in its characteristics."""
    extra = {"category": BROADBAND, "speedMbps": line.speed_mbps, "address": line.address}
    return {
        "id": line.account, "name": line.account, "status": line.state, "relatedParty": party_to(line.msisdn),
        "terminationDate": day_to(line.until),
        "productCharacteristic": characteristics_to(extra), "@type": "Product",
    }  # fmt: skip


def broadband_from(raw: Any) -> Broadband:
    document = mapping(raw, "product")
    extra = characteristics_from(document.get("productCharacteristic"), "productCharacteristic")
    return Broadband(
        account=string(document.get("id"), "id"),
        msisdn=party_from(document.get("relatedParty")),
        address=string(extra.get("address"), "address"),
        speed_mbps=whole(extra.get("speedMbps"), "speedMbps"),
        until=day_from(document.get("terminationDate"), "terminationDate"),
        state=choice(document.get("status"), "status", get_args(BroadbandState)),
    )
