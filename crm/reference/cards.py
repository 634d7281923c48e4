"""Recharge cards: eighteen digits, kept as an HMAC, locked after wrong tries."""

from __future__ import annotations

import hashlib
import hmac
from datetime import datetime, timedelta
from typing import NoReturn

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.effects import new_id
from crm.errors import Refused
from crm.model import TopUp
from crm.reference import reads, schema, wrong_tries
from crm.reference.reads import Terms
from crm.reference.writes import credit


def card_hash(key: bytes, number: str) -> bytes:
    """What is kept instead of the number. Without the key, eighteen digits could be tried one by one."""
    return hmac.new(key, number.encode(), hashlib.sha256).digest()


async def issue(connection: AsyncConnection, key: bytes, number: str, amount_fen: int, now: datetime) -> None:
    """Make a card known; valid for three years."""
    row = {"hash": card_hash(key, number), "amount_fen": amount_fen, "valid_until": now + timedelta(days=1095)}
    await connection.execute(insert(schema.recharge_card).values(row))


async def redeem(connection: AsyncConnection, key: bytes, msisdn: str, number: str, terms: Terms) -> TopUp:
    """Credit the card's amount.

    Refused: card_locked, card_invalid (counts as a wrong try), card_used, card_used_by_you, card_expired.
    """
    await reads.subscriber(connection, msisdn, lock=True)
    tries = terms.policy.card_tries
    wrong = await wrong_tries.so_far(connection, schema.card_tries, tries, msisdn, terms)
    table = schema.recharge_card
    digest = card_hash(key, number)
    card = (await connection.execute(select(table).where(table.c.hash == digest))).mappings().first()
    if card is None:
        await wrong_tries.refuse(connection, schema.card_tries, tries, msisdn, wrong + 1, terms)
    if card["valid_until"] <= terms.now:
        raise Refused("card_expired")
    # Two numbers may send one card at once: only one of them changes the row.
    used = {"used_at": terms.now, "used_by": msisdn}
    taken = await connection.execute(
        update(table).where(table.c.hash == digest, table.c.used_at.is_(None)).values(used)
    )
    if not taken.rowcount:
        await _refuse_used(connection, digest, msisdn)
    await wrong_tries.forget(connection, schema.card_tries, msisdn)
    payment_id, amount = new_id("PAY", terms.now), card["amount_fen"]
    payment = {
        "id": payment_id, "msisdn": msisdn, "amount_fen": amount, "method": "card", "state": "done",
        "created_at": terms.now, "paid_at": terms.now, "conversation": "",
    }  # fmt: skip
    await connection.execute(insert(schema.payment).values(payment))
    return await credit(connection, msisdn, amount, payment_id, "card", terms)


async def _refuse_used(connection: AsyncConnection, digest: bytes, msisdn: str) -> NoReturn:
    """Who types a card again after an answer that never came must not think that the money is lost."""
    table = schema.recharge_card
    card = (await connection.execute(select(table).where(table.c.hash == digest))).mappings().one()
    if card["used_by"] == msisdn:
        raise Refused("card_used_by_you", {"amount_fen": card["amount_fen"]})
    raise Refused("card_used")
