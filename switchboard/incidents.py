"""Known outages: what is told to whoever reports the same, and which places report alike without one being known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

SERVICES = ("signal", "data", "voice", "sms", "broadband")
"""What can fail. Without `signal` data, voice and sms fail too."""
WITHOUT_SIGNAL = frozenset({"signal", "data", "voice", "sms"})
ALIKE, ALIKE_WITHIN = 20, timedelta(minutes=10)
"""So many people of one place with the same fault within this time are a sign of an outage that nobody told yet."""


@dataclass(frozen=True)
class Alike:
    """So many people of a place reported the same within ALIKE_WITHIN."""

    region: str
    city: str
    service: str
    count: int

    @property
    def many(self) -> bool:
        return self.count >= ALIKE


@dataclass(frozen=True)
class Incident:
    """An outage that colleagues know of. `region` is a province code, `city` as the CRM writes it, "" for all of the
    province; `words` say in each language what fails and where; `until` is when it should be over, None where nobody
    knows.
    """

    id: str
    region: str
    services: tuple[str, ...]
    since: datetime
    words: Mapping[str, str]
    by: str
    city: str = ""
    until: datetime | None = None

    def covers(self, service: str) -> bool:
        """Whether this fault is explained by it."""
        return service in self.services or ("signal" in self.services and service in WITHOUT_SIGNAL)

    def explains(self, alike: Alike) -> bool:
        """Whether those reports are about it."""
        here = self.region == alike.region and self.city in ("", alike.city)
        return here and self.covers(alike.service)
