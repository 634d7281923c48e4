"""Proofs of who somebody is, and visits to shops."""

from __future__ import annotations

import hmac
from datetime import datetime

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from crm.effects import new_id
from crm.errors import NotFound, Refused
from crm.model import Appointment, Proof, Shop
from crm.porting import VALID, check_free
from crm.proving import TAIL, check_enough, check_password, same_name
from crm.reference import reads, schema, wrong_tries
from crm.reference.cards import card_hash
from crm.reference.papers import Papers
from crm.reference.reads import Terms, all_rows, build, one_row
from crm.reference.schema import columns
from crm.visits import check_open, free, taken


def papers_row(key: bytes, msisdn: str, papers: Papers) -> dict[str, object]:
    """What is kept of them: nothing that could be read, but for the PUK, which has to be told."""
    said = {"password": papers.password, "id_number": papers.id_number, "id_tail": papers.id_number[-TAIL:]}
    return {"msisdn": msisdn, "puk": papers.puk, **{name: _hash(key, msisdn, value) for name, value in said.items()}}


def _hash(key: bytes, msisdn: str, value: str) -> bytes:
    """With the number, so that people with the same password are not alike."""
    return card_hash(key, f"{msisdn}\n{value.upper()}")


async def verify(connection: AsyncConnection, key: bytes, msisdn: str, proof: Proof, terms: Terms) -> None:
    """Refused: proof_short, proof_wrong (counted), proof_locked, no_papers."""
    person = await reads.subscriber(connection, msisdn, lock=True)
    check_enough(proof)
    tries = terms.policy.proof_tries
    wrong = await wrong_tries.so_far(connection, schema.proof_tries, tries, msisdn, terms)
    kept = select(schema.papers).where(schema.papers.c.msisdn == msisdn)
    known = (await connection.execute(kept)).mappings().first()
    if known is None:
        raise Refused("no_papers")
    said = {"password": proof.password, "id_number": proof.id_number, "id_tail": proof.id_tail}
    fits = all(
        hmac.compare_digest(known[name], _hash(key, msisdn, value)) for name, value in said.items() if value
    ) and (not proof.name or same_name(proof.name, person.name))
    if not fits or proof.monthly_fen not in (None, await _monthly_fen(connection, msisdn, terms)):
        await wrong_tries.refuse(connection, schema.proof_tries, tries, msisdn, wrong + 1, terms)
    await wrong_tries.forget(connection, schema.proof_tries, msisdn)


async def _monthly_fen(connection: AsyncConnection, msisdn: str, terms: Terms) -> int | None:
    held = await reads.products(connection, msisdn, terms)
    return next((p.price_fen for p in held if p.category == "plan" and p.status == "active"), None)


async def puk(connection: AsyncConnection, msisdn: str) -> str:
    query = select(schema.papers.c.puk).where(schema.papers.c.msisdn == msisdn)
    return str((await one_row(connection, query, "papers", msisdn))["puk"])


async def set_password(connection: AsyncConnection, key: bytes, msisdn: str, password: str) -> None:
    check_password(password)
    table = schema.papers
    changed = update(table).where(table.c.msisdn == msisdn).values(password=_hash(key, msisdn, password))
    if not (await connection.execute(changed)).rowcount:
        raise NotFound("papers", msisdn)


async def may_leave(connection: AsyncConnection, msisdn: str, terms: Terms) -> datetime:
    """Until when a code is good. Refused: suspended, arrears, lock_in, too_young."""
    person = await reads.subscriber(connection, msisdn)
    balance = await reads.balance(connection, msisdn, terms)
    check_free(person, balance, await reads.products(connection, msisdn, terms), terms.now)
    return terms.now + VALID


async def times(connection: AsyncConnection, shop: Shop, terms: Terms) -> tuple[datetime, ...]:
    table = schema.visit
    booked = await all_rows(connection, select(table).where(table.c.shop_id == shop.id, table.c.at > terms.now))
    return free(shop, taken([build(Appointment, row) for row in booked]), terms.now)


async def book(
    connection: AsyncConnection, msisdn: str, shop: Shop, errand: str, at: datetime, terms: Terms
) -> Appointment:
    """Refused: slot_taken, too_many_visits."""
    await reads.subscriber(connection, msisdn, lock=True)
    await _one_at_a_time(connection, shop)
    if at not in await times(connection, shop, terms) or errand not in shop.does:
        raise Refused("slot_taken")
    check_open(await visits(connection, msisdn, terms))
    booked = Appointment(new_id("V", terms.now), msisdn, shop.id, errand, at)
    await connection.execute(insert(schema.visit).values(columns(booked)))
    return booked


async def _one_at_a_time(connection: AsyncConnection, shop: Shop) -> None:
    """Until the transaction ends nobody else books there: two would both count the last place as free. SQLite has one
    writer anyway.
    """
    if connection.dialect.name == "postgresql":
        await connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(f"visit {shop.id}"))))


async def visits(connection: AsyncConnection, msisdn: str, terms: Terms) -> list[Appointment]:
    """Booked and not over, the next one first."""
    table = schema.visit
    query = select(table).where(table.c.msisdn == msisdn, table.c.at > terms.now, table.c.state == "confirmed")
    return [build(Appointment, row) for row in await all_rows(connection, query.order_by(table.c.at))]


async def visit(connection: AsyncConnection, visit_id: str) -> Appointment:
    table = schema.visit
    return build(Appointment, await one_row(connection, select(table).where(table.c.id == visit_id), "visit", visit_id))


async def cancel(connection: AsyncConnection, visit_id: str) -> Appointment:
    table = schema.visit
    done = await connection.execute(update(table).where(table.c.id == visit_id).values(state="cancelled"))
    if not done.rowcount:
        raise NotFound("visit", visit_id)
    return await visit(connection, visit_id)
