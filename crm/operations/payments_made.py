"""What somebody paid: found also where the gateway's word did not come, and the line restored once nothing is owed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from crm.errors import NotFound, Refused, Unavailable
from crm.model import OrderItem, OrderRequest, Payment
from crm.operations import reads
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal
from crm.worktime import month_of

RECENT = timedelta(days=3)
"""A payment of these days may be the one that somebody speaks of who says that they have paid."""
RESTORES = "restore_paid_line"
ARREARS_HOLD = "hold-arrears"
State = Literal["done", "credited_now", "unpaid", "waiting", "failed"]


@dataclass(frozen=True)
class Found:
    """A payment and what is known of it now: `credited_now` was taken by the gateway and had not been told,
    `waiting` is known to nobody yet."""

    payment: Payment
    state: State


async def recent(doors: Doors, who: Context, month: str = "") -> tuple[Found, ...]:
    """Newest first, at most five, or those of a month. The gateway is asked about those that wait.

    Raises Unavailable of the CRM only.
    """
    made, deadline = await reads.payments(doors, who, reads.MOST_PAYMENTS if month else 5), doors.write_deadline()
    made = tuple(payment for payment in made if month in ("", month_of(payment.created_at)))
    return tuple([Found(p, await _state(doors, p, deadline)) for p in made])


async def _state(doors: Doors, payment: Payment, deadline: float) -> State:
    if payment.state != "pending":
        return "done" if payment.state == "done" else "failed"
    if payment.method != "hosted" or doors.now() - payment.created_at > RECENT:
        return "waiting"
    try:
        event = await doors.payments.look_up(payment.id, deadline=deadline)
    except (NotFound, Refused, Unavailable):
        # A gateway that does not answer knows no more than we do.
        return "waiting"
    if event is None:
        return "unpaid"
    return "failed" if event.state == "failed" else "done" if event.duplicate else "credited_now"


async def restore(doors: Doors, who: Context) -> bool:
    """Whether the line, stopped for arrears that are paid, works again. The same message does it once.

    Raises Unavailable.
    """
    person = await admitted(doors, who, RESTORES)
    if isinstance(person, Refusal):
        return False
    key = hashlib.sha256(f"{who.conversation}\nrestore\n{who.message_id}".encode()).hexdigest()[:32]
    request = OrderRequest(person.msisdn, (OrderItem("delete", ARREARS_HOLD),), key, who.channel)
    try:
        # The message may come again, and nothing here knows whether it does.
        order = await doors.crm.place_order(
            request, idempotency_key=key, deadline=doors.write_deadline(), look_first=True
        )
    except (Refused, NotFound):
        return False
    return order.state == "completed"
