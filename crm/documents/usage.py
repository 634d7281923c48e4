"""635 Usage: one call or message."""

from __future__ import annotations

from typing import Any, get_args

from crm.documents.scalars import (
    BadDocument,
    Document,
    characteristics_from,
    characteristics_to,
    choice,
    mapping,
    moment_from,
    moment_to,
    money_from,
    money_to,
    party_from,
    party_to,
    rows,
    string,
    whole,
)
from crm.model import CallKind, CallRecord


def record_to(record: CallRecord) -> Document:
    extra = {"direction": record.kind, "peer": record.peer, "seconds": record.seconds}
    return {
        "id": record.id, "usageDate": moment_to(record.at), "status": "rated",
        "usageType": "sms" if record.kind.startswith("sms") else "voice", "relatedParty": party_to(record.msisdn),
        "ratedProductUsage": [{"taxIncludedRatingAmount": money_to(record.amount_fen)}],
        "usageCharacteristic": characteristics_to(extra), "@type": "Usage",
    }  # fmt: skip


def record_from(raw: Any) -> CallRecord:
    document = mapping(raw, "usage")
    extra = characteristics_from(document.get("usageCharacteristic"), "usageCharacteristic")
    rated = rows(document.get("ratedProductUsage"), "ratedProductUsage")
    if not rated:
        raise BadDocument("ratedProductUsage")
    return CallRecord(
        id=string(document.get("id"), "id"), msisdn=party_from(document.get("relatedParty")),
        at=moment_from(document.get("usageDate"), "usageDate"),
        kind=choice(extra.get("direction"), "direction", get_args(CallKind)),
        peer=string(extra.get("peer"), "peer", 24), seconds=whole(extra.get("seconds"), "seconds"),
        amount_fen=money_from(rated[0].get("taxIncludedRatingAmount"), "taxIncludedRatingAmount"),
    )  # fmt: skip
