"""What any CRM answers on proofs of who somebody is, and on visits to shops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from crm.errors import NotFound, Refused
from crm.port import Crm, Proof, within
from crm.reference import schema
from crm.reference.seed import fill_papers
from crm.tmf import tmf_crm
from tests.contracts.crm.serving import CARD_KEY, SUBSCRIBERS, TOKEN, Clock, Reference

LI, WANG, ANNA = "+8613800000000", "+8613800000001", "+8613800000011"
BOUND, STOPPED = "+8613800000005", "+8613800000019"
SHOP = "shop-hz-2"
"""Closed on weekends; the clock begins on a Friday."""


async def refused(call: Awaitable[object]) -> tuple[str, dict[str, object]]:
    with pytest.raises(Refused) as refusal:
        await call
    return refusal.value.reason, dict(refusal.value.values)


async def verify(crm: Crm, msisdn: str, proof: Proof, key: str = "k") -> None:
    await crm.verify(msisdn, proof, idempotency_key=f"{key}-{msisdn}", deadline=within(5))


@pytest.mark.parametrize(
    ("msisdn", "proof"),
    [
        (LI, Proof(password="130000")),
        (WANG, Proof(name="王芳", id_tail="0015", monthly_fen=2800)),
        (ANNA, Proof(name="anna weber", id_tail="0011", monthly_fen=9900)),
        (ANNA, Proof(password="130011", id_number="e00000011")),
        (ANNA, Proof(name="Anna Weber", id_number="E00000011")),
    ],
)
async def test_what_fits_proves_the_holder(crm: Crm, msisdn: str, proof: Proof) -> None:
    await verify(crm, msisdn, proof)


@pytest.mark.parametrize(
    "proof",
    [
        Proof(password="130001"),
        Proof(password="130000", id_number="330106199201010009"),
        Proof(name="王芳", id_tail="0008", monthly_fen=5900),
        Proof(name="李明", id_tail="0000", monthly_fen=2800),
    ],
)
async def test_what_does_not_fit_is_counted(crm: Crm, proof: Proof) -> None:
    assert ("proof_wrong", {"tries_left": 4}) == await refused(verify(crm, LI, proof))


@pytest.mark.parametrize("proof", [Proof(), Proof(name="李明"), Proof(name="李明", id_tail="000", monthly_fen=5900)])
async def test_too_little_is_no_try(crm: Crm, proof: Proof) -> None:
    assert ("proof_short", {}) == await refused(verify(crm, LI, proof))
    assert ("proof_wrong", {"tries_left": 4}) == await refused(verify(crm, LI, Proof(password="1"), "next"))


async def test_five_wrong_tries_lock_even_the_right_one_for_an_hour(crm: Crm, clock: Clock) -> None:
    for number in range(4):
        await refused(verify(crm, LI, Proof(password="999999"), str(number)))
    assert "proof_locked" == (await refused(verify(crm, LI, Proof(password="999999"), "fifth")))[0]
    assert "proof_locked" == (await refused(verify(crm, LI, Proof(password="130000"), "right")))[0]
    clock.forward(minutes=61)
    await verify(crm, LI, Proof(password="130000"), "later")


async def test_a_repeated_question_is_one_try(crm: Crm) -> None:
    for _ in range(3):
        assert ("proof_wrong", {"tries_left": 4}) == await refused(verify(crm, LI, Proof(password="999999")))


async def test_the_puk_has_eight_digits_and_is_each_numbers_own(crm: Crm) -> None:
    first, second = await crm.puk(LI, deadline=within(5)), await crm.puk(WANG, deadline=within(5))
    assert (len(first), first.isdigit(), first == second) == (8, True, False)
    with pytest.raises(NotFound):
        await crm.puk("+8613999999999", deadline=within(5))


async def test_a_new_service_password_proves_the_holder_and_the_old_one_no_more(crm: Crm) -> None:
    for _ in range(2):
        await crm.set_password(LI, "908172", idempotency_key="p1", deadline=within(5))
    await verify(crm, LI, Proof(password="908172"))
    assert "proof_wrong" == (await refused(verify(crm, LI, Proof(password="130000"), "old")))[0]


@pytest.mark.parametrize("password", ["12345", "1234567", "abcdef", "９０８１７２"])
async def test_a_service_password_has_six_digits(crm: Crm, password: str) -> None:
    call = crm.set_password(LI, password, idempotency_key="p1", deadline=within(5))
    assert ("invalid", {"field": "password"}) == await refused(call)


async def test_the_code_to_leave_with_is_good_for_an_hour_and_the_same_when_asked_again(crm: Crm, clock: Clock) -> None:
    first = await crm.port_out_code(LI, idempotency_key="l1", deadline=within(5))
    assert (len(first.code), first.until - clock()) == (8, timedelta(hours=1))
    assert first == await crm.port_out_code(LI, idempotency_key="l1", deadline=within(5))
    assert first.code != (await crm.port_out_code(LI, idempotency_key="l2", deadline=within(5))).code


@pytest.mark.parametrize(("msisdn", "reason"), [(WANG, "arrears"), (BOUND, "lock_in"), (STOPPED, "suspended")])
async def test_no_code_is_made_while_something_stands_in_the_way(crm: Crm, msisdn: str, reason: str) -> None:
    call = crm.port_out_code(msisdn, idempotency_key="l1", deadline=within(5))
    assert reason == (await refused(call))[0]


async def test_the_code_to_leave_with_stands_in_no_table(reference: Reference, clock: Clock) -> None:
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        made = await crm.port_out_code(LI, idempotency_key="l1", deadline=within(5))
    async with reference.office.store.reading() as connection:
        stored = (await connection.execute(select(schema.idempotency))).all()
    assert stored and made.code not in str(stored)


async def test_nothing_that_proves_somebody_can_be_read_in_the_tables(reference: Reference) -> None:
    async with reference.office.store.reading() as connection:
        rows = (await connection.execute(select(schema.papers).where(schema.papers.c.msisdn == LI))).mappings().all()
    assert [b"130000" in row[name] for row in rows for name in ("password", "id_number", "id_tail")] == [False] * 3


async def test_a_visit_is_booked_once_listed_and_cancelled(crm: Crm) -> None:
    at = (await crm.visit_times(SHOP, deadline=within(5)))[0]
    booked = [await crm.book_visit(LI, SHOP, "sim", at, idempotency_key="v1", deadline=within(5)) for _ in range(2)]
    assert booked[0] == booked[1]
    assert [booked[0]] == list(await crm.visits(LI, deadline=within(5)))
    assert () == await crm.visits(WANG, deadline=within(5))
    cancelled = await crm.cancel_visit(booked[0].id, idempotency_key="c1", deadline=within(5))
    assert ("cancelled", ()) == (cancelled.state, await crm.visits(LI, deadline=within(5)))


async def test_a_time_takes_two_people_and_no_third(crm: Crm) -> None:
    at = (await crm.visit_times(SHOP, deadline=within(5)))[0]
    for msisdn in (LI, WANG):
        await crm.book_visit(msisdn, SHOP, "sim", at, idempotency_key=f"v{msisdn}", deadline=within(5))
    third = crm.book_visit(ANNA, SHOP, "sim", at, idempotency_key="v3", deadline=within(5))
    assert ("slot_taken", {}) == await refused(third)
    assert at not in await crm.visit_times(SHOP, deadline=within(5))


async def test_of_many_who_want_the_last_place_at_once_two_get_it(crm: Crm) -> None:
    at = (await crm.visit_times(SHOP, deadline=within(5)))[0]
    crowd = [f"+86138000000{number:02d}" for number in (0, 1, 2, 3, 11)]
    asked = [crm.book_visit(m, SHOP, "sim", at, idempotency_key=f"v{m}", deadline=within(20)) for m in crowd]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert sorted(getattr(answer, "state", "") or answer.reason for answer in answers) == (  # type: ignore[union-attr]
        ["confirmed"] * 2 + ["slot_taken"] * 3
    )


async def test_a_number_has_three_visits_at_most(crm: Crm) -> None:
    times = await crm.visit_times(SHOP, deadline=within(5))
    for number in range(3):
        await crm.book_visit(LI, SHOP, "sim", times[number], idempotency_key=f"v{number}", deadline=within(5))
    fourth = crm.book_visit(LI, SHOP, "sim", times[3], idempotency_key="v3", deadline=within(5))
    assert ("too_many_visits", {"most": 3}) == await refused(fourth)
    (first, *_) = await crm.visits(LI, deadline=within(5))
    await crm.cancel_visit(first.id, idempotency_key="c", deadline=within(5))
    await crm.book_visit(LI, SHOP, "sim", times[3], idempotency_key="v4", deadline=within(5))


async def test_who_has_no_papers_is_told_so_until_they_are_filled_in(reference: Reference, clock: Clock) -> None:
    store = reference.office.store
    async with store.writing() as connection:
        await connection.execute(delete(schema.papers))
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        assert ("no_papers", {}) == await refused(verify(crm, LI, Proof(password="130000")))
        assert (await fill_papers(store, CARD_KEY), await fill_papers(store, CARD_KEY)) == (SUBSCRIBERS, 0)
        await verify(crm, LI, Proof(password="130000"), "filled")


async def test_nobody_is_expected_while_the_shop_is_closed(crm: Crm) -> None:
    times = await crm.visit_times(SHOP, deadline=within(5))
    assert times == tuple(sorted(times))
    assert {at.astimezone().weekday() for at in times} <= {0, 1, 2, 3, 4}
    night = times[0].replace(hour=18) + timedelta(days=1)
    at_night = crm.book_visit(LI, SHOP, "sim", night, idempotency_key="n", deadline=within(5))
    assert ("slot_taken", {}) == await refused(at_night)


async def test_a_shop_that_is_not_there_has_no_times(crm: Crm) -> None:
    with pytest.raises(NotFound):
        await crm.visit_times("shop-nowhere", deadline=within(5))
