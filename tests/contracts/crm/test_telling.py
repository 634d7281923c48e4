"""What the reference CRM tells unasked: each once, nothing of before, again what the product could not store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from sqlalchemy import insert, select, update
from yarl import URL

from crm.happenings import BadEvent, Event, event_from, event_to, events_handler
from crm.port import within
from crm.reference import schema, telling, writes
from crm.tmf import tmf_crm
from tests.contracts.crm.serving import NOW, TOKEN, Reference

LI, CHEN, ANNA = "+8613800000000", "+8613800000002", "+8613800000011"


class Product:
    """Takes what the CRM tells; `away` refuses it for now."""

    def __init__(self) -> None:
        self.heard: list[Event] = []
        self.away = False

    async def take(self, event: Event) -> str:
        if self.away:
            raise web.HTTPServiceUnavailable
        self.heard.append(event)
        return "entered"


@pytest.fixture
async def product() -> Product:
    return Product()


@pytest.fixture
async def url(product: Product) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/crm/events", events_handler(TOKEN, product.take))
    server = TestServer(app)
    await server.start_server()
    yield str(server.make_url("/crm/events"))
    await server.close()


async def look(reference: Reference, url: str) -> int:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
        return await telling.tell(reference.office.store, reference.office.terms(), session, url)


async def change(reference: Reference, table: Any, msisdn: str, *more: Any, **values: Any) -> None:
    async with reference.office.store.writing() as connection:
        await connection.execute(update(table).where(table.c.msisdn == msisdn, *more).values(**values))


async def test_what_held_before_the_first_look_is_history(reference: Reference, product: Product, url: str) -> None:
    assert (await look(reference, url), await look(reference, url), product.heard) == (0, 0, [])


async def test_a_balance_that_gets_low_is_told_once(reference: Reference, product: Product, url: str) -> None:
    await look(reference, url)
    await change(reference, schema.bucket, LI, schema.bucket.c.kind == "general", amount_fen=450)
    assert (await look(reference, url), await look(reference, url)) == (1, 0)
    (event,) = product.heard
    assert (event.kind, event.msisdn, event.language, event.values) == ("balance_low", LI, "zh", {"balance_fen": 450})


async def test_what_the_product_could_not_store_is_told_again(reference: Reference, product: Product, url: str) -> None:
    await look(reference, url)
    await change(reference, schema.bucket, LI, schema.bucket.c.kind == "general", amount_fen=450)
    product.away = True
    with pytest.raises(aiohttp.ClientResponseError):
        await look(reference, url)
    product.away = False
    assert await look(reference, url) == 1


async def test_data_is_told_at_eighty_and_at_a_hundred_percent(
    reference: Reference, product: Product, url: str
) -> None:
    await look(reference, url)
    table = schema.allowance
    for share in (85, 100):
        await change(reference, table, LI, table.c.type == "data", used=table.c.total * share / 100)
        await look(reference, url)
    assert [event.kind for event in product.heard if event.msisdn == LI] == ["data_80", "data_100"]


async def test_what_was_bought_after_all_was_used_up_is_not_told_to_be_nearly_gone(
    reference: Reference, product: Product, url: str
) -> None:
    table, gb = schema.allowance, 1024 * 1024
    await change(reference, table, LI, table.c.type == "data", used=table.c.total)
    await look(reference, url)
    mine = (table.c.msisdn == LI) & (table.c.type == "data") & (table.c.scope == "general")
    async with reference.office.store.writing() as connection:
        row = (await connection.execute(select(table).where(mine))).mappings().first()
        await connection.execute(insert(table).values({**dict(row or {}), "id": "A-bought", "total": gb, "used": 0}))
    await look(reference, url)
    assert "data_80" not in [event.kind for event in product.heard if event.msisdn == LI]
    await change(reference, table, LI, table.c.id == "A-bought", used=gb * 9 // 10)
    await look(reference, url)
    assert "data_80" in [event.kind for event in product.heard if event.msisdn == LI]


async def test_a_ticket_is_told_before_its_deadline_and_when_it_is_over_and_again_when_opened_again(
    reference: Reference, product: Product, url: str
) -> None:
    await look(reference, url)
    async with tmf_crm(reference.url, TOKEN, reference.clock) as crm:
        made = await crm.create_ticket(LI, "fault", "没信号", idempotency_key="t", deadline=within(5))
        reference.clock.forward(hours=25)
        await look(reference, url)
        await _solve(reference, made.id)
        await look(reference, url)
        again = await crm.reopen_ticket(made.id, idempotency_key="r", deadline=within(5))
    assert (again.state, again.accountable, again.due_at > made.due_at) == ("inProgress", made.accountable, True)
    reference.clock.forward(hours=1)
    await _solve(reference, made.id)
    await look(reference, url)
    mine = [event for event in product.heard if event.values.get("ticket") == made.id]
    assert [event.kind for event in mine] == ["ticket_due", "ticket_solved", "ticket_solved"]


async def _solve(reference: Reference, ticket: str) -> None:
    async with reference.office.store.writing() as connection:
        await writes.change_ticket(connection, ticket, reference.office.terms(), state="resolved", note="")


async def test_a_pack_that_ends_soon_can_be_ordered_again_and_who_reads_english_is_told_its_english_name(
    reference: Reference, product: Product, url: str
) -> None:
    await look(reference, url)
    table = schema.product
    ends = {"until": NOW + timedelta(days=2), "since": NOW - timedelta(days=20), "offering_id": "pack-10g"}
    await change(reference, table, ANNA, table.c.offering_id == "svc-roaming", **ends)
    await look(reference, url)
    (event,) = [event for event in product.heard if event.kind == "expiry"]
    assert (event.language, event.values["name"], event.values["offering"]) == ("en", "10 GB top-up pack", "pack-10g")


async def test_five_times_the_usual_charges_are_told_once(reference: Reference, product: Product, url: str) -> None:
    table, running = schema.bill, schema.bill.c.month == "2026-11"
    await change(reference, table, LI, table.c.month < "2026-11", total_fen=6000)
    await look(reference, url)
    await change(reference, table, LI, running, total_fen=30000)
    await look(reference, url)
    assert "bill_shock" not in [event.kind for event in product.heard]
    await change(reference, table, LI, running, total_fen=30001)
    assert (await look(reference, url), await look(reference, url)) == (1, 0)
    (event,) = product.heard
    assert (event.kind, event.msisdn) == ("bill_shock", LI)
    assert event.values == {"month": "2026-11", "total_fen": 30001, "mean_fen": 6000, "times": 5, "months": 3}


async def test_who_was_charged_nothing_before_has_no_usual_charges(
    reference: Reference, product: Product, url: str
) -> None:
    table = schema.bill
    await look(reference, url)
    await change(reference, table, LI, table.c.month < "2026-11", total_fen=0)
    await change(reference, table, LI, table.c.month == "2026-11", total_fen=30000)
    await look(reference, url)
    assert "bill_shock" not in [event.kind for event in product.heard if event.msisdn == LI]


async def test_a_bill_is_told_ready_only_when_the_billing_run_is_over(
    reference: Reference, product: Product, url: str
) -> None:
    reference.clock.now = NOW.replace(month=12, day=3)
    async with reference.office.store.writing() as connection:
        await connection.execute(update(schema.bill).where(schema.bill.c.month == "2026-11").values(due_fen=0))
    await look(reference, url)
    assert "bill_ready" not in [event.kind for event in product.heard]
    reference.clock.now = NOW.replace(month=12, day=4)
    await look(reference, url)
    ready = [event for event in product.heard if event.kind == "bill_ready" and event.msisdn == LI]
    assert [event.values["month"] for event in ready] == ["2026-11"]


async def test_bills_are_told_when_they_are_due_and_overdue(reference: Reference, product: Product, url: str) -> None:
    await look(reference, url)
    table, today = schema.bill, NOW.date()
    mine = (table.c.month == "2026-10",)
    for due_on in (today + timedelta(days=2), today - timedelta(days=1)):
        await change(reference, table, CHEN, *mine, due_fen=1800, due_on=due_on, state="overdue")
        await look(reference, url)
    assert [event.kind for event in product.heard if event.msisdn == CHEN] == ["bill_due", "bill_overdue"]


GOOD = event_to(Event("data_80", "k", LI, "S1", "zh", NOW, {"left_kb": 5}))


def test_an_event_is_read_as_it_was_written() -> None:
    assert event_to(event_from(GOOD)) == GOOD


@pytest.mark.parametrize(
    "changes",
    [
        {"eventType": "praise"}, {"eventId": ""}, {"eventId": 5}, {"eventTime": "yesterday"},
        {"eventTime": "2026-11-20"},
        {"event": []}, {"event": {**GOOD["event"], "publicIdentifier": "13800000000"}},
        {"event": {**GOOD["event"], "customer": ""}}, {"event": {**GOOD["event"], "language": "fr"}},
        {"event": {**GOOD["event"], "values": {}}}, {"event": {**GOOD["event"], "values": {"left_kb": True}}},
        {"event": {**GOOD["event"], "values": {"left_kb": "5"}}},
    ],
)  # fmt: skip
def test_a_malformed_event_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(BadEvent):
        event_from({**GOOD, **changes})


async def test_only_our_crm_may_tell(product: Product, url: str) -> None:
    async with aiohttp.ClientSession() as session:
        for headers, body, status in (
            ({}, GOOD, 401),
            ({"Authorization": "Bearer other"}, GOOD, 401),
            ({"Authorization": f"Bearer {TOKEN}"}, [], 400),
            ({"Authorization": f"Bearer {TOKEN}"}, GOOD, 200),
        ):
            async with session.post(url, json=body, headers=headers) as answer:
                assert answer.status == status
    assert len(product.heard) == 1


async def test_a_header_that_is_no_text_is_refused_like_any_other(product: Product, url: str) -> None:
    server = URL(url)
    reader, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(b"POST /crm/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\nContent-Length: 0\r\n\r\n")
    assert (await reader.readline()).split()[1] == b"401"
    writer.close()
