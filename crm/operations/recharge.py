"""Money coming in by a recharge card or a hosted page, for the bound number or another of its account. Neither spends:
no code is needed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta

from crm.errors import NotFound, Refused
from crm.model import TopUp
from crm.operations import account
from crm.operations.access import admitted
from crm.operations.context import Context
from crm.operations.doors import Doors
from crm.operations.results import Refusal
from crm.payments import Checkout

PAGE_LIVES = timedelta(minutes=35)
"""Longer than a page can be paid on."""
LOOKED_AT = 5
"""So many other numbers of the account are looked at for a page of this conversation."""


async def with_card(doors: Doors, who: Context, ref: str, other: str = "") -> TopUp | Refusal:
    """Redeem the card behind masking's reference. `other`: another number of the account, "" for the own.
    Raises Unavailable: trying again credits once.
    """
    msisdn = await _paid_for(doors, who, "recharge_card", other)
    if isinstance(msisdn, Refusal):
        return msisdn
    card = await doors.vault.open(who.conversation, ref)
    if card is None:
        return Refusal("card_missing")
    key = _key(who, "card", ref)
    try:
        # The reference is not burnt: a turn that runs again must get the same answer. It ends by itself in ten minutes.
        made = await doors.payments.redeem_card(msisdn, card, key=key, deadline=doors.write_deadline())
    except Refused as refused:
        return Refusal(refused.reason, refused.values)
    await ask_later(doors, who, made.msisdn, made.amount_fen, made.payment_id or "")
    return made


async def ask_later(doors: Doors, who: Context, msisdn: str, amount_fen: int, payment_id: str) -> None:
    """Whether it solved it; who paid for another number knows nothing of that one."""
    if payment_id and who.bound is not None and who.bound.msisdn == msisdn:
        subscriber = who.bound.subscriber_id
        await doors.asking.solved(msisdn, subscriber, str(amount_fen), payment_id, who.language, "top_up")


async def with_page(doors: Doors, who: Context, amount_fen: int, other: str = "") -> Checkout | Refusal:
    """A page to pay on. Nothing is credited before the gateway says that it was paid. Raises Unavailable."""
    msisdn = await _paid_for(doors, who, "recharge_page", other)
    if isinstance(msisdn, Refusal):
        return msisdn
    try:
        return await doors.payments.start_checkout(
            msisdn,
            amount_fen,
            key=_key(who, "page", who.message_id),
            conversation=who.conversation,
            deadline=doors.write_deadline(),
        )
    except Refused as refused:
        return Refusal(refused.reason, refused.values)
    except NotFound:
        return Refusal("unknown_number")


@dataclass(frozen=True)
class Pages:
    """Pages of one conversation that nobody had paid yet, as fen, the newest first; `paid_fen` were paid after all."""

    closed_fen: tuple[int, ...] = ()
    paid_fen: tuple[int, ...] = ()


async def close_pages(doors: Doors, who: Context, but: str = "", of: str = "") -> Pages:
    """Nobody can pay on them any more, but on the payment `but`. `of`: only those for numbers that end so.

    Closing again is the same. Raises Unavailable.
    """
    subscriber = await admitted(doors, who, "recharge_page")
    if isinstance(subscriber, Refusal):
        return Pages()
    deadline, since = doors.write_deadline(), doors.now() - PAGE_LIVES
    numbers = (subscriber.msisdn, *(await account.others(doors, who))[:LOOKED_AT])
    numbers = tuple(number for number in numbers if number.endswith(of))
    found = [payment for number in numbers for payment in await doors.crm.payments(number, limit=5, deadline=deadline)]
    waiting = [
        p
        for p in found
        if (p.state, p.method, p.conversation) == ("pending", "hosted", who.conversation)
        and p.created_at >= since
        and p.id != but
    ]
    closed: dict[bool, list[int]] = {True: [], False: []}
    for payment in sorted(waiting, key=lambda p: p.created_at, reverse=True):
        closed[await doors.payments.close_checkout(payment.id, deadline=deadline)].append(payment.amount_fen)
    return Pages(tuple(closed[True]), tuple(closed[False]))


async def _paid_for(doors: Doors, who: Context, operation: str, other: str) -> str | Refusal:
    subscriber = await admitted(doors, who, operation)
    if isinstance(subscriber, Refusal):
        return subscriber
    return (await account.other(doors, who, other) or Refusal("not_in_account")) if other else subscriber.msisdn


def _key(who: Context, operation: str, seed: str) -> str:
    """A card is redeemed once per reference, however many messages ask for it again."""
    return hashlib.sha256(f"{who.conversation}\n{operation}\n{seed}".encode()).hexdigest()[:32]
