"""What the CRM in memory keeps, and how each call reaches it: late, twice, or not at all when a test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar, cast

from crm.catalogue import Catalogue
from crm.effects import Effects
from crm.errors import CrmError, KeyReused, NotFound, Refused, TimedOut, Unavailable
from crm.model import (
    Appointment,
    Balance,
    Interaction,
    Invoice,
    Payment,
    Product,
    Subscriber,
    SuspensionCause,
    Ticket,
    TopUp,
)
from crm.policy import Policy
from crm.reference.history import History
from crm.rules import Situation
from crm.worktime import month_of

T = TypeVar("T")


class FakeState:
    """See crm.fake.FakeCrm."""

    def __init__(
        self, histories: Sequence[History], catalogue: Catalogue, policy: Policy, clock: Callable[[], datetime]
    ) -> None:
        self.catalogue, self.policy, self.clock = catalogue, policy, clock
        self.subscribers = {h.outline.subscriber.msisdn: h.outline.subscriber for h in histories}
        by_number = {h.outline.subscriber.msisdn: h for h in histories}
        self.buckets = {m: list(h.buckets) for m, h in by_number.items()}
        self.held = {m: list(h.products) for m, h in by_number.items()}
        self.grants = {m: list(h.allowances) for m, h in by_number.items()}
        self.all_bills = {m: list(h.bills) for m, h in by_number.items()}
        self.usages = {(u.msisdn, u.month): u for h in histories for u in h.usages}
        self.all_orders = {o.id: o for h in histories for o in h.orders}
        self.all_payments = {p.id: p for h in histories for p in h.payments}
        self.lots = {m: list(h.lots) for m, h in by_number.items()}
        self.lines = {m: list(h.broadband) for m, h in by_number.items()}
        self.calls = {m: list(h.calls) for m, h in by_number.items()}
        self.refunded: dict[tuple[str, str, int], datetime] = {}
        self.all_invoices: dict[str, Invoice] = {}
        self.all_tickets: dict[str, Ticket] = {}
        self.cards: dict[str, int] = {}
        self.card_users: dict[str, str] = {}
        self.wrong_cards: dict[str, tuple[int, datetime | None]] = {}
        self.wrong_proofs: dict[str, tuple[int, datetime | None]] = {}
        self.passwords: dict[str, str] = {}
        self.all_visits: dict[str, Appointment] = {}
        self.talks: list[Interaction] = []
        self.answered: dict[tuple[str, str], tuple[object, object]] = {}
        self.down = False
        self.delay_s = 0.0
        self.lose_answers = 0

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
            person,
            self._products(msisdn),
            waiting,
            self._balance(msisdn),
            self.catalogue,
            self.policy,
            self.clock(),
            tuple(self.lots[msisdn]),
        )

    def _apply(self, msisdn: str, effects: Effects) -> None:
        changed = {p.id: p for p in effects.changed}
        kept = [changed.get(p.id, p) for p in self.held[msisdn] if p.id not in effects.removed]
        self.held[msisdn] = [*kept, *effects.added]
        self.grants[msisdn] += effects.allowances
        spent = {lot.id: lot for lot in effects.lots}
        self.lots[msisdn] = [spent.get(lot.id, lot) for lot in self.lots[msisdn]]
        if effects.stops:
            self.stop(msisdn, effects.stops)
        if effects.restores:
            self._restore(msisdn)
        month = month_of(self.clock())
        for item in effects.charges:
            self._move(msisdn, -item.amount_fen)
            self.all_bills[msisdn] = [
                replace(b, items=(*b.items, item), total_fen=b.total_fen + item.amount_fen) if b.month == month else b
                for b in self.all_bills[msisdn]
            ]

    def stop(self, msisdn: str, cause: SuspensionCause) -> None:
        """As the operator does, or an order for a hold."""
        person = self.subscribers[msisdn]
        stopped = replace(person, status="suspended", suspended_for=cause, suspended_at=self.clock())
        self.subscribers[msisdn] = stopped

    def _restore(self, msisdn: str) -> None:
        person = self.subscribers[msisdn]
        self.subscribers[msisdn] = replace(person, status="active", suspended_for=None, suspended_at=None)

    def _move(self, msisdn: str, amount_fen: int) -> int:
        general = self.buckets[msisdn][0]
        self.buckets[msisdn][0] = replace(general, amount_fen=general.amount_fen + amount_fen)
        return general.amount_fen + amount_fen


def _attempt(act: Callable[[], T]) -> T | Refused:
    try:
        return act()
    except Refused as refusal:
        return refusal
