"""The reference CRM's own matters: what the seed writes adds up, reads use indexes, and the month turns."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from sqlalchemy import func, select, text, update

from crm.port import OrderItem, OrderRequest, within
from crm.reference import reads, schema
from crm.reference.app import NAME
from crm.reference.cycle import bring_forward
from crm.reference.seed import NotEmpty, seed
from crm.reference.store import Store
from crm.tmf import TmfCrm, tmf_crm
from tests.contracts.crm.serving import CARD_KEY, NOW, TOKEN, Clock, Reference

LI, LIU, LIN, HE = (f"+86138000000{n:02d}" for n in (0, 4, 10, 13))
NEXT_MONTH = datetime(2026, 11, 30, 16, 5, tzinfo=timezone.utc)

SUMS = {
    "a bill is its items": """
        SELECT b.id FROM bill b LEFT JOIN bill_item i ON i.bill_id = b.id
        GROUP BY b.id HAVING b.total_fen != coalesce(sum(i.amount_fen), 0)""",
    "a bucket is its ledger": """
        SELECT b.id FROM bucket b LEFT JOIN ledger l ON l.bucket_id = b.id
        GROUP BY b.id HAVING b.amount_fen != coalesce(sum(l.amount_fen), 0)""",
    "charges are bills": """
        SELECT s.msisdn FROM subscriber s WHERE
        (SELECT coalesce(-sum(amount_fen), 0) FROM ledger l WHERE l.msisdn = s.msisdn AND cause = 'charge')
        != (SELECT coalesce(sum(total_fen), 0) FROM bill b WHERE b.msisdn = s.msisdn)""",
    "credits are payments": """
        SELECT s.msisdn FROM subscriber s WHERE
        (SELECT coalesce(sum(amount_fen), 0) FROM ledger l WHERE l.msisdn = s.msisdn AND cause IN ('payment', 'card'))
        != (SELECT coalesce(sum(amount_fen), 0) FROM payment p WHERE p.msisdn = s.msisdn AND state = 'done')""",
    "arrears are dues": """
        SELECT s.msisdn FROM subscriber s JOIN bucket k ON k.msisdn = s.msisdn AND k.kind = 'general' WHERE
        CASE WHEN k.amount_fen < 0 THEN -k.amount_fen ELSE 0 END
        != (SELECT coalesce(sum(due_fen), 0) FROM bill b WHERE b.msisdn = s.msisdn)""",
    "usage is what allowances say": """
        SELECT s.msisdn FROM subscriber s JOIN usage u ON u.msisdn = s.msisdn AND u.month = s.cycle WHERE u.data_kb != (
        SELECT coalesce(sum(used), 0) FROM allowance a WHERE a.msisdn = s.msisdn AND a.type = 'data'
        AND a.valid_until > s.cycle || '-02')""",
    "nobody opened below zero": "SELECT msisdn FROM ledger WHERE cause = 'opening' AND amount_fen < 0",
    "one plan each": """
        SELECT msisdn FROM product WHERE offering_id LIKE 'plan-%' AND status = 'active'
        GROUP BY msisdn HAVING count(*) != 1""",
}


async def broken_sums(store: Store) -> dict[str, list[str]]:
    async with store.reading() as connection:
        found = {name: (await connection.execute(text(query))).scalars().all() for name, query in SUMS.items()}
    return {name: list(keys) for name, keys in found.items() if keys}


async def test_the_seed_adds_up_and_is_the_same_each_time(tmp_path: Path) -> None:
    contents = []
    for name in ("a", "b"):
        store = Store(f"sqlite+aiosqlite:///{tmp_path}/{name}.db")
        await seed(store, 400, NOW, CARD_KEY)
        assert {} == await broken_sums(store)
        async with store.reading() as connection:
            rows = [
                await reads.all_rows(connection, select(t).order_by(*t.primary_key))
                for t in schema.metadata.sorted_tables
            ]
        contents.append(rows)
        with pytest.raises(NotEmpty):
            await seed(store, 10, NOW, CARD_KEY)
        await store.close()
    assert contents[0] == contents[1]


async def test_everything_still_adds_up_after_a_busy_day(reference: Reference, clock: Clock) -> None:
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        people = [f"+86138000000{n:02d}" for n in range(14)]
        acts: list[Awaitable[Any]] = []
        for n, msisdn in enumerate(people):
            for m, (action, offering) in enumerate(
                (("add", "pack-5g"), ("add", "svc-ringback"), ("modify", "plan-5g-199"))
            ):
                wanted = OrderRequest(msisdn, (OrderItem(action, offering),), f"q{n}-{m}", "web")  # type: ignore[arg-type]
                acts.append(crm.place_order(wanted, idempotency_key=f"q{n}-{m}", deadline=within(20)))
            acts.append(_pay(crm, msisdn, 1000 * (n + 1)))
        acts.append(crm.top_up_card(LI, "800000000000000001", idempotency_key="c", deadline=within(20)))
        done = await asyncio.gather(*acts, return_exceptions=True)
    assert sum(not isinstance(d, BaseException) for d in done) > 25
    assert {} == await broken_sums(reference.office.store)


async def _pay(crm, msisdn: str, amount_fen: int):
    payment = await crm.create_payment(msisdn, amount_fen, "web:1", idempotency_key=f"p{msisdn}", deadline=within(20))
    return await crm.top_up_paid(payment.id, amount_fen, idempotency_key=f"g{msisdn}", deadline=within(20))


async def turn(reference: Reference) -> None:
    while await bring_forward(reference.office.store, reference.office.terms()):
        pass


async def test_the_month_turns_once(reference: Reference, clock: Clock) -> None:
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        clock.now = NEXT_MONTH
        await asyncio.gather(turn(reference), turn(reference))
        bills = await crm.bills(LI, deadline=within(5))
        assert ["2026-12", "2026-11"] == [b.month for b in bills[:2]]
        assert (6500, "open") == (bills[0].total_fen, bills[0].state)
        assert 6500 - 2350 == (await crm.balance(LI, deadline=within(5))).arrears_fen == bills[0].due_fen
        fresh = await crm.allowances(LI, type="data", deadline=within(5))
        assert fresh and all(a.used == 0 for a in fresh)
        assert 0 == (await crm.usage(LI, "2026-12", deadline=within(5))).data_kb
    assert {} == await broken_sums(reference.office.store)


async def test_what_is_bought_in_the_new_month_before_its_turn_is_charged_once(
    reference: Reference, clock: Clock
) -> None:
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        clock.now = NEXT_MONTH
        await _buy(crm, LIU, "pack-video")
        await turn(reference)
        bill = await crm.bill(LIU, "2026-12", deadline=within(5))
        assert 1 == [item.offering_id for item in bill.items].count("pack-video")
        assert "2026-12" == await _cycle(reference, LIU)
    assert {} == await broken_sums(reference.office.store)


async def test_what_is_bought_minutes_before_midnight_is_renewed(reference: Reference, clock: Clock) -> None:
    """Both moments are the same day in UTC."""
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        clock.now = NEXT_MONTH - timedelta(minutes=10)
        await _buy(crm, LIU, "pack-video")
        clock.now = NEXT_MONTH
        await turn(reference)
    assert "2026-12" == await _cycle(reference, LIU)


async def test_a_broken_subscriber_stops_nobody_and_is_tried_again(reference: Reference, clock: Clock) -> None:
    store, bad = reference.office.store, {"offering_id": "gone-from-the-catalogue"}
    plan = (schema.product.c.msisdn == LI) & schema.product.c.offering_id.like("plan-%")
    async with store.writing() as connection:
        await connection.execute(update(schema.product).where(plan).values(bad))
    clock.now = NEXT_MONTH
    await turn(reference)
    assert ("2026-11", "2026-12") == (await _cycle(reference, LI), await _cycle(reference, HE))
    async with store.writing() as connection:
        mended = schema.product.c.offering_id == bad["offering_id"]
        await connection.execute(update(schema.product).where(mended).values(offering_id="plan-5g-59"))
    await turn(reference)
    assert "2026-12" == await _cycle(reference, LI)


async def _buy(crm: TmfCrm, msisdn: str, offering: str) -> None:
    wanted = OrderRequest(msisdn, (OrderItem("add", offering),), offering, "web")
    await crm.place_order(wanted, idempotency_key=offering, deadline=within(5))


async def _cycle(reference: Reference, msisdn: str) -> str:
    query = select(schema.subscriber.c.cycle).where(schema.subscriber.c.msisdn == msisdn)
    async with reference.office.store.reading() as connection:
        return str((await connection.execute(query)).scalar())


async def test_a_waiting_plan_takes_over_with_the_month(reference: Reference, clock: Clock) -> None:
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        clock.now = NEXT_MONTH
        await turn(reference)
        plans = [p.offering_id for p in await crm.products(LIN, deadline=within(5)) if p.category == "plan"]
        assert ["plan-5g-99"] == plans
        assert "completed" == (await crm.orders(LIN, deadline=within(5)))[0].state
        assert 9900 == (await crm.bill(LIN, "2026-12", deadline=within(5))).total_fen


@pytest.mark.parametrize(("cause", "status"), [("arrears", "active"), ("wish", "suspended"), (None, "suspended")])
async def test_money_reconnects_only_who_was_suspended_for_arrears(
    reference: Reference, clock: Clock, cause: str | None, status: str
) -> None:
    table = schema.subscriber
    stopped = update(table).where(table.c.msisdn == LI).values(status="suspended", suspended_for=cause)
    async with reference.office.store.writing() as connection:
        await connection.execute(stopped)
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        await _pay(crm, LI, 100)
        assert status == (await crm.subscriber_of(LI, deadline=within(5))).status
    async with reference.office.store.reading() as connection:
        row = (await connection.execute(select(table.c.suspended_for).where(table.c.msisdn == LI))).scalar()
    assert row == (None if status == "active" else cause)


async def test_gift_and_earmarked_credit_pay_the_monthly_fee_first(reference: Reference, clock: Clock) -> None:
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        clock.now = NEXT_MONTH
        await turn(reference)
        balance = await crm.balance(HE, deadline=within(5))
        bills = await crm.bills(HE, deadline=within(5))
        bill = await crm.bill(HE, "2026-12", deadline=within(5))
    assert [12000, 0] == [one.gift_fen for one in bills[:2]] and bill.gift_fen == 12000
    # 19900 of plan: 10000 earmarked, 2000 gift, 7900 general; then 2700 of packs and services
    kinds = {kind: balance.kind_fen(kind) for kind in ("dedicated", "gift", "general", "frozen")}
    assert {"dedicated": 0, "gift": 0, "general": 9900 - 7900 - 2700, "frozen": 60000} == kinds


async def test_a_day_pack_is_gone_after_its_day(reference: Reference, clock: Clock) -> None:
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        wanted = OrderRequest(LI, (OrderItem("add", "pack-day-1g"),), "q", "web")
        await crm.place_order(wanted, idempotency_key="q", deadline=within(5))
        assert "pack-day-1g" in {p.offering_id for p in await crm.products(LI, deadline=within(5))}
        clock.forward(hours=25)
        assert "pack-day-1g" not in {p.offering_id for p in await crm.products(LI, deadline=within(5))}


@pytest.mark.parametrize("reference", ["sqlite"], indirect=True)
async def test_the_main_reads_find_their_rows_by_an_index(reference: Reference) -> None:
    async with reference.office.store.reading() as connection:
        # Of SQLite's own driver: what is put together once does not go through SQLAlchemy.
        seen: list[str] = []
        driver = connection.sync_connection.connection.dbapi_connection
        driver.set_trace_callback(seen.append)
        terms = reference.office.terms()
        await reads.situation(connection, LI, terms)
        await reads.customers(connection, account_id="A-home")
        await reads.customer(connection, "S13800000000")
        await reads.allowances(connection, LI, terms)
        await reads.usage(connection, LI, "2026-11")
        await reads.bills(connection, LI)
        await reads.bill_items(connection, "B13800000000-2026-11", terms)
        await reads.orders(connection, external_id="q")
        await reads.tickets(connection, LI)
        await reads.payments(connection, LI)
        await reads.top_ups(connection, LI)
        driver.set_trace_callback(None)
        assert len(seen) >= 13
        for query in seen:
            plan = [row[-1] for row in driver.execute(f"EXPLAIN QUERY PLAN {query}")]
            assert not [step for step in plan if step.startswith("SCAN")], (query, plan)


@pytest.mark.parametrize("reference", ["sqlite"], indirect=True)
async def test_the_store_keeps_foreign_keys_and_a_journal(reference: Reference) -> None:
    async with reference.office.store.writing() as connection:
        settings = [
            (await connection.exec_driver_sql(f"PRAGMA {p}")).scalar()
            for p in ("foreign_keys", "journal_mode", "busy_timeout", "synchronous")
        ]
    assert [1, "wal", 5000, 2] == settings


async def test_the_tables_are_what_the_migrations_make(reference: Reference) -> None:
    def differences(connection):
        from alembic.autogenerate import compare_metadata
        from alembic.migration import MigrationContext

        # SQLite counts ids that are never used again in a table of its own.
        ours = {"include_name": lambda name, kind, of: kind != "table" or not name.startswith("sqlite_")}
        return compare_metadata(MigrationContext.configure(connection, opts=ours), schema.metadata)

    async with reference.office.store.writing() as connection:
        assert [] == await connection.run_sync(differences)


async def test_its_health_names_it(reference: Reference) -> None:
    async with ClientSession() as http, http.get(f"{reference.url}/healthz") as answer:
        assert (200, NAME) == (answer.status, answer.headers["Server"])


async def test_an_old_idempotency_key_is_forgotten(reference: Reference, clock: Clock) -> None:
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        await crm.create_ticket(LI, "fault", "x", idempotency_key="t", deadline=within(5))
    clock.forward(days=91)
    await turn(reference)
    async with reference.office.store.reading() as connection:
        assert 0 == (await connection.execute(select(func.count()).select_from(schema.idempotency))).scalar()


def test_the_seed_runs_from_the_command_line(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s" * 40)
    database = f"sqlite+aiosqlite:///{tmp_path}/sub/crm.db"
    command = [sys.executable, "-m", "crm.reference.seed", "--database", database, "--subscribers", "25"]
    command += ["--secret-file", str(secret)]
    assert 0 == subprocess.run(command, check=False, capture_output=True).returncode
    assert 0 == subprocess.run([*command, "--if-empty"], check=False, capture_output=True).returncode
    command[-1] = str(tmp_path / "none")
    failed = subprocess.run(command, check=False, capture_output=True, text=True)
    assert 1 == failed.returncode and "Traceback" not in failed.stderr


async def test_a_line_on_hold_pays_for_the_hold_and_not_for_its_plan(reference: Reference, clock: Clock) -> None:
    async with tmf_crm(reference.url, TOKEN, clock) as crm:
        request = OrderRequest(LI, (OrderItem("add", "hold-wish"),), "hold", "web")
        await crm.place_order(request, idempotency_key="hold", deadline=within(5))
        clock.now = NEXT_MONTH
        await turn(reference)
        bill = await crm.bill(LI, "2026-12", deadline=within(5))
        assert [("hold-wish", 500)] == [(item.offering_id, item.amount_fen) for item in bill.items]
        assert 2350 - 500 == (await crm.balance(LI, deadline=within(5))).kind_fen("general")
        usable = await crm.allowances(LI, deadline=within(5))
        assert [] == [a for a in usable if a.offering_id == "plan-5g-59"]
