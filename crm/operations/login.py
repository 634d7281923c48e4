"""Bind an Address to a number: a one-time code by SMS proves that the person holds it."""

from __future__ import annotations

import re

from crm.errors import NotFound
from crm.operations import stepups
from crm.operations.context import Bound, Context
from crm.operations.doors import Doors
from crm.operations.results import CodeSent, Refusal

OPERATION = "login"
_MSISDN = re.compile(r"\+861[3-9]\d{9}")


async def start(doors: Doors, who: Context, msisdn: str) -> CodeSent | Refusal:
    """Send the code to the number itself. Raises Unavailable."""
    if not _MSISDN.fullmatch(msisdn):
        return Refusal("bad_number")
    try:
        await doors.crm.subscriber_of(msisdn, deadline=doors.read_deadline())
    except NotFound:
        return Refusal("unknown_number")
    return await stepups.send(doors, who, OPERATION, msisdn, {"msisdn": msisdn}, {}, stepups.LOGIN_S)


async def finish(doors: Doors, who: Context, msisdn: str, ref: str) -> Bound | Refusal:
    """Check the code and bind the number that it was sent to, whatever was typed meanwhile. Raises Unavailable."""
    facts = await stepups.check(doors, who, OPERATION, msisdn, ref)
    if isinstance(facts, Refusal):
        return facts
    proven = str(facts["msisdn"])
    try:
        subscriber = await doors.crm.subscriber_of(proven, deadline=doors.read_deadline())
    except NotFound:
        return Refusal("unknown_number")
    await doors.bindings.bind(who.conversation, proven, subscriber.id, "code", subscriber.region, who.message_id)
    bound = Bound(proven, subscriber.id)
    answer = {"msisdn": bound.msisdn, "subscriber_id": bound.subscriber_id}
    await doors.once.keep(who.conversation, who.message_id, OPERATION, answer)
    return bound


async def log_out(doors: Doors, who: Context) -> None:
    """This Address is nobody's any more, and whoever comes after sees nothing of what was here."""
    if who.bound is not None:
        await doors.bindings.unbind(who.conversation, "logged_out", who.message_id)


async def bound_by(doors: Doors, who: Context) -> Bound | None:
    """The binding that this very message brought about, for the rest of its turn."""
    answer = await doors.once.recall(who.conversation, who.message_id, OPERATION)
    return Bound(answer["msisdn"], answer["subscriber_id"]) if answer else None
