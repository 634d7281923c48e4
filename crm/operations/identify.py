"""Is the number still the person's? A reissued number must never show the former owner's data."""

from __future__ import annotations

from crm.errors import NotFound
from crm.model import Subscriber
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal


async def identify(doors: Doors, who: Context) -> Subscriber | Refusal:
    """The subscriber of the bound number. Ends the binding when the CRM names another for it. Raises Unavailable."""
    if who.bound is None:
        return Refusal("not_bound")
    try:
        subscriber = await doors.crm.subscriber_of(who.bound.msisdn, deadline=doors.read_deadline())
    except NotFound:
        await doors.bindings.unbind(who.conversation, "number_gone")
        return Refusal("other_subscriber")
    if subscriber.id != who.bound.subscriber_id:
        await doors.bindings.unbind(who.conversation, "other_subscriber")
        return Refusal("other_subscriber")
    return subscriber
