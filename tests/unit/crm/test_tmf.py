"""The adapter before a CRM that is slow, broken, or talks nonsense."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from crm.asking import MOST_ANSWER
from crm.documents.catalogue import offering_to
from crm.documents.interaction import interaction_to
from crm.documents.orders import order_to
from crm.errors import CrmError, KeyReused, NotFound, Refused, TimedOut, Unavailable
from crm.model import Interaction
from crm.port import Order, OrderItem, OrderRequest, within
from crm.reference.catalogue import demo_catalogue
from crm.tmf import TmfCrm, tmf_crm

LI = "+8613800000000"
NOW = datetime(2026, 11, 18, 2, 30, tzinfo=timezone.utc)
REQUEST = OrderRequest(LI, (OrderItem("add", "pack-5g"),), "q1", "web", 1000)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Odd:
    """A server that answers with whatever a test puts into `answers`, the last one for good."""

    answers: list[Answer]
    seen: list[web.Request] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return await answer(request)


def says(status: int, text: str = "{}") -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        return web.Response(status=status, text=text)

    return answer


async def hangs(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(5)
    return web.Response()


async def cuts(request: web.Request) -> web.StreamResponse:
    assert request.transport
    request.transport.close()
    return web.Response()


@pytest.fixture
async def odd() -> AsyncIterator[Odd]:
    yield Odd([says(500)])


@pytest.fixture
async def crm(odd: Odd) -> AsyncIterator[TmfCrm]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", odd.handle)
    async with (
        TestServer(app, host="127.0.0.1", shutdown_timeout=0) as server,
        tmf_crm(str(server.make_url("/")), "t") as crm,
    ):
        yield crm


async def test_a_read_is_tried_twice_and_a_write_once(crm: TmfCrm, odd: Odd) -> None:
    with pytest.raises(Unavailable):
        await crm.balance(LI, deadline=within(5))
    assert 2 == len(odd.seen)
    with pytest.raises(Unavailable):
        await crm.place_order(REQUEST, idempotency_key="k", deadline=within(5))
    assert 3 == len(odd.seen)


async def test_a_read_that_fails_once_succeeds(crm: TmfCrm, odd: Odd) -> None:
    for first in (says(503), cuts):
        odd.answers[:] = [first, says(200, "[]")]
        assert () == await crm.products(LI, deadline=within(5))


async def test_a_list_that_did_not_change_is_read_once_and_one_that_did_anew(
    crm: TmfCrm, odd: Odd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm.tmf.CATALOGUE_S", 0.0)
    sold = json.dumps([offering_to(one) for one in demo_catalogue().offerings.values()][:2], default=float)
    odd.answers[:] = [says(200, sold)]
    first, same = [await crm.offerings(region=region, deadline=within(5)) for region in ("zj", "js")]
    assert (2, 2) == (len(first), len(odd.seen)) and first is same
    odd.answers[:] = [says(200, "[]")]
    assert () == await crm.offerings(region="zj", deadline=within(5))


async def test_the_deadline_bounds_the_call_and_its_retry(crm: TmfCrm, odd: Odd) -> None:
    odd.answers[:] = [hangs]
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimedOut):
        await crm.balance(LI, deadline=within(0.3))
    assert asyncio.get_running_loop().time() - began < 1


async def test_a_write_whose_connection_breaks_may_have_happened(crm: TmfCrm, odd: Odd) -> None:
    odd.answers[:] = [cuts]
    with pytest.raises(TimedOut):
        await crm.place_order(REQUEST, idempotency_key="k", deadline=within(5))


async def endless(request: web.Request) -> web.StreamResponse:
    return web.Response(body=b" " * (MOST_ANSWER + 1))


PLACED = Order("O1", LI, REQUEST.items, "completed", 1000, NOW, NOW, "q1", NOW)
LOST = {
    "a cut": cuts, "an error": says(500), "a gateway's time-out": says(504), "a page": says(201, "<html>"),
    "nothing": says(201, ""), "another shape": says(201, "[]"), "no end": endless,
    "a proxy's page": says(404, "<html>"),
}  # fmt: skip


@pytest.mark.parametrize("lost", LOST.values(), ids=LOST.keys())
async def test_a_write_whose_answer_says_nothing_may_have_happened(crm: TmfCrm, odd: Odd, lost: Answer) -> None:
    odd.answers[:] = [lost]
    with pytest.raises(TimedOut):
        await crm.place_order(REQUEST, idempotency_key="q1", deadline=within(5))
    with pytest.raises(TimedOut):
        await crm.create_ticket(LI, "fault", "x", idempotency_key="t", deadline=within(5))


@pytest.mark.parametrize("status", [401, 429, 503])
async def test_a_write_that_was_turned_away_did_not_happen(crm: TmfCrm, odd: Odd, status: int) -> None:
    odd.answers[:] = [says(status)]
    with pytest.raises(Unavailable) as failed:
        await crm.place_order(REQUEST, idempotency_key="q1", deadline=within(5))
    assert not isinstance(failed.value, TimedOut)


async def test_an_order_is_placed_with_one_question(crm: TmfCrm, odd: Odd) -> None:
    odd.answers[:] = [says(201, json.dumps(order_to(PLACED)))]
    assert PLACED == await crm.place_order(REQUEST, idempotency_key="q1", deadline=within(5))
    assert ["POST"] == [seen.method for seen in odd.seen]


async def test_an_order_that_may_be_placed_is_looked_for_first(crm: TmfCrm, odd: Odd) -> None:
    """Also where the CRM does not know our key, and by a process that did not ask the first time."""
    odd.answers[:] = [says(200, json.dumps([order_to(PLACED)]))]
    assert PLACED == await crm.place_order(REQUEST, idempotency_key="q1", deadline=within(5), look_first=True)
    assert [("GET", "q1")] == [(seen.method, seen.query.get("externalId")) for seen in odd.seen]


@pytest.mark.parametrize(
    "found", [[], [Order("O2", LI, (OrderItem("add", "pack-20g"),), "completed", 2000, NOW, NOW, "q1")]]
)
async def test_an_order_that_never_came_is_placed_again(crm: TmfCrm, odd: Odd, found: list[Order]) -> None:
    odd.answers[:] = [
        says(200, json.dumps([order_to(one) for one in found])),
        says(201, json.dumps(order_to(PLACED))),
    ]
    assert PLACED == await crm.place_order(REQUEST, idempotency_key="q1", deadline=within(5), look_first=True)
    assert ["GET", "POST"] == [seen.method for seen in odd.seen]


async def test_an_order_that_cannot_be_looked_for_is_not_placed_blindly(crm: TmfCrm, odd: Odd) -> None:
    with pytest.raises(Unavailable):
        await crm.place_order(REQUEST, idempotency_key="q1", deadline=within(5), look_first=True)
    assert ["GET", "GET"] == [seen.method for seen in odd.seen]


async def test_a_crm_that_is_not_there_is_unavailable_and_nothing_happened() -> None:
    async with tmf_crm(f"http://127.0.0.1:{unused_port()}", "t") as crm:
        with pytest.raises(Unavailable) as failed:
            await crm.place_order(REQUEST, idempotency_key="k", deadline=within(5))
    assert failed.value.retryable and not isinstance(failed.value, TimedOut)


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (404, '{"what": "subscriber"}', NotFound),
        (409, '{"code": "arrears", "values": {"arrears_fen": 5}}', Refused),
        (409, '{"code": "key_reused"}', KeyReused),
        (400, '{"code": "malformed", "field": "x"}', Refused),
        (401, "{}", Unavailable),
        (429, "{}", Unavailable),
        (302, "{}", Refused),
        (200, "<html>", Unavailable),
        (200, "", Unavailable),
        (200, "[" * 100_000, Unavailable),
        (200, "null", Unavailable),
        (200, '[{"id": 7}]', Unavailable),
        (404, "<html>", Unavailable),
        (409, "[]", Refused),
        (409, '{"code": "x", "values": []}', Refused),
        (409, '{"code": "x", "values": "y"}', CrmError),
    ],
)
async def test_every_answer_is_one_of_our_errors(
    crm: TmfCrm, odd: Odd, status: int, text: str, error: type[CrmError]
) -> None:
    odd.answers[:] = [says(status, text)]
    with pytest.raises(error):
        await crm.balance(LI, deadline=within(5))
    with pytest.raises(CrmError):
        await crm.place_order(REQUEST, idempotency_key="k", deadline=within(5))


async def test_it_shows_the_secret_and_the_key(crm: TmfCrm, odd: Odd) -> None:
    with pytest.raises(Unavailable):
        await crm.place_order(REQUEST, idempotency_key="quote-1", deadline=within(5))
    headers = odd.seen[0].headers
    assert ("Bearer t", "quote-1") == (headers["Authorization"], headers["Idempotency-Key"])
    assert "application/json;charset=utf-8" == headers["Content-Type"]


@pytest.mark.parametrize("key", ["../customer", "a/b", "?x=1", "", "ö"])
async def test_an_id_cannot_lead_to_another_path(crm: TmfCrm, odd: Odd, key: str) -> None:
    with pytest.raises(NotFound):
        await crm.order(key, deadline=within(5))
    assert [] == odd.seen


def in_pages(rows: list[object], size: int, *, total: bool = True, status: int = 206) -> Answer:
    """A server that shows at most `size` rows at a time, whatever it is asked for."""

    async def answer(request: web.Request) -> web.StreamResponse:
        offset = int(request.query.get("offset", "0"))
        page = rows[offset : offset + min(size, int(request.query.get("limit", "100")))]
        whole = offset + len(page) >= len(rows)
        headers = {"X-Total-Count": str(len(rows)), "X-Result-Count": str(len(page))} if total else {}
        return web.json_response(page, status=200 if whole else status, headers=headers)

    return answer


def placed(count: int) -> list[object]:
    made = [Order(f"O{n}", LI, REQUEST.items, "completed", 1000, NOW, NOW, f"q{n}") for n in range(count)]
    return [json.loads(json.dumps(order_to(one), default=float)) for one in made]


@pytest.mark.parametrize(("total", "status"), [(True, 206), (True, 200), (False, 206)])
async def test_a_list_that_comes_by_two_is_read_to_its_end(crm: TmfCrm, odd: Odd, total: bool, status: int) -> None:
    odd.answers[:] = [in_pages(placed(5), 2, total=total, status=status)]
    assert ["O0", "O1", "O2", "O3", "O4"] == [one.id for one in await crm.orders(LI, deadline=within(5))]
    assert ["O0", "O1", "O2"] == [one.id for one in await crm.orders(LI, limit=3, deadline=within(5))]
    found = await crm.place_order(replace(REQUEST, external_id="q4"), idempotency_key="k", look_first=True,
                                  deadline=within(5))  # fmt: skip
    assert ("O4", "GET") == (found.id, odd.seen[-1].method), "found on the third page, so not placed again"


async def test_what_is_sold_is_read_to_its_end(crm: TmfCrm, odd: Odd) -> None:
    sold = json.loads(json.dumps([offering_to(one) for one in demo_catalogue().offerings.values()][:5], default=float))
    odd.answers[:] = [in_pages(sold, 2)]
    assert 5 == len(await crm.offerings(deadline=within(5)))


async def test_what_is_sold_is_asked_for_once_where_only_the_total_is_told(crm: TmfCrm, odd: Odd) -> None:
    sold = json.dumps([offering_to(one) for one in demo_catalogue().offerings.values()][:5], default=float)

    async def counted(request: web.Request) -> web.StreamResponse:
        return web.Response(text=sold, headers={"X-Total-Count": "5"})

    odd.answers[:] = [counted]
    assert (5, 1) == (len(await crm.offerings(deadline=within(5))), len(odd.seen))


async def test_a_talk_is_known_again_by_the_second_and_beside_talks_of_another_form(crm: TmfCrm, odd: Odd) -> None:
    began = NOW.replace(microsecond=250_000)
    talk = Interaction("", LI, "sms", "inbound", "asked", "solved", "completed", began, began, NOW)
    cut = replace(talk, id="N1", began_at=NOW, ended_at=NOW)
    odd.answers[:] = [says(200, json.dumps([{"id": "N0", "status": "strange"}, interaction_to(cut)]))]
    assert cut == await crm.keep_interaction(talk, idempotency_key="k", deadline=within(5))
    assert ["GET"] == [request.method for request in odd.seen]
    assert "2026-11-18T02:29:59.000000Z" == odd.seen[0].query["interactionDate.startDateTime.gte"]


async def test_a_part_is_never_taken_for_the_whole(crm: TmfCrm, odd: Odd) -> None:
    """A server that shows its first page again, one that says more than it has, and one without an end."""
    first = json.dumps(placed(2))

    async def again(request: web.Request) -> web.StreamResponse:
        return web.Response(text=first, status=206, headers={"X-Total-Count": "4"})

    async def short(request: web.Request) -> web.StreamResponse:
        return web.Response(text=first if "offset" not in request.query else "[]", headers={"X-Total-Count": "4"})

    for answer in (again, short, in_pages(placed(1200), 400)):
        odd.answers[:] = [answer]
        with pytest.raises(Unavailable):
            await crm.place_order(REQUEST, idempotency_key="k", look_first=True, deadline=within(5))
    assert {"GET"} == {request.method for request in odd.seen}, "what may be placed already is not placed again"


async def test_the_deadline_bounds_all_pages_together(crm: TmfCrm, odd: Odd) -> None:
    odd.answers[:] = [in_pages(placed(5), 2), hangs]
    with pytest.raises(TimedOut):
        await crm.orders(LI, deadline=within(0.5))
