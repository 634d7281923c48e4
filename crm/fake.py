"""A CRM in memory that keeps every rule of the real one: for tests, and for work on a skill without any server.

crm = FakeCrm.demo(clock)
crm.down = True          # every call raises Unavailable
crm.lose_answers = 1     # the next write happens, but its caller sees TimedOut
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, cast

from crm.catalogue import Catalogue
from crm.effects import Effects, cancel, new_id, place, settled
from crm.errors import CrmError, KeyReused, NotFound, Refused, TimedOut, Unavailable
from crm.model import (
    Allowance,
    AllowanceType,
    Balance,
    Bill,
    Category,
    Offering,
    Order,
    OrderItem,
    OrderRequest,
    Payment,
    Product,
    Qualification,
    Subscriber,
    Ticket,
    TicketKind,
    TopUp,
    Urgency,
    UsageSummary,
)
from crm.policy import Policy
from crm.reference.catalogue import demo_catalogue, demo_policy
from crm.reference.history import History, history_of
from crm.reference.people import outlines
from crm.reference.stories import demo_cards
from crm.rules import Situation, qualify
from crm.worktime import CHINA, month_of

T = TypeVar("T")


class FakeCrm:
    """See crm.port.Crm. Attributes are public: a test may look at and change anything."""

    def __init__(
        self, histories: Sequence[History], catalogue: Catalogue, policy: Policy, clock: Callable[[], datetime]
    ) -> None:
        self.catalogue, self.policy, self.clock = catalogue, policy, clock
        self.subscribers = {h.outline.subscriber.msisdn: h.outline.subscriber for h in histories}
        self.suspended_for = {h.outline.subscriber.msisdn: h.outline.suspended_for for h in histories}
        by_number = {h.outline.subscriber.msisdn: h for h in histories}
        self.buckets = {m: list(h.buckets) for m, h in by_number.items()}
        self.held = {m: list(h.products) for m, h in by_number.items()}
        self.grants = {m: list(h.allowances) for m, h in by_number.items()}
        self.all_bills = {m: list(h.bills) for m, h in by_number.items()}
        self.usages = {(u.msisdn, u.month): u for h in histories for u in h.usages}
        self.all_orders = {o.id: o for h in histories for o in h.orders}
        self.all_payments = {p.id: p for h in histories for p in h.payments}
        self.all_tickets: dict[str, Ticket] = {}
        self.cards: dict[str, int] = {}
        self.card_users: dict[str, str] = {}
        self.wrong_cards: dict[str, tuple[int, datetime | None]] = {}
        self.answered: dict[tuple[str, str], tuple[object, object]] = {}
        self.down = False
        self.delay_s = 0.0
        self.lose_answers = 0

    @classmethod
    def demo(cls, clock: Callable[[], datetime], count: int = 25) -> FakeCrm:
        """With the demo operator's catalogue and named subscribers and recharge cards."""
        now, catalogue = clock(), demo_catalogue()
        people = outlines(count, now.astimezone(CHINA).date())
        crm = cls([history_of(o, catalogue, now) for o in people], catalogue, demo_policy(), clock)
        crm.cards = demo_cards()
        return crm

    # who
    async def subscriber_of(self, msisdn: str, *, deadline: float) -> Subscriber:
        await self._arrive(deadline)
        return self._subscriber(msisdn)

    async def numbers_of_account(self, msisdn: str, *, deadline: float) -> tuple[str, ...]:
        await self._arrive(deadline)
        own = self._subscriber(msisdn)
        if not own.account_holder:
            return (msisdn,)
        return tuple(sorted(s.msisdn for s in self.subscribers.values() if s.account_id == own.account_id))

    # money and volumes
    async def balance(self, msisdn: str, *, deadline: float) -> Balance:
        await self._arrive(deadline)
        return self._balance(msisdn)

    async def allowances(
        self, msisdn: str, *, type: AllowanceType | None = None, deadline: float
    ) -> tuple[Allowance, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        now = self.clock()
        valid = [a for a in self.grants[msisdn] if a.valid_until > now and type in (None, a.type)]
        return tuple(sorted(valid, key=lambda a: (a.valid_until, a.id)))

    async def usage(self, msisdn: str, month: str, *, deadline: float) -> UsageSummary:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        if (msisdn, month) not in self.usages:
            raise NotFound("usage", month)
        return self.usages[(msisdn, month)]

    async def bill(self, msisdn: str, month: str, *, deadline: float) -> Bill:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        for bill in self.all_bills[msisdn]:
            if bill.month == month:
                return bill
        raise NotFound("bill", month)

    async def bills(self, msisdn: str, *, limit: int = 6, deadline: float) -> tuple[Bill, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        latest = sorted(self.all_bills[msisdn], key=lambda b: b.month, reverse=True)
        return tuple(replace(b, items=()) for b in latest[:limit])

    # catalogue
    async def offerings(
        self, *, category: Category | None = None, region: str = "", on_sale: bool = True, deadline: float
    ) -> tuple[Offering, ...]:
        await self._arrive(deadline)
        return self.catalogue.listed(category, region, on_sale)

    async def offering(self, offering_id: str, *, deadline: float) -> Offering:
        await self._arrive(deadline)
        return self.catalogue.offering(offering_id)

    # what is held and ordered
    async def products(self, msisdn: str, *, deadline: float) -> tuple[Product, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        return self._products(msisdn)

    async def qualify(self, msisdn: str, items: Sequence[OrderItem], *, deadline: float) -> Qualification:
        await self._arrive(deadline)
        return qualify(self._situation(msisdn), items)

    async def place_order(self, request: OrderRequest, *, idempotency_key: str, deadline: float) -> Order:
        def act() -> Order:
            order, effects = place(self._situation(request.msisdn), request)
            self._apply(request.msisdn, effects)
            self.all_orders[order.id] = order
            return order

        return await self._once("order", idempotency_key, request, act, deadline)

    async def order(self, order_id: str, *, deadline: float) -> Order:
        await self._arrive(deadline)
        if order_id not in self.all_orders:
            raise NotFound("order", order_id)
        return self.all_orders[order_id]

    async def orders(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Order, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        mine = [o for o in self.all_orders.values() if o.msisdn == msisdn]
        return tuple(sorted(mine, key=lambda o: (o.placed_at, o.id), reverse=True)[:limit])

    async def cancel_order(self, order_id: str, *, idempotency_key: str, deadline: float) -> Order:
        def act() -> Order:
            if order_id not in self.all_orders:
                raise NotFound("order", order_id)
            order = self.all_orders[order_id]
            cancelled, effects = cancel(order, self._products(order.msisdn), self.clock())
            self._apply(order.msisdn, effects)
            self.all_orders[order_id] = cancelled
            return cancelled

        return await self._once("cancel", idempotency_key, order_id, act, deadline)

    # tickets
    async def create_ticket(
        self, msisdn: str, kind: TicketKind, text: str, urgency: Urgency = "normal", *,
        idempotency_key: str, deadline: float,
    ) -> Ticket:  # fmt: skip
        def act() -> Ticket:
            person, now = self._subscriber(msisdn), self.clock()
            due, accountable = self.policy.ticket_due(kind, person, now), self.policy.accountable(kind, person.region)
            ticket = Ticket(new_id("T", now), msisdn, kind, text, urgency, "acknowledged", now, due, accountable)
            self.all_tickets[ticket.id] = ticket
            return ticket

        return await self._once("ticket", idempotency_key, (msisdn, kind, text, urgency), act, deadline)

    async def ticket(self, ticket_id: str, *, deadline: float) -> Ticket:
        await self._arrive(deadline)
        if ticket_id not in self.all_tickets:
            raise NotFound("ticket", ticket_id)
        return self.all_tickets[ticket_id]

    async def tickets(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Ticket, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        mine = [t for t in self.all_tickets.values() if t.msisdn == msisdn]
        return tuple(sorted(mine, key=lambda t: (t.created_at, t.id), reverse=True)[:limit])

    # money coming in
    async def payments(self, msisdn: str, *, limit: int = 10, deadline: float) -> tuple[Payment, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        mine = [p for p in self.all_payments.values() if p.msisdn == msisdn]
        return tuple(sorted(mine, key=lambda p: (p.created_at, p.id), reverse=True)[:limit])

    async def payment(self, payment_id: str, *, deadline: float) -> Payment:
        await self._arrive(deadline)
        return self._payment(payment_id)

    async def create_payment(
        self, msisdn: str, amount_fen: int, conversation: str, *, idempotency_key: str, deadline: float
    ) -> Payment:
        def act() -> Payment:
            self._subscriber(msisdn)
            self.policy.check_top_up(amount_fen)
            now = self.clock()
            payment = Payment(
                new_id("PAY", now), msisdn, amount_fen, "hosted", "pending", now, conversation=conversation
            )
            self.all_payments[payment.id] = payment
            return payment

        return await self._once("payment", idempotency_key, (msisdn, amount_fen, conversation), act, deadline)

    async def top_up_paid(self, payment_id: str, amount_fen: int, *, idempotency_key: str, deadline: float) -> TopUp:
        def act() -> TopUp:
            payment, now = self._payment(payment_id), self.clock()
            if payment.amount_fen != amount_fen:
                raise Refused("amount_mismatch", {"expected_fen": payment.amount_fen, "actual_fen": amount_fen})
            if payment.state == "done":
                raise Refused("payment_state", {"state": payment.state})
            self.all_payments[payment_id] = replace(payment, state="done", paid_at=now)
            return self._credit(payment.msisdn, amount_fen, payment_id)

        return await self._once("topup", idempotency_key, (payment_id, amount_fen), act, deadline)

    async def top_up_card(self, msisdn: str, card_number: str, *, idempotency_key: str, deadline: float) -> TopUp:
        def act() -> TopUp:
            self._subscriber(msisdn)
            now = self.clock()
            wrong, until = self.wrong_cards.get(msisdn, (0, None))
            if until and until > now:
                raise Refused("card_locked", {"locked_until": until.isoformat()})
            if card_number not in self.cards:
                self._wrong_card(msisdn, wrong + 1, now)
            amount, used_by = self.cards[card_number], self.card_users.get(card_number)
            if used_by:
                raise Refused("card_used_by_you", {"amount_fen": amount}) if used_by == msisdn else Refused("card_used")
            self.card_users[card_number] = msisdn
            self.wrong_cards.pop(msisdn, None)
            payment = Payment(new_id("PAY", now), msisdn, amount, "card", "done", now, now)
            self.all_payments[payment.id] = payment
            return self._credit(msisdn, amount, payment.id)

        return await self._once("card", idempotency_key, (msisdn, card_number), act, deadline)

    # inside
    async def _arrive(self, deadline: float) -> None:
        left = deadline - asyncio.get_running_loop().time()
        if self.delay_s:
            await asyncio.sleep(max(0.0, min(self.delay_s, left)))
        if left <= self.delay_s:
            raise TimedOut("the deadline passed")
        if self.down:
            raise Unavailable("the CRM is down")

    async def _once(self, route: str, key: str, body: object, act: Callable[[], T], deadline: float) -> T:
        """Act once a key, and answer repeats (refusals too) from memory."""
        await self._arrive(deadline)
        if (route, key) in self.answered:
            known, answer = self.answered[(route, key)]
            if known != body:
                raise KeyReused()
            answer = replace(answer, duplicate=True) if isinstance(answer, TopUp) else answer
        else:
            answer = _attempt(act)
            self.answered[(route, key)] = (body, answer)
        if self.lose_answers:
            self.lose_answers -= 1
            raise TimedOut("the answer was lost")
        if isinstance(answer, CrmError):
            raise answer
        return cast(T, answer)

    def _subscriber(self, msisdn: str) -> Subscriber:
        if msisdn not in self.subscribers:
            raise NotFound("subscriber", msisdn)
        return self.subscribers[msisdn]

    def _payment(self, payment_id: str) -> Payment:
        if payment_id not in self.all_payments:
            raise NotFound("payment", payment_id)
        return self.all_payments[payment_id]

    def _balance(self, msisdn: str) -> Balance:
        self._subscriber(msisdn)
        now = self.clock()
        valid = tuple(b for b in self.buckets[msisdn] if b.valid_until is None or b.valid_until > now)
        return Balance(msisdn, valid, now)

    def _products(self, msisdn: str) -> tuple[Product, ...]:
        now = self.clock()
        return tuple(p for p in self.held[msisdn] if p.status != "terminated" and (p.until is None or p.until > now))

    def _situation(self, msisdn: str) -> Situation:
        person = self._subscriber(msisdn)
        waiting = tuple(o for o in self.all_orders.values() if o.msisdn == msisdn and not o.final)
        return Situation(
            person, self._products(msisdn), waiting, self._balance(msisdn), self.catalogue, self.policy, self.clock()
        )

    def _apply(self, msisdn: str, effects: Effects) -> None:
        changed = {p.id: p for p in effects.changed}
        kept = [changed.get(p.id, p) for p in self.held[msisdn] if p.id not in effects.removed]
        self.held[msisdn] = [*kept, *effects.added]
        self.grants[msisdn] += effects.allowances
        month = month_of(self.clock())
        for item in effects.charges:
            self._move(msisdn, -item.amount_fen)
            self.all_bills[msisdn] = [
                replace(b, items=(*b.items, item), total_fen=b.total_fen + item.amount_fen) if b.month == month else b
                for b in self.all_bills[msisdn]
            ]

    def _move(self, msisdn: str, amount_fen: int) -> int:
        general = self.buckets[msisdn][0]
        self.buckets[msisdn][0] = replace(general, amount_fen=general.amount_fen + amount_fen)
        return general.amount_fen + amount_fen

    def _credit(self, msisdn: str, amount_fen: int, payment_id: str) -> TopUp:
        left = amount_fen
        for index, bill in sorted(enumerate(self.all_bills[msisdn]), key=lambda pair: pair[1].month):
            due, left = settled(bill.due_fen, left)
            state = "settled" if bill.state == "overdue" and not due else bill.state
            self.all_bills[msisdn][index] = replace(bill, due_fen=due, state=state)
        now, balance_fen = self.clock(), self._move(msisdn, amount_fen)
        if balance_fen >= 0 and self.suspended_for[msisdn] == "arrears":
            self.subscribers[msisdn] = replace(self.subscribers[msisdn], status="active")
            self.suspended_for[msisdn] = None
        return TopUp(new_id("U", now), msisdn, amount_fen, balance_fen, now, payment_id)

    def _wrong_card(self, msisdn: str, wrong: int, now: datetime) -> None:
        if wrong >= self.policy.card_tries:
            until = now + self.policy.card_lock(wrong)
            self.wrong_cards[msisdn] = (wrong, until)
            raise Refused("card_locked", {"locked_until": until.isoformat()})
        self.wrong_cards[msisdn] = (wrong, None)
        raise Refused("card_invalid", {"tries_left": self.policy.card_tries - wrong})


def _attempt(act: Callable[[], T]) -> T | Refused:
    try:
        return act()
    except Refused as refusal:
        return refusal
