"""A line that was stopped for arrears comes back in the background: looked at again until it does, and told then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bot.actions.turn import Turn
from crm.errors import Unavailable
from crm.operations import payments_made, reads, tickets
from crm.operations.results import Refusal

FIRST_LOOK_S = 20.0
LONGEST_WAIT_S = 600.0
WATCHED = timedelta(hours=24)
"""So long it is looked at again; the line has to be back within a day of the payment."""
STUCK = timedelta(minutes=10)
"""Who owes nothing for so long and is still cut off gets a person and a deadline."""
RESTORE = "已不欠费仍停机，请核实开机"
"""What the ticket asks of whoever reads it."""


def watch(turn: Turn, wait_s: float = FIRST_LOOK_S, *, since: str = "", paid_at: str = "", asked: str = "") -> None:
    """Asks the switchboard to bring the number up again.

    `since`: when it began; `paid_at`: when nothing was owed first; `asked`: the ticket that a person has.
    """
    if turn.who.bound is None:
        return
    values = {"restore": turn.who.bound.msisdn, "wait_s": wait_s, "since": since or turn.doors.now().isoformat()}
    values |= {"paid_at": paid_at, "asked": asked}
    turn.effect(timers=[{"name": "restore_check", "after_s": wait_s, "values": values}])


async def watch_if_stopped(turn: Turn) -> None:
    """After a payment: the line is restored now, or looked at again. A CRM that is away is asked later."""
    try:
        person = await reads.subscriber(turn.doors, turn.who)
        if person.suspended_for != "arrears":
            return
        if await payments_made.restore(turn.doors, turn.who):
            await _tell(turn, turn.doors.now().isoformat())
            return
    except Unavailable:
        pass
    watch(turn)


async def look(turn: Turn) -> None:
    """Once more. Raises Unavailable: then the switchboard asks again."""
    values: dict[str, Any] = turn.entities
    if turn.who.bound is None or turn.who.bound.msisdn != values.get("restore"):
        # The number is somebody else's now, or nobody's here.
        return
    now, since = turn.doors.now(), str(values.get("since") or "")
    person = await reads.subscriber(turn.doors, turn.who)
    if person.status == "active" or await payments_made.restore(turn.doors, turn.who):
        await _tell(turn, since)
        return
    if person.suspended_for != "arrears" or not since or now - datetime.fromisoformat(since) > WATCHED:
        return
    balance = await reads.balance(turn.doors, turn.who)
    paid_at = "" if balance.arrears_fen else str(values.get("paid_at") or now.isoformat())
    asked = str(values.get("asked") or "")
    if paid_at and not asked and now - datetime.fromisoformat(paid_at) >= STUCK:
        asked = await _by_person(turn, since)
    watch(
        turn,
        min(LONGEST_WAIT_S, 2 * float(values.get("wait_s") or FIRST_LOOK_S)),
        since=since,
        paid_at=paid_at,
        asked=asked,
    )


async def _tell(turn: Turn, since: str) -> None:
    """By SMS to the number that is back, once; and here, where that is another place."""
    msisdn = reads.number(turn.who)
    await turn.doors.notices.tell(msisdn, "line_restored", {}, turn.who.language, f"restored:{msisdn}:{since}")
    if turn.who.channel != "sms":
        turn.say("line_restored")
    turn.outcome("paid_but_cut_off", "done")


async def _by_person(turn: Turn, since: str) -> str:
    """The ticket, "" when there is none."""
    msisdn, key = reads.number(turn.who), f"restore:{since}"
    ticket = await tickets.create(turn.doors, turn.who, "callback", RESTORE, key, "urgent")
    if isinstance(ticket, Refusal):
        return ""
    values = {"ticket": ticket.id, "due_at": ticket.due_at.isoformat(), "accountable": ticket.accountable}
    await turn.doors.notices.tell(msisdn, "restore_by_person", values, turn.who.language, f"{key}:{msisdn}")
    return ticket.id
