"""Everything an operation touches, in one frozen object that the roots build."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from crm.operations.gate import Gate, all_on
from crm.operations.ports import (
    NO_LOCKS,
    SILENT,
    Asking,
    AskingNobody,
    Bindings,
    Clock,
    CodeSender,
    Incidents,
    Locks,
    NoIncidents,
    NoReminders,
    NothingKept,
    Notifier,
    Once,
    Quotes,
    Reminders,
    SentMessages,
    StepUps,
    Tell,
    Vault,
    tell_nobody,
)
from crm.payments import Payments
from crm.port import Crm, within


def six_digits() -> str:
    """A one-time code from the operating system's CSPRNG."""
    return f"{secrets.randbelow(1_000_000):06d}"


@dataclass(frozen=True)
class Doors:
    """`read_s` and `write_s` bound one CRM call each, so that a person is told within 5 s that it does not answer."""

    crm: Crm
    payments: Payments
    quotes: Quotes
    stepups: StepUps
    vault: Vault
    bindings: Bindings
    codes: CodeSender
    once: Once
    now: Clock
    new_code: Callable[[], str] = six_digits
    gate: Gate = all_on
    notices: Notifier = SILENT
    tell: Tell = tell_nobody
    incidents: Incidents = field(default_factory=NoIncidents)
    reminders: Reminders = field(default_factory=NoReminders)
    locks: Locks = NO_LOCKS
    sent: SentMessages = field(default_factory=NothingKept)
    asking: Asking = field(default_factory=AskingNobody)
    read_s: float = 2.0
    write_s: float = 2.5

    def read_deadline(self) -> float:
        """For one read, or several that run together."""
        return within(self.read_s)

    def write_deadline(self) -> float:
        return within(self.write_s)
