"""The real Payments: cards by the CRM, and a payment gateway that speaks signed JSON (see crm.signing)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from aiohttp import ClientError, ClientSession, ClientTimeout

from crm.documents.scalars import choice, mapping, moment_from, string, whole
from crm.errors import KeyReused, Refused, TimedOut, Unavailable
from crm.model import Payment, TopUp
from crm.payments import Checkout, PaymentEvent, RawCallback
from crm.port import Crm
from crm.signing import check_signature, signed_headers

MOST_CALLBACK = 64 * 1024


@dataclass(frozen=True)
class Gateway:
    """`url` takes checkouts, `notify_url` is where we take callbacks, `key` signs both."""

    url: str
    notify_url: str
    key: bytes


@asynccontextmanager
async def hosted_payments(crm: Crm, gateway: Gateway, clock: Callable[[], datetime]) -> AsyncIterator[HostedPayments]:
    """Payments whose connection to the gateway lives as long as the block."""
    async with ClientSession() as session:
        yield HostedPayments(crm, gateway, clock, session)


class HostedPayments:
    """See crm.payments.Payments; made by hosted_payments."""

    def __init__(self, crm: Crm, gateway: Gateway, clock: Callable[[], datetime], session: ClientSession) -> None:
        self._crm, self._gateway, self._clock, self._session = crm, gateway, clock, session

    async def redeem_card(self, msisdn: str, card_number: str, *, key: str, deadline: float) -> TopUp:
        if len(card_number) != 18 or not (card_number.isascii() and card_number.isdigit()):
            raise Refused("card_invalid")
        return await self._crm.top_up_card(msisdn, card_number, idempotency_key=key, deadline=deadline)

    async def start_checkout(
        self, msisdn: str, amount_fen: int, *, key: str, conversation: str, deadline: float
    ) -> Checkout:
        payment = await self._crm.create_payment(
            msisdn, amount_fen, conversation, idempotency_key=key, deadline=deadline
        )
        request = {"merchant_ref": payment.id, "amount_fen": amount_fen, "notify_url": self._gateway.notify_url}
        _, raw = await self._ask("/checkouts", json.dumps(request).encode(), 201, deadline)
        try:
            answer = mapping(json.loads(raw), "answer")
            expires_at = moment_from(answer.get("expires_at"), "expires_at")
            return Checkout(payment.id, string(answer.get("url"), "url"), amount_fen, expires_at)
        except ValueError as bad:
            raise Unavailable("unreadable answer of the gateway") from bad

    async def look_up(self, payment_id: str, *, deadline: float) -> PaymentEvent | None:
        question = json.dumps({"merchant_ref": payment_id}).encode()
        headers, raw = await self._ask("/lookups", question, 200, deadline)
        # What has ended is told as a callback tells it, signed in the same way.
        return await self.handle_callback(RawCallback(raw, headers), deadline=deadline) if raw else None

    async def close_checkout(self, payment_id: str, *, deadline: float) -> bool:
        _, raw = await self._ask("/closings", json.dumps({"merchant_ref": payment_id}).encode(), 200, deadline)
        try:
            return bool(
                choice(mapping(json.loads(raw), "answer").get("state"), "state", ("paid", "failed")) == "failed"
            )
        except ValueError as bad:
            raise Unavailable("unreadable answer of the gateway") from bad

    async def handle_callback(self, raw: RawCallback, *, deadline: float) -> PaymentEvent:
        notice = self._verified(raw)
        payment = await self._crm.payment(notice.payment_id, deadline=deadline)
        if notice.amount_fen != payment.amount_fen:
            raise Refused("amount_mismatch", {"expected_fen": payment.amount_fen, "actual_fen": notice.amount_fen})
        if notice.state == "failed":
            return _event(payment, notice, balance_fen=None, duplicate=False)
        key = f"paygate:{notice.transaction}"
        try:
            top_up = await self._crm.top_up_paid(payment.id, notice.amount_fen, idempotency_key=key, deadline=deadline)
        except Refused as refusal:
            if refusal.reason != "payment_state":
                raise
            return _event(payment, notice, balance_fen=None, duplicate=True)
        return _event(payment, notice, balance_fen=top_up.balance_fen, duplicate=top_up.duplicate)

    def _verified(self, raw: RawCallback) -> _Notice:
        """Refused("signature"), or Refused("invalid") when a signed notice makes no sense."""
        if len(raw.body) > MOST_CALLBACK:
            raise Refused("invalid", {"field": "body"})
        check_signature(self._gateway.key, raw.headers, raw.body, self._clock())
        try:
            return _notice(json.loads(raw.body, parse_float=Decimal))
        except (ValueError, RecursionError) as bad:
            raise Refused("invalid", {"field": getattr(bad, "field", "body")}) from None

    async def _ask(self, path: str, body: bytes, expected: int, deadline: float) -> tuple[dict[str, str], bytes]:
        """Headers (lower-case names) and body of the gateway's answer; 204 gives no body."""
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise TimedOut("the deadline had passed")
        headers = {**signed_headers(self._gateway.key, body, self._clock()), "Content-Type": "application/json"}
        url, timeout = f"{self._gateway.url}{path}", ClientTimeout(total=left)
        try:
            async with self._session.post(
                url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as reply:
                if reply.status == 409:
                    raise KeyReused()
                if reply.status not in (expected, 204):
                    raise Unavailable(f"gateway status {reply.status}")
                return {k.lower(): v for k, v in reply.headers.items()}, await reply.content.read(MOST_CALLBACK)
        except asyncio.TimeoutError as late:
            raise TimedOut("the gateway did not answer") from late
        except (ClientError, OSError) as broken:
            raise Unavailable("the gateway cannot be reached") from broken


@dataclass(frozen=True)
class _Notice:
    payment_id: str
    transaction: str
    amount_fen: int
    state: Any
    at: datetime


def _notice(raw: Any) -> _Notice:
    document = mapping(raw, "body")
    return _Notice(
        payment_id=string(document.get("merchant_ref"), "merchant_ref", 64),
        transaction=string(document.get("transaction"), "transaction", 64),
        amount_fen=whole(document.get("amount_fen"), "amount_fen"),
        state=choice(document.get("state"), "state", ("paid", "failed")),
        at=moment_from(document.get("finished_at"), "finished_at"),
    )


def _event(payment: Payment, notice: _Notice, *, balance_fen: int | None, duplicate: bool) -> PaymentEvent:
    return PaymentEvent(
        payment_id=payment.id, msisdn=payment.msisdn, amount_fen=notice.amount_fen, conversation=payment.conversation,
        state=notice.state, at=notice.at, balance_fen=balance_fen, duplicate=duplicate,
    )  # fmt: skip
