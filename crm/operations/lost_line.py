"""Stop the line of a phone that is gone, for whoever proves to be its holder and can receive no code.

The service password is enough, or the name with the end of the ID number and the plan's monthly fee. It is one act and
can be undone: whoever comes back proves more. Everybody who is bound to the number is told.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from crm.errors import NotFound, Refused
from crm.model import Order, OrderItem, OrderRequest, Proof
from crm.operations.access import admit
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.hold import LOST_HOLD
from crm.operations.results import Refusal
from crm.operations.unsure import asked_twice
from crm.proving import TAIL
from crm.worktime import CHINA

OPERATION = "stop_lost_line"
MOST_TRIES = 5
"""In one conversation on one day, whichever numbers it tries; the CRM counts by number too."""


async def stop(
    doors: Doors, who: Context, msisdn: str, proof: Proof, password_ref: str = "", id_ref: str = ""
) -> Order | Refusal:
    """`password_ref`, `id_ref`: masking's references. Raises Unavailable: the same message may ask again."""
    refusal = await admit(doors, who, OPERATION)
    if isinstance(refusal, Refusal):
        return refusal
    if not await _may_try(doors, who):
        return Refusal("too_many_tries")
    proof = await _opened(doors, who, proof, password_ref, id_ref)
    key = hashlib.sha256("\n".join((who.conversation, OPERATION, msisdn, who.message_id)).encode()).hexdigest()[:32]
    request = OrderRequest(msisdn, (OrderItem("add", LOST_HOLD),), key, who.channel)

    async def write(deadline: float) -> Order:
        # The message may come again, and nothing here knows whether it does.
        return await doors.crm.place_order(request, idempotency_key=key, deadline=deadline, look_first=True)

    try:
        await doors.crm.verify(msisdn, proof, idempotency_key=key, deadline=doors.write_deadline())
        order = await asked_twice(doors, write, msisdn, "line_may_be_stopped", f"stopped?:{key}")
    except NotFound:
        # As for a wrong proof: nobody learns here which numbers there are.
        return Refusal("proof_wrong")
    except Refused as refused:
        return Refusal(refused.reason, {} if refused.reason == "proof_wrong" else refused.values)
    at = doors.now().isoformat()
    await doors.tell(msisdn, "line_was_stopped", {"msisdn": msisdn, "at": at}, f"stopped:{key}")
    return order


async def _opened(doors: Doors, who: Context, proof: Proof, password_ref: str, id_ref: str) -> Proof:
    """With what masking kept from every store."""
    password = await doors.vault.open(who.conversation, password_ref) if password_ref else None
    number = await doors.vault.open(who.conversation, id_ref) if id_ref else None
    return replace(proof, password=password or "", id_tail=(number or proof.id_tail)[-TAIL:])


async def _may_try(doors: Doors, who: Context) -> bool:
    """Counts; the same message is one try."""
    day = doors.now().astimezone(CHINA).date().isoformat()
    for number in range(MOST_TRIES):
        name = f"{day}:{number}"
        await doors.once.keep(who.conversation, name, OPERATION, {"message": who.message_id})
        mine = await doors.once.recall(who.conversation, name, OPERATION)
        if mine and mine["message"] == who.message_id:
            return True
    return False
