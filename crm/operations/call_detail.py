"""Single calls and messages: for the holder of the number only, after a code by SMS, the other numbers masked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

from crm.model import MOST_CALLS, CallRecord, Subscriber
from crm.operations import stepups
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import CodeSent, Refusal
from crm.worktime import CHINA

OPERATION = "query_call_detail"
MONTHS = 6
"""So many months can be asked for, the running one included."""
HIDDEN = 4
_SERVICE = re.compile(r"\d{0,6}|(?:95|96|10|12)\d{5,6}")
"""What is nobody's own: short numbers, and those of services up to eight digits, as 95555 with a branch."""


@dataclass(frozen=True)
class Detail:
    """Of one month, newest first. `minutes` counts begun minutes of calls that were made."""

    month: str
    records: tuple[CallRecord, ...]

    @property
    def cut(self) -> bool:
        """Whether there may be more than these."""
        return len(self.records) >= MOST_CALLS

    @property
    def minutes(self) -> int:
        return sum(-(-r.seconds // 60) for r in self.records if r.kind == "call_out")


async def start(doors: Doors, who: Context, month: str) -> CodeSent | Refusal:
    """Send the code that has to come first. Raises Unavailable."""
    person = await _holder(doors, who, month)
    if isinstance(person, Refusal):
        return person
    facts = {"msisdn": person.msisdn}
    values = {"operation": OPERATION, "name": "", "price_fen": 0, "points": 0}
    return await stepups.send(doors, who, OPERATION, person.msisdn, facts, values, stepups.TRANSACTION_S)


async def read(doors: Doors, who: Context, month: str, ref: str) -> Detail | Refusal:
    """One code, one month. Raises Unavailable."""
    person = await _holder(doors, who, month)
    if isinstance(person, Refusal):
        return person
    # First, so that a CRM that does not answer uses up no code.
    found = await doors.crm.call_records(person.msisdn, month, deadline=doors.read_deadline())
    facts = await stepups.check(doors, who, OPERATION, person.msisdn, ref)
    if isinstance(facts, Refusal):
        return facts
    return Detail(month, tuple(replace(record, peer=masked(record.peer)) for record in found))


async def _holder(doors: Doors, who: Context, month: str) -> Subscriber | Refusal:
    """Who may see this month: a company's or a family's number is used by one and held by another."""
    person = await admitted(doors, who, OPERATION)
    if isinstance(person, Refusal):
        return person
    if not person.account_holder:
        return Refusal("holder_only")
    return person if month in kept(doors.now()) else Refusal("month_not_kept", {"months": MONTHS})


def kept(now: datetime) -> tuple[str, ...]:
    """The months that can be asked for, newest first."""
    local = now.astimezone(CHINA)
    months = (local.year * 12 + local.month - 1 - ago for ago in range(MONTHS))
    return tuple(f"{m // 12}-{m % 12 + 1:02d}" for m in months)


def masked(peer: str) -> str:
    """+8613812345678 → 138****5678, 021 8765 4321 → 218****321; what is nobody's own stays whole."""
    digits = peer.removeprefix("+86")
    if _SERVICE.fullmatch(digits):
        return digits
    shown = min(len(digits) - HIDDEN, 7)
    return f"{digits[: shown // 2]}****{digits[-(shown - shown // 2) :]}"
