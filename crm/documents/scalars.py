"""Money, volumes, moments and references as TM Forum writes them: {unit, value}, but {amount, units} in 654 and 677."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation
from typing import Any

from crm.model import Text
from crm.worktime import CHINA

Document = dict[str, Any]
MOST_FEN = 10**11
NEVER = datetime(9999, 12, 31, 15, 59, 59, tzinfo=timezone.utc)
"""The last second that clocks in China can tell. Many write the end of 9999 for what has no end."""


class BadDocument(ValueError):
    """A document lacks something, or holds something impossible; `field` says where."""

    def __init__(self, field: str) -> None:
        super().__init__(f"bad document: {field}")
        self.field = field


def yuan(fen: int) -> float:
    """Fen as a JSON number of yuan; exact to two decimals when printed."""
    return round(fen / 100, 2)


def fen(value: Any, field: str) -> int:
    """A JSON number of yuan (parsed as int or Decimal) as fen. Fractions of a fen, NaN and other types are errors."""
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise BadDocument(field)
    try:
        exact = Decimal(value) * 100
        if not exact.is_finite() or exact != exact.to_integral_value() or abs(exact) > MOST_FEN:
            raise BadDocument(field)
    except InvalidOperation:
        raise BadDocument(field) from None
    return int(exact)


def money_to(amount_fen: int) -> Document:
    return {"unit": "CNY", "value": yuan(amount_fen)}


def money_from(document: Any, field: str) -> int:
    money = mapping(document, field)
    if money.get("unit") != "CNY":
        raise BadDocument(f"{field}.unit")
    return fen(money.get("value"), f"{field}.value")


def quantity_to(amount: float, units: str) -> Document:
    return {"amount": amount, "units": units}


def quantity_money_from(document: Any, field: str) -> int:
    quantity = mapping(document, field)
    if quantity.get("units") != "CNY":
        raise BadDocument(f"{field}.units")
    return fen(quantity.get("amount"), f"{field}.amount")


def whole(value: Any, field: str) -> int:
    """A JSON integer (1.0 counts)."""
    # The bound comes first: 1e999999999 is a short text and a very long int.
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not -MOST_FEN <= value <= MOST_FEN:
        raise BadDocument(field)
    if value != int(value):
        raise BadDocument(field)
    return int(value)


def moment_to(moment: datetime) -> str:
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_from(value: Any, field: str) -> datetime:
    """In UTC, which it is in where it does not say; at most NEVER."""
    try:
        moment = datetime.fromisoformat(string(value, field).replace("Z", "+00:00"))
        return min(NEVER, (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).astimezone(timezone.utc))
    except (ValueError, OverflowError):
        raise BadDocument(field) from None


def day_to(day: date) -> str:
    """A day where the swagger wants a moment: its beginning in China."""
    return f"{day.isoformat()}T00:00:00+08:00"


def day_from(value: Any, field: str) -> date:
    """A day, or the day in China of a moment."""
    text = string(value, field)
    try:
        return moment_from(text, field).astimezone(CHINA).date() if len(text) > 10 else date.fromisoformat(text)
    except (ValueError, OverflowError):
        raise BadDocument(field) from None


def string(value: Any, field: str, most: int = 4096) -> str:
    """A string without NUL and not absurdly long."""
    if not isinstance(value, str) or len(value) > most or "\x00" in value:
        raise BadDocument(field)
    return value


def mapping(value: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise BadDocument(field)
    return value


def rows(value: Any, field: str, most: int = 1000) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or len(value) > most:
        raise BadDocument(field)
    return [mapping(entry, field) for entry in value]


def choice(value: Any, field: str, allowed: Iterable[str]) -> Any:
    """A string out of a closed set; typed Any so that it fits the Literal it stands for."""
    if string(value, field) not in allowed:
        raise BadDocument(field)
    return value


def characteristics_to(values: Mapping[str, Any]) -> list[Document]:
    return [{"name": name, "value": value} for name, value in values.items()]


def characteristics_from(value: Any, field: str) -> dict[str, Any]:
    return {string(row.get("name"), field): row.get("value") for row in rows(value, field)}


def names(zh: Any, en: Any, field: str) -> Text:
    return Text(string(zh, field), string(en, field))


def party_to(msisdn: str) -> list[Document]:
    return [{"id": msisdn, "role": "customer", "@referredType": "Customer"}]


def party_from(value: Any, field: str = "relatedParty") -> str:
    """The MSISDN of the customer among the related parties."""
    for row in rows(value, field):
        if row.get("role", "customer") == "customer":
            return string(row.get("id"), f"{field}.id", 16)
    raise BadDocument(field)
