"""What the tables of the reference CRM are made of. Moments are stored as UTC ISO-8601 text of fixed width, so they
sort as text.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import Column, ForeignKey, MetaData, String
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """A UTC moment with microseconds, 26 characters."""

    impl = String(26)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> str | None:
        return None if value is None else value.astimezone(timezone.utc).isoformat(timespec="microseconds")[:26]

    def process_result_value(self, value: str | None, dialect: Any) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value).replace(tzinfo=timezone.utc)


metadata = MetaData()


def columns(noun: object) -> dict[str, Any]:
    """A noun's fields, for an insert. Not dataclasses.asdict, whose deep copies take most of the time of seeding."""
    return dict(vars(noun))


def owner() -> Column[Any]:
    return Column("msisdn", String(16), ForeignKey("subscriber.msisdn"), nullable=False)
