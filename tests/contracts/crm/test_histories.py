"""Money is exact over random lives: whatever people do, and do again, the sums hold and nothing happens twice.

HISTORIES says how many lives are tried (5); `make test-full` tries 500.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from crm.errors import NotFound, Refused
from crm.model import InvoiceRequest, OrderItem, OrderRequest
from crm.port import within
from crm.reference import schema
from crm.reference.catalogue import demo_catalogue
from crm.reference.cycle import bring_forward
from crm.reference.stories import demo_cards
from crm.tmf import TmfCrm, tmf_crm
from tests.contracts.crm.serving import TOKEN, Clock, Reference, serving
from tests.contracts.crm.test_reference import SUMS

LIVES = int(os.environ.get("HISTORIES", "5"))
PEOPLE = tuple(f"+86138000000{n:02d}" for n in (0, 1, 9, 12, 20, 30))
OFFERINGS = ("pack-5g", "pack-day-1g", "pack-monthly-5g", "svc-reading", "svc-video-vip", "reward-data-500m")
PLANS = ("plan-4g-8", "plan-4g-28", "plan-5g-99")
CARDS = (*demo_cards(), "7" * 18)
EXACT = {
    **{name: query for name, query in SUMS.items() if name != "usage is what allowances say"},
    "credits are payments and refunds": """
        SELECT s.msisdn FROM subscriber s WHERE
        (SELECT coalesce(sum(amount_fen), 0) FROM ledger l WHERE l.msisdn = s.msisdn AND cause = 'refund')
        != (SELECT coalesce(sum(amount_fen), 0) FROM refund r WHERE r.msisdn = s.msisdn)""",
    "a refund is one charge of its own, or a part of it": """
        SELECT r.id FROM refund r JOIN bill_item i ON i.id = r.bill_item_id JOIN bill b ON b.id = i.bill_id
        WHERE r.amount_fen > i.amount_fen OR r.amount_fen <= 0 OR r.msisdn != b.msisdn""",
    "a payment is credited once": """
        SELECT ref FROM ledger WHERE cause IN ('payment', 'card') GROUP BY ref HAVING count(*) > 1""",
    "a card is used once": """
        SELECT hash FROM recharge_card WHERE (used_at IS NULL) != (used_by IS NULL)""",
    "a month is invoiced once": "SELECT msisdn FROM invoice GROUP BY msisdn, month HAVING count(*) > 1",
    "a bill is paid and due": "SELECT id FROM bill WHERE due_fen < 0 OR due_fen > total_fen",
}

Act = tuple[str, int, int, int]
acts = st.tuples(
    st.sampled_from(
        ["buy", "buy", "cancel", "plan", "undo", "card", "pay", "paid", "paid", "refund", "invoice", "restore", "days"]
    ),
    st.integers(0, len(PEOPLE) - 1),
    st.integers(0, 5),
    # Few keys, so that many acts are repeats: with the same body, and with another one.
    st.integers(0, 9),
)


@dataclass
class Life:
    """What was answered: money that came in by a payment's or card's own id, money back by the refund's."""

    crm: TmfCrm
    reference: Reference
    payments: list[tuple[str, int]] = field(default_factory=list)
    came_in: dict[str, int] = field(default_factory=dict)
    given_back: dict[str, int] = field(default_factory=dict)
    points: dict[str, int] = field(default_factory=dict)

    async def act(self, act: Act) -> None:
        kind, who, what, key = act
        try:
            await getattr(self, f"_{kind}")(PEOPLE[who], what, f"{kind}{key}")
        except (Refused, NotFound):
            pass

    async def _order(self, msisdn: str, action: str, offering: str, key: str) -> None:
        request = OrderRequest(msisdn, (OrderItem(action, offering),), key, "web", None, "code")  # type: ignore[arg-type]
        placed = await self.crm.place_order(request, idempotency_key=key, deadline=within(20))
        self.points[placed.id] = demo_catalogue().offering(offering).points if action == "add" else 0

    async def _buy(self, msisdn: str, what: int, key: str) -> None:
        await self._order(msisdn, "add", OFFERINGS[what], key)

    async def _cancel(self, msisdn: str, what: int, key: str) -> None:
        await self._order(msisdn, "delete", OFFERINGS[what], key)

    async def _plan(self, msisdn: str, what: int, key: str) -> None:
        await self._order(msisdn, "modify", PLANS[what % len(PLANS)], key)

    async def _restore(self, msisdn: str, what: int, key: str) -> None:
        await self._order(msisdn, "delete", "hold-arrears", key)

    async def _undo(self, msisdn: str, what: int, key: str) -> None:
        orders = await self.crm.orders(msisdn, deadline=within(20))
        for order in orders[what : what + 1]:
            await self.crm.cancel_order(order.id, idempotency_key=key, deadline=within(20))

    async def _card(self, msisdn: str, what: int, key: str) -> None:
        done = await self.crm.top_up_card(msisdn, CARDS[what], idempotency_key=key, deadline=within(20))
        self.came_in[done.id] = done.amount_fen

    async def _pay(self, msisdn: str, what: int, key: str) -> None:
        fen = 1000 * (what + 1)
        made = await self.crm.create_payment(msisdn, fen, "web:1", idempotency_key=key, deadline=within(20))
        self.payments.append((made.id, fen))

    async def _paid(self, msisdn: str, what: int, key: str) -> None:
        """Callbacks repeat, come under another key, and bring another amount."""
        for payment, fen in self.payments[-3:]:
            amount = fen + (what == 5)
            done = await self.crm.top_up_paid(payment, amount, idempotency_key=f"{key}{payment}", deadline=within(20))
            self.came_in[done.id] = done.amount_fen

    async def _refund(self, msisdn: str, what: int, key: str) -> None:
        made = await self.crm.refund(msisdn, OFFERINGS[what], idempotency_key=key, deadline=within(20))
        self.given_back[made.id] = made.amount_fen

    async def _invoice(self, msisdn: str, what: int, key: str) -> None:
        request = InvoiceRequest(msisdn, f"2026-{11 - what:02d}", "李明", "", "li@example.com")
        await self.crm.issue_invoice(request, idempotency_key=key, deadline=within(20))

    async def _days(self, msisdn: str, what: int, key: str) -> None:
        self.reference.clock.forward(days=5 * what + 1)
        await bring_forward(self.reference.office.store, self.reference.office.terms())


async def live(seeded: Path, folder: Path, todo: list[Act]) -> None:
    async with serving(seeded, folder, Clock()) as reference, tmf_crm(reference.url, TOKEN, reference.clock) as crm:
        life = Life(crm, reference)
        before = await _moved(reference)
        for act in todo:
            await life.act(act)
        broken = {}
        async with reference.office.store.reading() as connection:
            for name, query in EXACT.items():
                broken[name] = [row[0] for row in (await connection.execute(text(query))).all()]
        moved = await _moved(reference)
        moved.subtract(before)
        assert sum(life.points.values()) == -moved["points"]
        assert {} == {name: found for name, found in broken.items() if found}
        # What people were told came in, and went back, is what the books say: each once.
        assert sum(life.came_in.values()) == moved["payment"] + moved["card"]
        assert sum(life.given_back.values()) == moved["refund"]


async def _moved(reference: Reference) -> Counter[str]:
    """Fen by cause, and the points that are left, over everybody."""
    entry = schema.ledger
    query = select(entry.c.cause, func.sum(entry.c.amount_fen)).group_by(entry.c.cause)
    async with reference.office.store.reading() as connection:
        moved = Counter({cause: int(fen) for cause, fen in (await connection.execute(query)).all()})
        left = await connection.execute(select(func.sum(schema.points_lot.c.left)))
        moved["points"] = int(left.scalar() or 0)
    return moved


@settings(
    max_examples=LIVES,
    deadline=None,
    derandomize=LIVES <= 10,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(todo=st.lists(acts, min_size=10, max_size=40))
def test_whatever_people_do_the_sums_hold_and_nothing_is_paid_or_given_back_twice(
    seeded: Path, todo: list[Act]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(live(seeded, Path(folder), todo))
