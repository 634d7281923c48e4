"""What people are helped with: tickets and shops."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import Literal

from crm.model.kinds import AppointmentState, Text, TicketKind, TicketState, Urgency


@dataclass(frozen=True)
class Ticket:
    """A complaint, fault or call-back with a deadline and one accountable person."""

    id: str
    msisdn: str
    kind: TicketKind
    text: str
    urgency: Urgency
    state: TicketState
    created_at: datetime
    due_at: datetime
    accountable: str
    note: str = ""

    @property
    def over(self) -> bool:
        """Nobody works on it any more."""
        return self.state in ("resolved", "closed", "cancelled")


@dataclass(frozen=True)
class Shop:
    """Where a person serves. `does`: kinds of errands (sim, ownership, close, broadband, invoice, real_name, …).

    Few people come from `quiet_from` to `quiet_until`; None where nobody counted.
    """

    id: str
    name: Text
    address: Text
    region: str
    city: str
    district: str
    opens: time
    closes: time
    every_day: bool
    does: tuple[str, ...]
    quiet_from: time | None = None
    quiet_until: time | None = None


@dataclass(frozen=True)
class Proof:
    """What somebody says to prove that they are the holder of a number; "" and None are not said.

    Enough is the service password, the whole ID number, or the name with the end of the ID number and the monthly fee
    of the plan. What else an act needs is the operation's to ask.
    """

    password: str = ""
    id_number: str = ""
    name: str = ""
    id_tail: str = ""
    monthly_fen: int | None = None


@dataclass(frozen=True)
class PortOutCode:
    """What another carrier asks for who brings a number along. `code` is told to the number itself and kept nowhere."""

    code: str
    until: datetime


@dataclass(frozen=True)
class Appointment:
    """A visit to a shop at a time of its own. `errand`: one of the shop's `does`."""

    id: str
    msisdn: str
    shop_id: str
    errand: str
    at: datetime
    state: AppointmentState = "confirmed"


@dataclass(frozen=True)
class Interaction:
    """One talk with one number. `reason` is a short word of the caller's, such as why a human was asked for; `id` and
    `created_at` are the CRM's, "" and the moment it is told while it is being kept.
    """

    id: str
    msisdn: str
    channel: str
    direction: Literal["inbound", "outbound"]
    reason: str
    description: str
    state: Literal["open", "inProgress", "completed"]
    began_at: datetime
    ended_at: datetime | None
    created_at: datetime
