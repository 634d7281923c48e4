"""Is the number still the person's? A reissued number must never show the former owner's data."""

from __future__ import annotations

from crm.errors import NotFound
from crm.model import Subscriber
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal


async def identify(doors: Doors, who: Context) -> Subscriber | Refusal:
    """The subscriber of the bound number. When the CRM names another, what the one before had ends. Raises
    Unavailable.
    """
    if who.bound is None:
        return Refusal("not_bound")
    try:
        subscriber = await doors.crm.subscriber_of(who.bound.msisdn, deadline=doors.read_deadline())
    except NotFound:
        await _end(doors, who, who.bound.msisdn, "", "number_gone")
        return Refusal("other_subscriber")
    if subscriber.id != who.bound.subscriber_id:
        await _end(doors, who, who.bound.msisdn, subscriber.id, "other_subscriber")
        return Refusal("other_subscriber")
    return subscriber


async def _end(doors: Doors, who: Context, msisdn: str, subscriber_id: str, reason: str) -> None:
    """Here, and wherever else the one before is still bound to the number."""
    await doors.bindings.unbind(who.conversation, reason)
    await doors.bindings.end_number(msisdn, subscriber_id, reason)
