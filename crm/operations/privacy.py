"""What a person may know of their data, ask and take back. Consents are kept where wishes about notices are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm.model import Subscriber, Ticket
from crm.operations import reminders, tickets
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.identify import identify
from crm.operations.results import Refusal
from crm.worktime import CHINA

PERSONAL = "personal"
"""The topic of recommendations that go by what somebody used."""
TAKEN_BACK = (reminders.MARKETING, PERSONAL)
GUARDIAN_UNDER = 14
ERASURE, COPY = "【个人信息删除申请】", "【个人信息副本申请】"
"""What the tickets say that lead to `python -m console.erase` and `python -m console.export`."""


def needs_guardian(doors: Doors, person: Subscriber) -> bool:
    """Under 14 it is the guardian who asks (PIPL, article 31)."""
    return person.age(doors.now().astimezone(CHINA).date()) < GUARDIAN_UNDER


async def consents(doors: Doors, person: Subscriber) -> Mapping[str, Mapping[str, Any]]:
    """What was said last of each topic; a topic that is missing was never spoken of."""
    return await doors.reminders.said(person.msisdn, person.id)


async def take_back(doors: Doors, who: Context, topics: tuple[str, ...] = TAKEN_BACK) -> Refusal | None:
    """From now on neither advertising nor recommendations by usage. Raises Unavailable."""
    for topic in topics:
        if refusal := await reminders.end(doors, who, topic, off=True):
            return refusal
    return None


async def may_recommend(doors: Doors, who: Context) -> bool:
    """False once the person said no to it. Raises Unavailable."""
    person = await identify(doors, who)
    if isinstance(person, Refusal):
        return False
    return (await consents(doors, person)).get(PERSONAL, {}).get("state") != "off"


async def ask_erasure(doors: Doors, who: Context) -> Ticket | Refusal:
    """A ticket with a deadline and one accountable person, the same however often it is asked. Raises Unavailable."""
    return await tickets.create(doors, who, "complaint", ERASURE, "delete_my_data")


async def ask_copy(doors: Doors, who: Context) -> Ticket | Refusal:
    """The same for a copy of what is kept. Raises Unavailable."""
    return await tickets.create(doors, who, "complaint", COPY, "copy_my_data")
