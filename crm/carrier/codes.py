"""What the carrier's answer codes mean. They stand inside a 200; the HTTP status says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from crm.carrier.fields import DAY, MOMENT, MONTH, TEXT, WHOLE, YUAN, Codes, Kind, Many
from crm.carrier.places import PROVINCE
from crm.documents.scalars import Document, mapping
from crm.errors import CrmError, KeyReused, NotFound, Refused, TimedOut, Unavailable
from crm.model import Reason

DONE = "0000"
MISSING = Codes(
    {
        "resource": "1000", "subscriber": "1001", "bill": "1002", "offering": "1003", "order": "1004", "ticket": "1005",
        "payment": "1006", "usage": "1007", "shop": "1008", "visit": "1009",
        "invoice": "1010",
    }
)  # fmt: skip
DENIED = Codes(
    {
        "already_active": "2001", "arrears": "2002", "audience": "2003", "dependent_products": "2004",
        "excluded": "2005", "held": "2006", "insufficient_balance": "2007", "insufficient_points": "2008",
        "lock_in": "2009", "maximum": "2010", "not_active": "2011", "not_cancelled": "2012", "not_cancellable": "2013",
        "not_on_sale": "2014", "not_suspended": "2015", "pending_plan_change": "2016", "plan_required": "2017",
        "invoiced": "2018", "nothing_to_invoice": "2019", "price_changed": "2020", "unpaid": "2021",
        "refunded_before": "2022", "region": "2023", "requires": "2024", "suspended": "2025",
        "past_cut_off": "2026",
        "amount": "3001", "amount_mismatch": "3002", "bill_open": "3003", "card_expired": "3004",
        "card_invalid": "3005", "card_locked": "3006", "card_used": "3007", "card_used_by_you": "3008",
        "payment_state": "3009", "signature": "3010",
        "proof_short": "4001", "proof_wrong": "4002", "proof_locked": "4003", "no_papers": "4004",
        "slot_taken": "4005", "too_many_visits": "4006", "too_young": "4007",
        "invalid": "8001", "key_reused": "8002",
    }
)  # fmt: skip
IN_HAND = "9998"
"""The carrier took it and has not finished: asked again under the same number, it tells how it ended."""
AWAY = "9999"
"""Too busy: it was not begun. No other code says so: 9001 to 9004 are told, signed, to whoever has no key, and could be
put in the place of what the carrier answered to us."""
CAUSE = Codes({"wish": "11", "lost": "12", "arrears": "21", "real_name": "31", "fraud": "32", "court": "33"})


class _Iso:
    """A day or moment that is told as text on our side."""

    def write(self, value: str) -> str:
        return MOMENT.write(datetime.fromisoformat(value)) if "T" in value else DAY.write(date.fromisoformat(value))

    def read(self, raw: Any, field: str) -> str:
        if isinstance(raw, str) and len(raw) == 8:
            return str(DAY.read(raw, field).isoformat())
        return str(MOMENT.read(raw, field).isoformat())


class _Listed(Many):
    """A list on our side too."""

    def read(self, raw: Any, field: str) -> Any:
        return list(super().read(raw, field))


VALUES: Mapping[str, tuple[str, Kind]] = {
    "offering": ("offerId", TEXT), "offerings": ("offerIds", _Listed(TEXT)), "by": ("mutexOfferId", TEXT),
    "dependents": ("relyOfferIds", _Listed(TEXT)), "missing": ("needOfferIds", _Listed(TEXT)),
    "audience": ("custGroup", TEXT), "region": ("provCode", PROVINCE), "cause": ("stopCause", CAUSE),
    "name": ("offerName", TEXT),
    "order": ("orderId", TEXT), "state": ("state", TEXT), "field": ("paramName", TEXT), "invoice": ("invId", TEXT),
    "month": ("acctMonth", MONTH), "until": ("limitDate", _Iso()), "effective_on": ("effDate", _Iso()),
    "locked_until": ("unlockTime", _Iso()), "maximum": ("maxNum", WHOLE), "most": ("maxBook", WHOLE),
    "needed": ("needScore", WHOLE), "available": ("leftScore", WHOLE), "tries_left": ("leftTimes", WHOLE),
    "arrears_fen": ("oweFee", YUAN), "needed_fen": ("needFee", YUAN), "available_fen": ("leftAmt", YUAN),
    "fee_fen": ("breachFee", YUAN), "each_fen": ("monthFee", YUAN), "months": ("leftMonths", WHOLE),
    "percent": ("breachRate", WHOLE), "quoted_fen": ("confirmFee", YUAN), "current_fen": ("nowFee", YUAN),
    "due_fen": ("billOweFee", YUAN), "min_fen": ("minAmt", YUAN), "max_fen": ("maxAmt", YUAN),
    "expected_fen": ("expectAmt", YUAN), "actual_fen": ("actualAmt", YUAN), "amount_fen": ("rechAmt", YUAN),
}  # fmt: skip
"""What goes with a refusal: our name, the carrier's, and how it is written."""


def values_to(values: Mapping[str, Any]) -> Document:
    return {VALUES[ours][0]: VALUES[ours][1].write(value) for ours, value in values.items()}


def values_from(raw: Any) -> dict[str, Any]:
    document = mapping(raw, "data")
    return {ours: kind.read(document[name], name) for ours, (name, kind) in VALUES.items() if name in document}


class _Reason:
    """A Reason: why something cannot be done."""

    def write(self, value: Reason) -> Document:
        return {"code": DENIED.write(value.code), "data": values_to(value.values)}

    def read(self, raw: Any, field: str) -> Reason:
        document = mapping(raw, field)
        return Reason(DENIED.read(document.get("code"), field), values_from(document.get("data", {})))


REASON = _Reason()


def told(error: CrmError) -> tuple[str, Document]:
    """The code and data that stand for an error of the port."""
    if isinstance(error, NotFound):
        return MISSING.codes.get(error.what, "1000"), {}
    if isinstance(error, Refused):
        return DENIED.write(error.reason), values_to(error.values)
    return (IN_HAND if isinstance(error, TimedOut) else AWAY), {}


def meant(code: str, data: Any, *, writes: bool) -> CrmError:
    """The error of the port that a code stands for. BadDocument when what goes with it cannot be read."""
    if code in MISSING.words:
        return NotFound(MISSING.words[code])
    if code == DENIED.codes["key_reused"]:
        return KeyReused()
    if code in DENIED.words:
        return Refused(DENIED.words[code], values_from(data if data is not None else {}))
    if code == AWAY or not writes:
        return Unavailable(f"code {code[:8]}")
    # What a code that we do not know says of a write is not known either: it is asked about again, never called failed.
    return TimedOut(f"code {code[:8]}")
