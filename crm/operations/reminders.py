"""Ending a kind of notice, and wanting it again. What was said when is kept: it is a consent, or its withdrawal."""

from __future__ import annotations

from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal

MARKETING = "marketing"
"""The topic of whatever advertises."""
VERSION = "2026-11"
"""Of the notice on personal data that people read; what is agreed to or taken back names it."""


async def end(doors: Doors, who: Context, topic: str, off: bool) -> Refusal | None:
    """None when it is done; from then on it holds on all channels of the number. Raises Unavailable."""
    subscriber = await admitted(doors, who, "end_notices")
    if isinstance(subscriber, Refusal):
        return subscriber
    how = {"channel": who.channel, "message": who.message_id, "version": VERSION}
    await doors.reminders.end(subscriber.msisdn, subscriber.id, topic, off, how)
    said = {"consent": topic, "state": "off" if off else "on", "msisdn": subscriber.msisdn}
    said |= {"subscriber": subscriber.id, "version": VERSION, "agreed_by": who.message_id, "agreed_on": who.channel}
    await doors.once.keep(who.conversation, who.message_id, "evidence", {**said, "at": doors.now().isoformat()})
    return None
