"""Money coming in: recharge cards and a hosted payment page. Nothing is credited before the gateway was paid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from crm.model import TopUp


@dataclass(frozen=True)
class Checkout:
    """A page on which one person pays one amount, once."""

    payment_id: str
    url: str
    amount_fen: int
    expires_at: datetime


@dataclass(frozen=True)
class RawCallback:
    """A callback as it came in: body bytes and headers with lower-case names."""

    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class PaymentEvent:
    """What became of a checkout. `duplicate`: the same was told before, and nothing was credited now.

    A duplicate is passed on all the same, since the first may have been lost after its credit: whoever tells the person
    tells once a payment (`payment:<payment_id>` is the id of the event that enters the conversation).
    """

    payment_id: str
    msisdn: str
    amount_fen: int
    conversation: str
    state: Literal["paid", "failed"]
    at: datetime
    balance_fen: int | None = None
    duplicate: bool = False


class Payments(Protocol):
    """Deadlines, keys and errors as in crm.port. A card number is never logged, stored or repeated in an error."""

    async def redeem_card(self, msisdn: str, card_number: str, *, key: str, deadline: float) -> TopUp:
        """Credits `msisdn` at once. Refused: card_invalid (tries_left), card_used, card_used_by_you, card_expired,
        card_locked.
        """
        ...

    async def start_checkout(
        self, msisdn: str, amount_fen: int, *, key: str, conversation: str, deadline: float
    ) -> Checkout:
        """A page for an amount within the operator's limits. The same key gives the same page. Refused: amount."""
        ...

    async def look_up(self, payment_id: str, *, deadline: float) -> PaymentEvent | None:
        """Ask the gateway what became of a checkout whose callback has not come, and credit it if it was paid; None
        while nobody has paid or cancelled. Asking again credits nothing."""
        ...

    async def close_checkout(self, payment_id: str, *, deadline: float) -> bool:
        """From now on nobody can pay it; nobody is told. False where it was paid before. Closing again is the same."""
        ...

    async def handle_callback(self, raw: RawCallback, *, deadline: float) -> PaymentEvent:
        """Verify, credit once, and say what became of it. Refused: signature, amount_mismatch; NotFound: payment."""
        ...
