"""The one door to a carrier's CRM: what the product asks of it, whichever CRM stands behind.

Every call takes `deadline`: absolute seconds on the running loop's clock (`within(3.0)` gives one). When it passes, the
call raises TimedOut. Every write takes `idempotency_key`: the same key with the same arguments gives the stored answer
without acting again, with other arguments it raises KeyReused. All calls raise NotFound, Refused or Unavailable
(crm.errors) and nothing else. MSISDNs are E.164, months "YYYY-MM" in Asia/Shanghai.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from crm.model import (
    Allowance,
    AllowanceScope,
    AllowanceType,
    Appointment,
    AppointmentState,
    Balance,
    BalanceBucket,
    BalanceKind,
    Bill,
    BillCause,
    BillItem,
    Broadband,
    BroadbandState,
    CallKind,
    CallRecord,
    Category,
    Grant,
    Interaction,
    Invoice,
    InvoiceRequest,
    ItemAction,
    Offering,
    Order,
    OrderItem,
    OrderRequest,
    OrderState,
    Payment,
    PaymentState,
    PointsLot,
    PortOutCode,
    Price,
    Product,
    Proof,
    Qualification,
    Reason,
    Reckoning,
    Refund,
    SaleState,
    Shop,
    Subscriber,
    SuspensionCause,
    Text,
    Ticket,
    TicketKind,
    TicketState,
    TopUp,
    Urgency,
    UsageSummary,
)

__all__ = [
    "Allowance", "AllowanceScope", "AllowanceType", "Appointment", "AppointmentState", "Balance", "BalanceBucket",
    "BalanceKind", "Bill", "BillCause", "BillItem", "Broadband", "BroadbandState", "CallKind", "CallRecord",
    "Category", "Crm", "Grant", "Interaction", "Invoice", "InvoiceRequest", "ItemAction", "Offering", "Order",
    "OrderItem", "OrderRequest", "OrderState", "Payment", "PaymentState", "PointsLot", "PortOutCode", "Price",
    "Product", "Proof", "Qualification", "Reason", "Reckoning", "Refund", "SaleState", "Shop", "Subscriber",
    "SuspensionCause", "Text", "Ticket", "TicketKind", "TicketState", "TopUp", "Urgency", "UsageSummary", "within",
]  # fmt: skip


def within(seconds: float) -> float:
    """A deadline `seconds` from now, on the running loop's clock."""
    return asyncio.get_running_loop().time() + seconds


class Crm(Protocol):
    """See the module's text for deadlines, keys and errors. Lists are newest first unless said otherwise."""

    # who
    async def subscriber_of(self, msisdn: str, *, deadline: float) -> Subscriber: ...

    async def numbers_of_account(self, msisdn: str, *, deadline: float) -> tuple[str, ...]:
        """All MSISDNs of the account, ascending, if this one is the account holder's; else only itself."""
        ...

    # money and volumes
    async def balance(self, msisdn: str, *, deadline: float) -> Balance: ...

    async def allowances(
        self, msisdn: str, *, type: AllowanceType | None = None, deadline: float
    ) -> tuple[Allowance, ...]:
        """What is valid now, the one that is used first (ends first) first."""
        ...

    async def usage(self, msisdn: str, month: str, *, deadline: float) -> UsageSummary:
        """NotFound when nothing is recorded for that month."""
        ...

    async def bill(self, msisdn: str, month: str, *, deadline: float) -> Bill:
        """One bill with its items. The running month gives an `open` bill; NotFound outside what is kept."""
        ...

    async def bills(self, msisdn: str, *, limit: int = 6, deadline: float) -> tuple[Bill, ...]:
        """The latest bills, the running month included, without items."""
        ...

    async def call_records(self, msisdn: str, month: str, *, deadline: float) -> tuple[CallRecord, ...]:
        """Single calls and messages of a month, the newest MOST_CALLS; () when none are kept."""
        ...

    # points
    async def points(self, msisdn: str, *, deadline: float) -> tuple[PointsLot, ...]:
        """What can be spent now, the lot that expires first first. A reward is ordered like any offering."""
        ...

    # catalogue
    async def offerings(
        self, *, category: Category | None = None, region: str = "", on_sale: bool = True, deadline: float
    ) -> tuple[Offering, ...]:
        """In catalogue order (cheapest first within a category). region "" asks for all regions, no category for all
        that is sold: rewards and holds have to be asked for."""
        ...

    async def offering(self, offering_id: str, *, deadline: float) -> Offering:
        """Withdrawn ones too, since somebody may still hold them."""
        ...

    # what is held and ordered
    async def products(self, msisdn: str, *, deadline: float) -> tuple[Product, ...]:
        """Held and coming products, the plan first; terminated ones are left out."""
        ...

    async def broadband(self, msisdn: str, *, deadline: float) -> tuple[Broadband, ...]:
        """Fixed lines at home that go with this number; those that have ended for good are left out."""
        ...

    async def qualify(self, msisdn: str, items: Sequence[OrderItem], *, deadline: float) -> Qualification:
        """A read: nothing is reserved, and place_order checks the same rules again."""
        ...

    async def place_order(
        self, request: OrderRequest, *, idempotency_key: str, deadline: float, look_first: bool = False
    ) -> Order:
        """Refused(reason) when a rule forbids it. A plan change is `pending` until the next cycle, all else is done at
        once (`completed`). TimedOut: say "pending" and repeat under the same key with `look_first`, which says that it
        may be placed already: where the CRM does not keep keys, it is looked for by its `external_id` before."""
        ...

    async def order(self, order_id: str, *, deadline: float) -> Order: ...

    async def orders(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Order, ...]: ...

    async def cancel_order(self, order_id: str, *, idempotency_key: str, deadline: float) -> Order:
        """Only what is not final yet; Refused("not_cancellable") otherwise."""
        ...

    # tickets
    async def create_ticket(
        self, msisdn: str, kind: TicketKind, text: str, urgency: Urgency = "normal", *,
        idempotency_key: str, deadline: float,
    ) -> Ticket: ...  # fmt: skip

    async def reopen_ticket(self, ticket_id: str, *, idempotency_key: str, deadline: float) -> Ticket:
        """It was not solved after all: inProgress again, the same person, a deadline from now. One that is open, or
        open again, stays as it is."""
        ...

    async def change_ticket(
        self, ticket_id: str, note: str = "", cancelled: bool = False, *, idempotency_key: str, deadline: float
    ) -> Ticket:
        """What its subscriber says of it later: another `note` for whoever works on it, "" for none, or that it is not
        wanted any more. One that is over stays as it is."""
        ...

    async def ticket(self, ticket_id: str, *, deadline: float) -> Ticket: ...

    async def tickets(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Ticket, ...]: ...

    # money coming in; crm.payments is the only caller of the writes
    async def payments(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Payment, ...]: ...

    async def payment(self, payment_id: str, *, deadline: float) -> Payment: ...

    async def create_payment(
        self, msisdn: str, amount_fen: int, conversation: str, *, idempotency_key: str, deadline: float
    ) -> Payment:
        """A hosted payment that is expected (`pending`). Credits nothing."""
        ...

    async def top_up_paid(self, payment_id: str, amount_fen: int, *, idempotency_key: str, deadline: float) -> TopUp:
        """The gateway took the money of this payment: mark it done and credit it, once."""
        ...

    async def top_up_card(self, msisdn: str, card_number: str, *, idempotency_key: str, deadline: float) -> TopUp:
        """Redeem a recharge card (18 digits). Refused: card_invalid, card_used(_by_you), card_expired, card_locked."""
        ...

    async def refund(self, msisdn: str, offering_id: str, *, idempotency_key: str, deadline: float) -> Refund:
        """Give back what was charged for a cancelled offering that was never ordered, as far as the rules give it
        (crm.refunds), to the general balance; what it is given back for ends at once. Refused: not_active,
        not_cancelled, refunded_before."""
        ...

    # invoices
    async def invoices(self, msisdn: str, *, deadline: float) -> tuple[Invoice, ...]: ...

    async def issue_invoice(self, request: InvoiceRequest, *, idempotency_key: str, deadline: float) -> Invoice:
        """Issued and sent at once. Refused: bill_open, unpaid, invoiced, nothing_to_invoice; invalid(tax_id)."""
        ...

    async def send_invoice(self, invoice_id: str, email: str, *, idempotency_key: str, deadline: float) -> Invoice:
        """Send one that was issued once more, to this address, which is its own from then on. Refused:
        not_cancellable(order, state) for one that was reversed."""
        ...

    async def reverse_invoice(self, invoice_id: str, *, idempotency_key: str, deadline: float) -> Invoice:
        """Take it back by a red invoice over the same amount; its month can be invoiced again then. In the month in
        which it was issued and once, else Refused("not_cancellable"): a person does it."""
        ...

    # who somebody is
    async def verify(self, msisdn: str, proof: Proof, *, idempotency_key: str, deadline: float) -> None:
        """Returns when all that is said fits. Refused: proof_short; proof_wrong(tries_left); proof_locked(locked_until)
        after several wrong ones in a row, whatever is said then; no_papers where there is nothing to compare with."""
        ...

    async def puk(self, msisdn: str, *, deadline: float) -> str:
        """What unlocks the SIM; whoever asks has proven more than a binding."""
        ...

    async def set_password(self, msisdn: str, password: str, *, idempotency_key: str, deadline: float) -> None:
        """A new service password (six digits); whoever sets it has proven who they are. Refused: invalid(password)."""
        ...

    async def port_out_code(self, msisdn: str, *, idempotency_key: str, deadline: float) -> PortOutCode:
        """What takes the number to another carrier, for who has proven to be its holder. Refused, the first of what
        stands in the way: suspended, arrears, lock_in, too_young."""
        ...

    # talks with people
    async def keep_interaction(self, talk: Interaction, *, idempotency_key: str, deadline: float) -> Interaction:
        """That somebody was talked with. The answer has its id and when it was kept."""
        ...

    async def interactions(self, msisdn: str, *, deadline: float) -> tuple[Interaction, ...]:
        """Newest first."""
        ...

    # places
    async def shops(self, region: str, *, deadline: float) -> tuple[Shop, ...]:
        """Of a province, in the operator's order; () where it has none."""
        ...

    async def visit_times(self, shop_id: str, *, deadline: float) -> tuple[datetime, ...]:
        """Beginnings of the visits that can be booked, the next one first."""
        ...

    async def book_visit(
        self, msisdn: str, shop_id: str, errand: str, at: datetime, *, idempotency_key: str, deadline: float
    ) -> Appointment:
        """Refused: slot_taken where it is not free any more; too_many_visits(most) for one number."""
        ...

    async def visits(self, msisdn: str, *, deadline: float) -> tuple[Appointment, ...]:
        """Those that are booked and not over, the next one first."""
        ...

    async def cancel_visit(self, visit_id: str, *, idempotency_key: str, deadline: float) -> Appointment: ...
