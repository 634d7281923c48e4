"""Who may do what: every operation weighs a person here, and nowhere else."""

from __future__ import annotations

from crm.model import Subscriber
from crm.operations.closed import closed
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.gate import OPERATIONS
from crm.operations.identify import identify
from crm.operations.levels import BY_PERSON, LOCKED, WITHOUT_BINDING, level
from crm.operations.results import Refusal


async def admit(doors: Doors, who: Context, operation: str) -> Subscriber | Refusal | None:
    """The subscriber as the CRM knows them now; None where nobody has to be known.

    What follows the yes (a reply, a code) is levels.step_up; what level 3 asks for is proven in the operation itself,
    so that here only what no machine may do is refused. Raises KeyError for an operation that nobody has weighed, and
    Unavailable.
    """
    needed = level(operation)
    if operation in OPERATIONS and (off := await closed(doors, operation)):
        return off
    if operation in BY_PERSON:
        return Refusal("human_only")
    if needed == 0 or operation in WITHOUT_BINDING:
        return None
    person = await identify(doors, who)
    if operation in LOCKED and not isinstance(person, Refusal) and (until := await doors.locks.until(person.msisdn)):
        return Refusal("protected", {"until": until.isoformat()})
    return person


async def admitted(doors: Doors, who: Context, operation: str) -> Subscriber | Refusal:
    """`admit` for an operation that needs to know who it is."""
    person = await admit(doors, who, operation)
    return Refusal("not_bound") if person is None else person
