"""The questions that the CRM in memory answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from crm.billing import as_of
from crm.errors import NotFound
from crm.fake_state import FakeState
from crm.model import (
    MOST_CALLS,
    Allowance,
    AllowanceType,
    Balance,
    Bill,
    Broadband,
    CallRecord,
    Category,
    Invoice,
    Offering,
    Order,
    OrderItem,
    Payment,
    PointsLot,
    Product,
    Qualification,
    Shop,
    Subscriber,
    Ticket,
    UsageSummary,
)
from crm.points import usable
from crm.reference.shops import demo_shops
from crm.rules import qualify
from crm.worktime import month_of


class FakeReads(FakeState):
    """See crm.fake.FakeCrm."""

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
                return as_of(bill, self.policy, self.clock())
        raise NotFound("bill", month)

    async def bills(self, msisdn: str, *, limit: int = 6, deadline: float) -> tuple[Bill, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        latest = sorted(self.all_bills[msisdn], key=lambda b: b.month, reverse=True)
        return tuple(replace(as_of(b, self.policy, self.clock()), items=()) for b in latest[:limit])

    async def call_records(self, msisdn: str, month: str, *, deadline: float) -> tuple[CallRecord, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        return tuple(reversed([c for c in self.calls[msisdn] if month_of(c.at) == month]))[:MOST_CALLS]

    # points
    async def points(self, msisdn: str, *, deadline: float) -> tuple[PointsLot, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        return usable(self.lots[msisdn], self.clock())

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

    async def broadband(self, msisdn: str, *, deadline: float) -> tuple[Broadband, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        return tuple(line for line in self.lines[msisdn] if line.state != "terminated")

    async def qualify(self, msisdn: str, items: Sequence[OrderItem], *, deadline: float) -> Qualification:
        await self._arrive(deadline)
        return qualify(self._situation(msisdn), items)

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

    # tickets
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

    # invoices
    async def invoices(self, msisdn: str, *, deadline: float) -> tuple[Invoice, ...]:
        await self._arrive(deadline)
        self._subscriber(msisdn)
        mine = [i for i in self.all_invoices.values() if i.msisdn == msisdn]
        return tuple(sorted(mine, key=lambda i: (i.month, i.issued_at), reverse=True))

    # places
    async def shops(self, region: str, *, deadline: float) -> tuple[Shop, ...]:
        await self._arrive(deadline)
        return tuple(shop for shop in demo_shops() if shop.region == region)
