"""A CRM in memory that keeps every rule of the real one: for tests, and for work on a skill without any server.

crm = FakeCrm.demo(clock)
crm.down = True          # every call raises Unavailable
crm.lose_answers = 1     # the next write happens, but its caller sees TimedOut
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from crm.billing import as_of
from crm.effects import cancel, new_id, place
from crm.errors import NotFound, Refused
from crm.fake_money import FakeMoney
from crm.fake_people import FakePeople
from crm.fake_reads import FakeReads
from crm.invoicing import check, invoiceable_fen, is_tax_id, reverse, sent_again
from crm.model import (
    Invoice,
    InvoiceRequest,
    Order,
    OrderRequest,
    Ticket,
    TicketKind,
    TicketState,
    Urgency,
)
from crm.reference.catalogue import demo_catalogue, demo_policy
from crm.reference.history import History, history_of
from crm.reference.people import outlines
from crm.reference.stories import demo_cards
from crm.worktime import CHINA


@lru_cache(8)
def _histories(count: int, now: datetime) -> tuple[History, ...]:
    """Most of what a new CRM costs, and no call changes one: a test gets its CRM in a millisecond."""
    return tuple(history_of(one, demo_catalogue(), now) for one in outlines(count, now.astimezone(CHINA).date()))


class FakeCrm(FakeReads, FakeMoney, FakePeople):
    """See crm.port.Crm. Attributes are public: a test may look at and change anything."""

    @classmethod
    def demo(cls, clock: Callable[[], datetime], count: int = 25) -> FakeCrm:
        """With the demo operator's catalogue and named subscribers and recharge cards."""
        crm = cls(_histories(count, clock()), demo_catalogue(), demo_policy(), clock)
        crm.cards = demo_cards()
        return crm

    async def place_order(
        self, request: OrderRequest, *, idempotency_key: str, deadline: float, look_first: bool = False
    ) -> Order:
        def act() -> Order:
            order, effects = place(self._situation(request.msisdn), request)
            self._apply(request.msisdn, effects)
            self.all_orders[order.id] = order
            return order

        return await self._once("order", idempotency_key, request, act, deadline)

    async def cancel_order(self, order_id: str, *, idempotency_key: str, deadline: float) -> Order:
        def act() -> Order:
            if order_id not in self.all_orders:
                raise NotFound("order", order_id)
            order = self.all_orders[order_id]
            cancelled, effects = cancel(order, self._products(order.msisdn), self.policy, self.clock())
            self._apply(order.msisdn, effects)
            self.all_orders[order_id] = cancelled
            return cancelled

        return await self._once("cancel", idempotency_key, order_id, act, deadline)

    async def create_ticket(
        self, msisdn: str, kind: TicketKind, text: str, urgency: Urgency = "normal", *,
        idempotency_key: str, deadline: float,
    ) -> Ticket:  # fmt: skip
        def act() -> Ticket:
            person, now = self._subscriber(msisdn), self.clock()
            due, accountable = self.policy.ticket_due(kind, person, now), self.policy.accountable(kind, person)
            ticket = Ticket(new_id("T", now), msisdn, kind, text, urgency, "acknowledged", now, due, accountable)
            self.all_tickets[ticket.id] = ticket
            return ticket

        return await self._once("ticket", idempotency_key, (msisdn, kind, text, urgency), act, deadline)

    async def reopen_ticket(self, ticket_id: str, *, idempotency_key: str, deadline: float) -> Ticket:
        def act() -> Ticket:
            ticket = self.all_tickets.get(ticket_id)
            if ticket is None:
                raise NotFound("ticket", ticket_id)
            if ticket.over:
                due = self.policy.ticket_due(ticket.kind, self._subscriber(ticket.msisdn), self.clock())
                ticket = replace(ticket, state="inProgress", due_at=due)
                self.all_tickets[ticket_id] = ticket
            return ticket

        return await self._once("reopen", idempotency_key, (ticket_id,), act, deadline)

    async def change_ticket(
        self, ticket_id: str, note: str = "", cancelled: bool = False, *, idempotency_key: str, deadline: float
    ) -> Ticket:
        def act() -> Ticket:
            ticket = self.all_tickets.get(ticket_id)
            if ticket is None:
                raise NotFound("ticket", ticket_id)
            if not ticket.over:
                state: TicketState = "cancelled" if cancelled else ticket.state
                ticket = replace(ticket, state=state, note=note or ticket.note)
                self.all_tickets[ticket_id] = ticket
            return ticket

        return await self._once("change_ticket", idempotency_key, (ticket_id, note, cancelled), act, deadline)

    async def issue_invoice(self, request: InvoiceRequest, *, idempotency_key: str, deadline: float) -> Invoice:
        def act() -> Invoice:
            self._subscriber(request.msisdn)
            if request.tax_id and not is_tax_id(request.tax_id):
                raise Refused("invalid", {"field": "tax_id"})
            bill = next((b for b in self.all_bills[request.msisdn] if b.month == request.month), None)
            if bill is None:
                raise NotFound("bill", request.month)
            check(
                as_of(bill, self.policy, self.clock()),
                [i for i in self.all_invoices.values() if i.msisdn == request.msisdn],
            )
            made = Invoice(
                new_id("I", self.clock()), request.msisdn, request.month, invoiceable_fen(bill), request.title,
                request.tax_id, request.email, self.clock(),
            )  # fmt: skip
            self.all_invoices[made.id] = made
            return made

        return await self._once("invoice", idempotency_key, request, act, deadline)

    async def send_invoice(self, invoice_id: str, email: str, *, idempotency_key: str, deadline: float) -> Invoice:
        def act() -> Invoice:
            if invoice_id not in self.all_invoices:
                raise NotFound("invoice", invoice_id)
            self.all_invoices[invoice_id] = sent_again(self.all_invoices[invoice_id], email)
            return self.all_invoices[invoice_id]

        return await self._once("send_invoice", idempotency_key, (invoice_id, email), act, deadline)

    async def reverse_invoice(self, invoice_id: str, *, idempotency_key: str, deadline: float) -> Invoice:
        def act() -> Invoice:
            if invoice_id not in self.all_invoices:
                raise NotFound("invoice", invoice_id)
            self.all_invoices[invoice_id] = reverse(self.all_invoices[invoice_id], self.clock())
            return self.all_invoices[invoice_id]

        return await self._once("reverse", idempotency_key, invoice_id, act, deadline)
