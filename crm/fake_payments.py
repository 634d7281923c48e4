"""Payments without a gateway: a checkout is paid by calling `pay`, and every callback is believed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from crm.errors import Refused
from crm.fake import FakeCrm
from crm.model import TopUp
from crm.payments import Checkout, PaymentEvent, RawCallback


class FakePayments:
    """See crm.payments.Payments."""

    def __init__(self, crm: FakeCrm, clock: Callable[[], datetime], url: str = "https://pay.example") -> None:
        self.crm, self.clock, self.url = crm, clock, url
        self.paid: set[str] = set()
        """What the gateway took the money for without having told us."""

        self.closed: set[str] = set()

    async def redeem_card(self, msisdn: str, card_number: str, *, key: str, deadline: float) -> TopUp:
        return await self.crm.top_up_card(msisdn, card_number, idempotency_key=key, deadline=deadline)

    async def start_checkout(
        self, msisdn: str, amount_fen: int, *, key: str, conversation: str, deadline: float
    ) -> Checkout:
        payment = await self.crm.create_payment(
            msisdn, amount_fen, conversation, idempotency_key=key, deadline=deadline
        )
        expires_at = payment.created_at + timedelta(minutes=30)
        return Checkout(payment.id, f"{self.url}/{payment.id}", amount_fen, expires_at)

    def pay(self, payment_id: str, state: str = "paid") -> RawCallback:
        """The callback that a gateway would send after a person paid (or cancelled: "failed")."""
        payment = self.crm.all_payments[payment_id]
        return RawCallback(json.dumps([payment_id, payment.amount_fen, state]).encode(), {})

    async def look_up(self, payment_id: str, *, deadline: float) -> PaymentEvent | None:
        if payment_id in self.closed:
            return await self.handle_callback(self.pay(payment_id, "failed"), deadline=deadline)
        if payment_id not in self.paid:
            return None
        return await self.handle_callback(self.pay(payment_id), deadline=deadline)

    async def close_checkout(self, payment_id: str, *, deadline: float) -> bool:
        payment = await self.crm.payment(payment_id, deadline=deadline)
        if payment_id in self.paid or payment.state == "done":
            return False
        self.closed.add(payment_id)
        return True

    async def handle_callback(self, raw: RawCallback, *, deadline: float) -> PaymentEvent:
        payment_id, amount_fen, state = json.loads(raw.body)
        payment = await self.crm.payment(payment_id, deadline=deadline)
        balance_fen, duplicate = None, False
        if state == "paid":
            try:
                top_up = await self.crm.top_up_paid(
                    payment_id, amount_fen, idempotency_key=f"paygate:{payment_id}", deadline=deadline
                )
                balance_fen, duplicate = top_up.balance_fen, top_up.duplicate
            except Refused:
                duplicate = True
        return PaymentEvent(
            payment_id, payment.msisdn, amount_fen, payment.conversation, state, self.clock(), balance_fen, duplicate
        )
