"""Our adapter before a server that is not ours: Prism answers every request as TM Forum's files have it, and with any
status that is asked for.

FOREIGN=1 (`make test-full`) asks with every call; without it, one or two of each kind ask.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from crm.errors import CrmError, NotFound, Refused, TimedOut, Unavailable
from crm.lines import Lines
from crm.port import InvoiceRequest, OrderItem, OrderRequest, within
from crm.tmf import TmfCrm, tmf_crm
from tests.contracts.crm import prism
from tests.contracts.crm.living import live
from tests.contracts.crm.serving import NOW, TOKEN, Clock, in_a_thread
from tests.contracts.crm.swaggers import joined

ALL = bool(os.environ.get("FOREIGN"))
LI = "+8613800000000"
PACK = OrderItem("add", "pack-5g")
STATUSES: dict[int, type[CrmError]] = {
    400: Refused, 401: Unavailable, 403: Unavailable, 404: NotFound, 409: Refused, 429: Unavailable, 500: Unavailable,
    503: Unavailable,
}  # fmt: skip
Call = Callable[[TmfCrm, float], Awaitable[Any]]
OFTEN: dict[str, Call] = {
    "subscriber_of": lambda crm, by: crm.subscriber_of(LI, deadline=by),
    "balance": lambda crm, by: crm.balance(LI, deadline=by),
    "allowances": lambda crm, by: crm.allowances(LI, deadline=by),
    "order": lambda crm, by: crm.order("O1", deadline=by),
    "place_order": lambda crm, by: crm.place_order(
        OrderRequest(LI, (PACK,), "q", "web"), idempotency_key="k", deadline=by
    ),
    "create_ticket": lambda crm, by: crm.create_ticket(LI, "fault", "断网", idempotency_key="k", deadline=by),
    "create_payment": lambda crm, by: crm.create_payment(LI, 1000, "web:1", idempotency_key="k", deadline=by),
}
SELDOM: dict[str, Call] = {
    "usage": lambda crm, by: crm.usage(LI, "2026-11", deadline=by),
    "bills": lambda crm, by: crm.bills(LI, deadline=by),
    "bill": lambda crm, by: crm.bill(LI, "2026-11", deadline=by),
    "call_records": lambda crm, by: crm.call_records(LI, "2026-11", deadline=by),
    "points": lambda crm, by: crm.points(LI, deadline=by),
    "offerings": lambda crm, by: crm.offerings(deadline=by),
    "offering": lambda crm, by: crm.offering("pack-5g", deadline=by),
    "products": lambda crm, by: crm.products(LI, deadline=by),
    "broadband": lambda crm, by: crm.broadband(LI, deadline=by),
    "qualify": lambda crm, by: crm.qualify(LI, [PACK], deadline=by),
    "orders": lambda crm, by: crm.orders(LI, deadline=by),
    "cancel_order": lambda crm, by: crm.cancel_order("O1", idempotency_key="k", deadline=by),
    "ticket": lambda crm, by: crm.ticket("T1", deadline=by),
    "tickets": lambda crm, by: crm.tickets(LI, deadline=by),
    "payments": lambda crm, by: crm.payments(LI, deadline=by),
    "payment": lambda crm, by: crm.payment("P1", deadline=by),
    "top_up_paid": lambda crm, by: crm.top_up_paid("P1", 1000, idempotency_key="k", deadline=by),
    "top_up_card": lambda crm, by: crm.top_up_card(LI, "8" * 18, idempotency_key="k", deadline=by),
    "refund": lambda crm, by: crm.refund(LI, "pack-5g", idempotency_key="k", deadline=by),
    "invoices": lambda crm, by: crm.invoices(LI, deadline=by),
    "issue_invoice": lambda crm, by: crm.issue_invoice(
        InvoiceRequest(LI, "2026-10", "李明", "", "a@b.cn"), idempotency_key="k", deadline=by
    ),
    "shops": lambda crm, by: crm.shops("zj", deadline=by),
    "visit_times": lambda crm, by: crm.visit_times("hz-wulin", deadline=by),
    "book_visit": lambda crm, by: crm.book_visit(LI, "hz-wulin", "sim", NOW, idempotency_key="k", deadline=by),
    "visits": lambda crm, by: crm.visits(LI, deadline=by),
}
CALLS = {**OFTEN, **(SELDOM if ALL else {})}
WRITES = frozenset(
    {
        "place_order", "create_ticket", "create_payment", "cancel_order", "top_up_paid", "top_up_card", "refund",
        "issue_invoice", "book_visit",
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A BSS of TM Forum's form that has nothing to do with us."""
    with prism.running(tmp_path_factory.mktemp("prism"), joined(tuple(STATUSES))) as url:
        yield url


@asynccontextmanager
async def asking(url: str, **headers: str) -> AsyncIterator[TmfCrm]:
    lines = Lines(url, {"Authorization": "Bearer t", **headers})
    try:
        yield TmfCrm(lines, lambda: datetime.now(timezone.utc))
    finally:
        lines.close()


@pytest.mark.parametrize("status", STATUSES)
async def test_a_strangers_status_is_an_error_of_the_port(stranger: str, status: int) -> None:
    found = {}
    async with asking(stranger, Prefer=f"code={status}") as crm:
        for name, call in CALLS.items():
            with pytest.raises(CrmError) as failed:
                await call(crm, within(30))
            found[name] = type(failed.value)
            assert not isinstance(failed.value, Refused) or failed.value.reason == "invalid"
    # What an error of the server's own says of a write is not known.
    lost = dict.fromkeys(WRITES & CALLS.keys(), TimedOut) if status == 500 else {}
    assert {**dict.fromkeys(CALLS, STATUSES[status]), **lost} == found


async def test_a_stranger_takes_what_we_ask_and_what_it_makes_up_is_no_answer(stranger: str) -> None:
    """Prism refuses what is not as the file says (422); its own answers are by the file, and mean nothing to us."""
    async with asking(stranger) as crm:
        for name, call in CALLS.items():
            try:
                await call(crm, within(30))
            except Unavailable as unread:
                assert "unreadable answer" in str(unread), name


async def test_a_stranger_that_takes_its_time_is_left_at_the_deadline(stranger: str) -> None:
    async with ClientSession() as onward:

        async def later(request: web.Request) -> web.Response:
            await asyncio.sleep(1)
            async with onward.get(stranger + str(request.rel_url)) as reply:
                return web.Response(status=reply.status, body=await reply.read())

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", later)
        async with (
            TestServer(app, host="127.0.0.1", shutdown_timeout=0) as slow,
            asking(str(slow.make_url("/"))) as crm,
        ):
            for name in ("balance", "place_order"):
                with pytest.raises(TimedOut):
                    await CALLS[name](crm, within(0.3))


@pytest.mark.skipif(
    not ALL, reason="FOREIGN=1 lets Prism judge a whole life; test_swaggers.py looks at the same each time"
)
async def test_prism_finds_nothing_wrong_between_our_adapter_and_the_reference_crm(
    seeded: Path, tmp_path: Path
) -> None:
    with in_a_thread(seeded, tmp_path) as url, prism.running(tmp_path, joined(), url) as judge:
        async with tmf_crm(judge, TOKEN, Clock()) as crm:
            visit = await live(crm)
            with pytest.raises(Refused):  # the one request of ours that the file does not allow: see BENT
                await crm.cancel_visit(visit, idempotency_key="w", deadline=within(20))
