"""658 LoyaltyBalance: one balance a lot. Points are written as money of the unit POINT; `earned` is our profile."""

from __future__ import annotations

from typing import Any

from crm.documents.scalars import (
    BadDocument,
    Document,
    day_from,
    day_to,
    mapping,
    moment_from,
    moment_to,
    string,
    whole,
)
from crm.model import PointsLot

UNIT = "POINT"


def lot_to(lot: PointsLot) -> Document:
    return {
        "id": lot.id, "quantity": _points_to(lot.left), "earned": _points_to(lot.earned),
        "validFor": {"startDateTime": day_to(lot.earned_on),
                     "endDateTime": moment_to(lot.expires_at)},
        # 658 wants a URI here, unlike all the others.
        "loyaltyProgramMember": {"id": lot.msisdn, "href": f"tel:{lot.msisdn}"}, "@type": "LoyaltyBalance",
    }  # fmt: skip


def lot_from(raw: Any) -> PointsLot:
    document = mapping(raw, "loyaltyBalance")
    valid = mapping(document.get("validFor"), "validFor")
    return PointsLot(
        id=string(document.get("id"), "id"),
        msisdn=string(mapping(document.get("loyaltyProgramMember"), "loyaltyProgramMember").get("id"), "member.id", 16),
        earned=_points_from(document.get("earned"), "earned"), left=_points_from(document.get("quantity"), "quantity"),
        earned_on=day_from(valid.get("startDateTime"), "validFor.startDateTime"),
        expires_at=moment_from(valid.get("endDateTime"), "validFor.endDateTime"),
    )  # fmt: skip


def _points_to(points: int) -> Document:
    return {"unit": UNIT, "value": points}


def _points_from(document: Any, field: str) -> int:
    quantity = mapping(document, field)
    if quantity.get("unit") != UNIT:
        raise BadDocument(f"{field}.unit")
    return whole(quantity.get("value"), f"{field}.value")
