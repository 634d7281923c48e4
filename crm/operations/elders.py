"""Who is served more gently: a person sooner, and nothing is sold to them."""

from __future__ import annotations

from datetime import datetime

from crm.model import Subscriber
from crm.worktime import CHINA

SENIOR_AGE = 65
SENIOR_PRIORITY = 5
"""How much sooner they are answered by a person."""


def is_elder(person: Subscriber, now: datetime) -> bool:
    """By the birthday that the CRM knows."""
    return person.age(now.astimezone(CHINA).date()) >= SENIOR_AGE
