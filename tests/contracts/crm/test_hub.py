"""Who registers at a hub is told what happens: in order, once, again until it was taken, and nobody else is called."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from crm.model import OrderItem, OrderRequest
from crm.port import within
from crm.reference import hub_delivery, schema
from crm.reference.app import crm_app
from crm.reference.cards import issue
from crm.reference.cycle import bring_forward
from crm.reference.hub import HUBS, MOST_LISTENERS, may_hear, origins, publish
from crm.reference.reads import Terms
from crm.tmf import TmfCrm, tmf_crm
from tests.contracts.crm.living import TALK, ZHENG
from tests.contracts.crm.serving import CARD_KEY, LISTENER, TOKEN, Clock, Reference, serving
from tests.contracts.crm.swaggers import faults, swaggers

LI = "+8613800000000"
TICKETS, ORDERS = "/tmf-api/troubleTicket/v4", "/tmf-api/productOrderingManagement/v4"
PAYMENTS, TALKS = "/payment/v4", "/tmf-api/partyInteraction/v4"


class Listener:
    """Takes events as long as `status` says so."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.calls, self.status = 0, 204
        self.headers: dict[str, str] = {}

    async def take(self, request: web.Request) -> web.Response:
        self.calls += 1
        self.headers = dict(request.headers)
        if self.status < 300:
            self.heard.append(json.loads(await request.read()))
        return web.Response(status=self.status, headers={"Location": "/elsewhere"} if self.status == 302 else {})

    def types(self) -> list[str]:
        return [one["eventType"] for one in self.heard]


@pytest.fixture
async def listener() -> Listener:
    return Listener()


@pytest.fixture
async def address(listener: Listener) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", listener.take)
    async with TestServer(app, host="127.0.0.1") as server:
        yield str(server.make_url("/events"))


class Hub:
    """The reference CRM with one origin that may listen, over HTTP and by our adapter."""

    def __init__(self, reference: Reference, http: ClientSession, crm: TmfCrm, allowed: frozenset[str]) -> None:
        self.reference, self.http, self.crm, self.allowed = reference, http, crm, allowed

    async def register(self, base: str, callback: str, key: str = "hub", **more: str) -> tuple[int, dict[str, Any]]:
        document = {"callback": callback, **more}
        async with self.http.post(f"{base}/hub", json=document, headers={"Idempotency-Key": key}) as reply:
            return reply.status, await reply.json()

    def terms(self) -> Terms:
        return replace(self.reference.office.terms(), listeners=self.allowed)

    async def deliver(self) -> int:
        """One pass over all who are due; how many events were taken."""
        async with hub_delivery.listeners_session() as session:
            delivery = hub_delivery.Delivery(self.reference.office.store, self.terms, session)
            return sum(await asyncio.gather(*await delivery.look()))

    async def due_at(self) -> datetime:
        async with self.reference.office.store.reading() as connection:
            return (await connection.execute(select(schema.hub_listener.c.due_at))).scalar()

    async def ticket(self, key: str = "t") -> str:
        return (await self.crm.create_ticket(LI, "fault", "没信号", idempotency_key=key, deadline=within(5))).id

    async def waiting(self) -> int:
        async with self.reference.office.store.reading() as connection:
            return (await connection.execute(select(func.count()).select_from(schema.hub_event))).scalar() or 0


@pytest.fixture
async def hub(seeded: Path, tmp_path: Path, clock: Clock, address: str) -> AsyncIterator[Hub]:
    async with serving(seeded, tmp_path, clock) as running:
        allowed = origins(address.rpartition("/")[0])
        app = crm_app(replace(running.office, listeners=allowed))
        async with TestServer(app, host="127.0.0.1") as server:
            url = str(server.make_url("")).rstrip("/")
            async with ClientSession(url, headers={"Authorization": f"Bearer {TOKEN}"}) as http:
                async with tmf_crm(url, TOKEN, clock) as crm:
                    yield Hub(running, http, crm, allowed)


async def test_who_registered_is_told_what_happens_in_order_and_once(
    hub: Hub, listener: Listener, address: str
) -> None:
    status, made = await hub.register(TICKETS, address)
    assert (status, made["callback"]) == (201, address)
    ticket = await hub.ticket()
    await hub.http.patch(
        f"{TICKETS}/troubleTicket/{ticket}", json={"status": "resolved"}, headers={"Idempotency-Key": "p"}
    )
    assert (await hub.deliver(), await hub.deliver()) == (2, 0)
    assert ["TroubleTicketCreateEvent", "TroubleTicketStatusChangeEvent"] == listener.types()
    assert [ticket, ticket] == [one["event"]["troubleTicket"]["id"] for one in listener.heard]
    assert 2 == len({one["eventId"] for one in listener.heard})
    assert "Authorization" not in listener.headers


async def test_a_write_that_is_repeated_under_its_key_happened_once(hub: Hub, listener: Listener, address: str) -> None:
    await hub.register(TICKETS, address)
    assert await hub.ticket("same") == await hub.ticket("same")
    await hub.deliver()
    assert ["TroubleTicketCreateEvent"] == listener.types()


async def test_who_left_and_who_listens_to_something_else_hear_nothing(
    hub: Hub, listener: Listener, address: str
) -> None:
    _, made = await hub.register(TICKETS, address)
    await hub.register(ORDERS, address, key="other")
    await hub.ticket()
    async with hub.http.delete(f"{ORDERS}/hub/{made['id']}") as reply:
        assert 404 == reply.status
    async with hub.http.delete(f"{TICKETS}/hub/{made['id']}") as reply:
        assert (204, b"") == (reply.status, await reply.read())
    assert (await hub.deliver(), listener.heard) == (0, [])


async def test_a_query_filters_by_type_and_by_what_the_document_says(
    hub: Hub, listener: Listener, address: str
) -> None:
    query = "eventType=TroubleTicketStatusChangeEvent&event.troubleTicket.status=resolved"
    await hub.register(TICKETS, address, query=query)
    ticket = await hub.ticket()
    for state in ("inProgress", "resolved"):
        headers = {"Idempotency-Key": state}
        await hub.http.patch(f"{TICKETS}/troubleTicket/{ticket}", json={"status": state}, headers=headers)
    await hub.deliver()
    assert ["resolved"] == [one["event"]["troubleTicket"]["status"] for one in listener.heard]


async def test_what_was_not_taken_is_told_again_later_and_in_order(
    hub: Hub, listener: Listener, address: str, clock: Clock
) -> None:
    await hub.register(TICKETS, address)
    first, second = await hub.ticket("1"), await hub.ticket("2")
    for status in (503, 302, 429):
        listener.status = status
        assert 0 == await hub.deliver()
        assert 0 == await hub.deliver()
        clock.forward(seconds=hub_delivery.LONGEST_WAIT_S)
    assert 3 == listener.calls, "a listener that fails is left alone for a while, and no redirect is followed"
    listener.status = 200
    assert 2 == await hub.deliver()
    assert [first, second] == [one["event"]["troubleTicket"]["id"] for one in listener.heard]


async def test_what_a_listener_refuses_is_dropped_and_the_next_is_told(
    hub: Hub, listener: Listener, address: str
) -> None:
    await hub.register(TICKETS, address)
    await hub.ticket("1")
    listener.status = 422
    await hub.deliver()
    listener.status = 200
    second = await hub.ticket("2")
    await hub.deliver()
    assert [second] == [one["event"]["troubleTicket"]["id"] for one in listener.heard]


async def test_one_that_hangs_holds_up_no_other_and_costs_a_bounded_time(
    hub: Hub, listener: Listener, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_delivery, "POST_S", 0.2)
    over = asyncio.Event()

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await over.wait()
        writer.close()

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    deaf = f"http://127.0.0.1:{port}/"
    hub.allowed |= origins(deaf)
    app = crm_app(replace(hub.reference.office, listeners=hub.allowed))
    async with TestServer(app, host="127.0.0.1") as other:
        url = str(other.make_url(f"{TICKETS}/hub"))
        await hub.http.post(url, json={"callback": deaf}, headers={"Idempotency-Key": "deaf"})
    await hub.register(TICKETS, address)
    await hub.ticket()
    assert 1 == await asyncio.wait_for(hub.deliver(), 5)
    assert ["TroubleTicketCreateEvent"] == listener.types()
    over.set()
    server.close()
    await server.wait_closed()


async def test_what_nobody_takes_is_kept_for_a_day_and_never_without_end(
    hub: Hub, listener: Listener, address: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_delivery, "MOST_WAITING", 3)
    await hub.register(TICKETS, address)
    listener.status = 503
    made = [await hub.ticket(str(n)) for n in range(5)]
    await hub.deliver()
    assert 3 == await hub.waiting()
    listener.status = 200
    clock.forward(hours=1)
    await hub.deliver()
    assert made[2:] == [one["event"]["troubleTicket"]["id"] for one in listener.heard]
    await hub.ticket("late")
    clock.now += hub_delivery.KEPT + timedelta(seconds=1)
    hub.allowed = frozenset()
    await hub_delivery.forget(hub.reference.office.store, hub.terms())
    assert (3, 0) == (len(listener.heard), await hub.waiting())


async def test_an_origin_that_is_taken_away_is_not_called_any_more(hub: Hub, listener: Listener, address: str) -> None:
    await hub.register(TICKETS, address)
    await hub.ticket()
    hub.allowed = frozenset({LISTENER})
    assert (await hub.deliver(), listener.calls) == (0, 0)


FORBIDDEN = (
    "http://169.254.169.254/latest/meta-data", "http://localhost:{port}/events", "https://127.0.0.1:{port}/events",
    "http://127.0.0.1:{port}@evil.example/", "http://evil.example#127.0.0.1:{port}/", "http://u:p@127.0.0.1:{port}/",
    "http://:p@127.0.0.1:{port}/",
    "http://127.1:{port}/", "http://[::ffff:127.0.0.1]:{port}/", "file:///etc/passwd", "//127.0.0.1:{port}/",
    "http://127.0.0.1:{port}.evil.example/", "http://127.0.0.1:1/", "gopher://127.0.0.1:{port}/", "", "http://",
    "http://127.0.0.1:{port}\\@evil.example/", "http://２１３．0.0.1/", "http://127.0.0.1:99999/",
)  # fmt: skip


async def test_no_other_address_can_be_registered(hub: Hub, address: str) -> None:
    port = address.split(":")[2].split("/")[0]
    for callback in FORBIDDEN:
        status, told = await hub.register(TICKETS, callback.replace("{port}", port))
        assert (403, "forbidden") == (status, told["code"]), callback


def test_where_nothing_is_allowed_nobody_listens() -> None:
    assert origins("") == frozenset()
    assert not may_hear("https://bus.example.cn/", frozenset())
    assert may_hear("https://BUS.example.cn:443/a?b=c", origins("https://bus.example.cn"))
    for wrong in ("bus.example.cn", "ftp://a.cn", "https://a.cn/path", "https://a.cn?b=c", "http://a.cn:99999"):
        with pytest.raises(ValueError, match="is no origin: give scheme, host and port only"):
            origins(wrong)
    with pytest.raises(ValueError, match="^a.cn is no origin"):
        origins("https://u:secret@a.cn")


async def test_nobody_registers_twice_nor_without_end_nor_with_a_query_that_says_nothing(
    hub: Hub, address: str
) -> None:
    assert 400 == (await hub.register(TICKETS, address, key="q", query="nonsense"))[0]
    assert 201 == (await hub.register(TICKETS, address, key="a"))[0]
    assert 201 == (await hub.register(TICKETS, address, key="a"))[0], "the same key is the same wish"
    status, told = await hub.register(TICKETS, address, key="b")
    assert (409, (await hub.register(TICKETS, address, key="a"))[1]["id"]) == (status, told["id"])
    for n in range(1, MOST_LISTENERS):
        assert 201 == (await hub.register(TICKETS, f"{address}{n}", key=str(n)))[0]
    assert 409 == (await hub.register(TICKETS, f"{address}x", key="x"))[0]


async def test_every_event_is_what_its_file_says(hub: Hub, listener: Listener, address: str, clock: Clock) -> None:
    bases = {"622": ORDERS, "621": TICKETS, "676": PAYMENTS, "646": "/tmf-api/appointment/v4",
             "654": "/tmf-api/prepayBalanceManagement/v4", "683": TALKS}  # fmt: skip
    for base in bases.values():
        await hub.register(base, address, key=base)
    await _live(hub)
    await hub.deliver()
    clock.forward(days=20)
    await bring_forward(hub.reference.office.store, hub.terms())
    await hub.deliver()
    found: list[str] = []
    for one in listener.heard:
        number = next(n for n in bases if one["eventType"] in swaggers()[n]["definitions"])
        found += faults(number, swaggers()[number]["definitions"][one["eventType"]], one)
    assert [] == found
    assert {kind for kinds in HUBS.values() for kind in kinds} == set(listener.types())
    last = listener.heard[-1]
    assert ("ProductOrderStateChangeEvent", "completed") == (last["eventType"], last["event"]["productOrder"]["state"])


async def _live(hub: Hub) -> None:
    crm, by, plan = hub.crm, within(20), (OrderItem("modify", "plan-5g-99"),)
    ticket = await hub.ticket()
    for change in ({"status": "resolved"}, {"note": [{"text": "换了天线"}]}):
        await hub.http.patch(f"{TICKETS}/troubleTicket/{ticket}", json=change, headers={"Idempotency-Key": str(change)})
    taken_back = await crm.place_order(OrderRequest(LI, plan, "q1", "web"), idempotency_key="o1", deadline=by)
    await crm.cancel_order(taken_back.id, idempotency_key="c", deadline=by)
    await crm.place_order(OrderRequest(LI, plan, "q2", "web"), idempotency_key="o2", deadline=by)
    paid = await crm.create_payment(LI, 1000, "web:1", idempotency_key="p", deadline=by)
    await crm.top_up_paid(paid.id, 1000, idempotency_key="u", deadline=by)
    shop = (await crm.shops("zj", deadline=by))[0]
    times = await crm.visit_times(shop.id, deadline=by)
    visit = await crm.book_visit(LI, shop.id, shop.does[0], times[0], idempotency_key="v", deadline=by)
    await crm.cancel_visit(visit.id, idempotency_key="w", deadline=by)
    reading = OrderRequest(ZHENG, (OrderItem("delete", "svc-reading"),), "q3", "web", None, "code")
    await crm.place_order(reading, idempotency_key="o3", deadline=by)
    await crm.refund(ZHENG, "svc-reading", idempotency_key="r", deadline=by)
    await hub.http.post(f"{TALKS}/partyInteraction", json=TALK, headers={"Idempotency-Key": "i"})


async def test_what_changes_nothing_is_told_to_nobody(hub: Hub, listener: Listener, address: str) -> None:
    visits = "/tmf-api/appointment/v4"
    ticket, by = await hub.ticket(), within(20)
    shop = (await hub.crm.shops("zj", deadline=by))[0]
    times = await hub.crm.visit_times(shop.id, deadline=by)
    visit = await hub.crm.book_visit(LI, shop.id, shop.does[0], times[0], idempotency_key="v", deadline=by)
    for base in (TICKETS, visits):
        await hub.register(base, address, key=base)
    for key in ("first", "again"):
        await hub.crm.cancel_visit(visit.id, idempotency_key=key, deadline=by)
        changed = hub.http.patch(
            f"{TICKETS}/troubleTicket/{ticket}", json={"status": "resolved"}, headers={"Idempotency-Key": key}
        )
        assert 200 == (await changed).status
    await hub.deliver()
    assert ["AppointmentStateChangeEvent", "TroubleTicketStatusChangeEvent"] == sorted(listener.types())


async def test_a_redeemed_card_is_a_payment_and_a_top_up(hub: Hub, listener: Listener, address: str) -> None:
    async with hub.reference.office.store.writing() as connection:
        await issue(connection, CARD_KEY, "9" * 18, 5000, hub.reference.clock())
    for base in (PAYMENTS, "/tmf-api/prepayBalanceManagement/v4"):
        await hub.register(base, address, key=base)
    await hub.crm.top_up_card(LI, "9" * 18, idempotency_key="c", deadline=within(5))
    await hub.deliver()
    assert ["PaymentCreateEvent", "TopupBalanceCreateEvent"] == sorted(listener.types())


async def test_for_an_origin_that_was_taken_away_nothing_is_kept(hub: Hub, address: str) -> None:
    await hub.register(TICKETS, address)
    async with hub.reference.office.store.writing() as connection:
        for origins_now in (frozenset({LISTENER}), frozenset[str]()):
            terms = replace(hub.terms(), listeners=origins_now)
            await publish(connection, "TroubleTicketCreateEvent", {"id": "T1"}, terms)
    assert 0 == await hub.waiting()


async def test_a_long_queue_is_told_in_one_pass(hub: Hub, listener: Listener, address: str) -> None:
    await hub.register(TICKETS, address)
    async with hub.reference.office.store.writing() as connection:
        for n in range(45):
            await publish(connection, "TroubleTicketCreateEvent", {"id": f"T{n}"}, hub.terms())
    assert 45 == await hub.deliver()


async def test_a_listener_is_due_at_once_when_whoever_told_it_was_stopped(
    hub: Hub, listener: Listener, address: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.register(TICKETS, address)
    await hub.ticket()
    asked = asyncio.Event()

    async def never(*_: object) -> bool:
        asked.set()
        await asyncio.Event().wait()
        return True

    with monkeypatch.context() as hanging:
        hanging.setattr(hub_delivery, "_told", never)
        stopped = asyncio.create_task(hub.deliver())
        await asyncio.wait_for(asked.wait(), 10)
        assert clock() < await hub.due_at()
        stopped.cancel()
        await asyncio.wait([stopped])
    assert (clock(), 1) == (await hub.due_at(), await hub.deliver())


async def test_a_database_that_fails_in_between_leaves_no_listener_waiting(
    hub: Hub, address: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await hub.register(TICKETS, address)
    await hub.ticket()

    async def fails(*_: object) -> None:
        raise DBAPIError("DELETE", {}, OSError("disk"))

    monkeypatch.setattr(hub_delivery, "_drop", fails)
    with pytest.raises(DBAPIError):
        await hub.deliver()
    assert clock() == await hub.due_at()


async def test_the_id_of_an_event_is_never_another_s(hub: Hub, address: str) -> None:
    await hub.register(TICKETS, address)
    ids = []
    for n in range(2):
        await hub.ticket(str(n))
        async with hub.reference.office.store.reading() as connection:
            ids.append((await connection.execute(select(schema.hub_event.c.id))).scalar())
        await hub.deliver()
    assert ids[0] < ids[1]
