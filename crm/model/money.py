"""What was charged, paid and invoiced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from crm.model.kinds import BillCause, PaymentState, ReckoningKind, Text

PER_TEN_THOUSAND = 10_000


@dataclass(frozen=True)
class Reckoning:
    """How an amount came about, in the figures that a person can check.

    gb, minute, message, day: `count` of them at `each_fen`. share: `count` days out of `of`, of a fee of `each_fen`.
    late_day: `each_fen` owed for `count` days, at `of` ten-thousandths a day. instalment: number `count` out of `of`,
    of `each_fen`. difference: `each_fen` in place of `of` fen.
    """

    kind: ReckoningKind
    count: int
    each_fen: int
    of: int = 1

    @property
    def amount_fen(self) -> int:
        """What it comes to; halves of a fen go up."""
        if self.kind == "share":
            return (2 * self.each_fen * self.count + self.of) // (2 * self.of)
        if self.kind == "late_day":
            return (2 * self.each_fen * self.count * self.of + PER_TEN_THOUSAND) // (2 * PER_TEN_THOUSAND)
        if self.kind == "instalment":
            return self.each_fen
        return self.each_fen - self.of if self.kind == "difference" else self.count * self.each_fen


@dataclass(frozen=True)
class BillItem:
    """One line of a bill. `cause` answers "why was I charged"; `offering_id` is what to cancel to stop it, if any."""

    cause: BillCause
    name: Text
    amount_fen: int
    on: date
    offering_id: str | None = None
    reckoning: Reckoning | None = None
    """Comes to `amount_fen`; None where there is nothing to reckon."""


@dataclass(frozen=True)
class Refund:
    """Money that was charged for an offering and went back to the general balance; 0 when a rule gives nothing back."""

    id: str
    msisdn: str
    offering_id: str
    amount_fen: int
    at: datetime


@dataclass(frozen=True)
class Bill:
    """One month of one MSISDN. The running month's bill is `open` and grows; after its end it is `closing`, and not
    final, while the billing run goes on. total = sum of items = paid + due.

    `gift_fen` of what is paid came from gift or dedicated credit, which nobody paid for.
    """

    id: str
    msisdn: str
    month: str
    total_fen: int
    due_fen: int
    due_on: date
    state: Literal["open", "closing", "settled", "overdue"]
    items: tuple[BillItem, ...] = ()
    gift_fen: int = 0

    @property
    def paid_fen(self) -> int:
        return self.total_fen - self.due_fen


@dataclass(frozen=True)
class Payment:
    """Money that came in, or is expected (`pending`)."""

    id: str
    msisdn: str
    amount_fen: int
    method: Literal["card", "hosted", "counter", "auto"]
    state: PaymentState
    created_at: datetime
    paid_at: datetime | None = None
    conversation: str = ""


@dataclass(frozen=True)
class TopUp:
    """A credit to the general balance. `duplicate`: this key had been answered before, and nothing was added now."""

    id: str
    msisdn: str
    amount_fen: int
    balance_fen: int
    at: datetime
    payment_id: str | None = None
    duplicate: bool = False


@dataclass(frozen=True)
class InvoiceRequest:
    """An invoice for the bill of a month. `tax_id` is "" for a person."""

    msisdn: str
    month: str
    title: str
    tax_id: str
    email: str


@dataclass(frozen=True)
class Invoice:
    """An electronic invoice that was issued and sent. `amount_fen`: see crm.invoicing. `reversal` is the number of the
    red invoice over the same amount that took it back, "" for none.
    """

    id: str
    msisdn: str
    month: str
    amount_fen: int
    title: str
    tax_id: str
    email: str
    issued_at: datetime
    reversal: str = ""
    reversed_at: datetime | None = None
