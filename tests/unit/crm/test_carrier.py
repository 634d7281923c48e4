"""The carrier's form: signatures, values, codes, and an adapter before a server that lies, cuts, repeats or hangs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import nullcontext
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer

from crm.carrier import fields, nouns, wire
from crm.carrier.adapter import CarrierCrm, carrier_crm
from crm.carrier.client import PATH
from crm.carrier.codes import DENIED, VALUES, meant, told, values_from, values_to
from crm.carrier.fields import Kind
from crm.carrier.standin import carrier_app
from crm.connect import connected
from crm.documents.scalars import BadDocument
from crm.errors import REASONS, CrmError, KeyReused, NotFound, Refused, TimedOut, Unavailable
from crm.fake import FakeCrm
from crm.port import OrderItem, OrderRequest, within

LI = "+8613800000000"
KEY = b"k" * 32
NOW = datetime(2026, 11, 18, 2, 30, tzinfo=timezone.utc)
REQUEST = OrderRequest(LI, (OrderItem("add", "pack-5g"),), "q1", "web", 1000)
Twist = Callable[[web.Request, bytes], Awaitable[web.StreamResponse]]


def clock() -> datetime:
    return NOW


class Odd:
    """A server that answers with whatever a test wants; `seen` are the bodies that came."""

    def __init__(self) -> None:
        self.seen: list[dict[str, Any]] = []
        self.twist: Twist = says("0000")

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.seen.append(json.loads(body))
        return await self.twist(request, body)


def answer(request: web.Request, body: bytes, *, key: bytes = KEY, status: int = 200, **headers: str) -> web.Response:
    signed = wire.signed(key, request.headers[wire.NONCE], body, NOW)
    return web.Response(body=body, status=status, headers={**signed, **headers})


def says(code: str, **more: Any) -> Twist:
    async def twist(request: web.Request, body: bytes) -> web.StreamResponse:
        return answer(request, json.dumps({"code": code, **more}).encode())

    return twist


def raw(said: bytes, **how: Any) -> Twist:
    async def twist(request: web.Request, body: bytes) -> web.StreamResponse:
        return answer(request, said, **how)

    return twist


@pytest.fixture
async def odd() -> Odd:
    return Odd()


@pytest.fixture
async def crm(odd: Odd) -> AsyncIterator[CarrierCrm]:
    app = web.Application()
    app.router.add_post(PATH, odd.handle)
    async with TestServer(app, host="127.0.0.1", shutdown_timeout=0) as server:
        async with carrier_crm(str(server.make_url("/")), KEY, clock) as crm:
            yield crm


async def both(crm: CarrierCrm, seconds: float = 5) -> tuple[CrmError, CrmError]:
    """What a read and a write fail with."""
    with pytest.raises(CrmError) as read:
        await crm.balance(LI, deadline=within(seconds))
    with pytest.raises(CrmError) as write:
        await crm.place_order(REQUEST, idempotency_key="k", deadline=within(seconds))
    return read.value, write.value


async def stale(request: web.Request, body: bytes) -> web.StreamResponse:
    said = b'{"code":"0000","data":null}'
    return web.Response(body=said, headers=wire.signed(KEY, "0" * 32, said, NOW))


async def echoes(request: web.Request, body: bytes) -> web.StreamResponse:
    return answer(request, body)


async def dates_back(request: web.Request, body: bytes) -> web.StreamResponse:
    said = b'{"code":"0000","data":null}'
    return web.Response(
        body=said, headers=wire.signed(KEY, request.headers[wire.NONCE], said, NOW - timedelta(hours=1))
    )


async def promises_more(request: web.Request, body: bytes) -> web.StreamResponse:
    said = b'{"code":"0000","data":null}'
    reply = answer(request, said)
    reply.headers["Content-Length"] = str(len(said) + 10)
    reply.force_close()
    return reply


UNREADABLE = {
    "a wrong signature": raw(b'{"code":"2002"}', key=b"x" * 32),
    "no signature": raw(b'{"code":"2002"}', **{wire.SIGNATURE: ""}),
    "an old answer": stale,
    "our own request": echoes,
    "an answer of an hour ago": dates_back,
    "an error page": raw(b"<html>", status=502, key=b"-"),
    "truncated JSON": raw(b'{"code":"0000","data":{"svcN'),
    "a body that ends too soon": promises_more,
    "no JSON": raw(b""),
    "another shape": raw(b"[]"),
    "endless depth": raw(b"[" * 100_000),
    "ten megabytes": raw(b'{"code":"0000","data":"' + b"x" * 10_000_000 + b'"}'),
    "no code": raw(b'{"data":{}}'),
    "an unknown code": says("7777"),
    "a code that is no text": raw(b'{"code":0}'),
    "a noun without its fields": says("0000", data={}),
    "a reason that cannot be read": says("2002", data={"oweFee": 12.5}),
    "not found under another name": says("0404"),
}


@pytest.mark.parametrize("twist", UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_what_cannot_be_believed_is_unavailable_and_asked_again(crm: CarrierCrm, odd: Odd, twist: Twist) -> None:
    odd.twist = twist
    read, write = await both(crm)
    assert isinstance(read, Unavailable) and isinstance(write, Unavailable)
    # A read is tried twice; a write once, and whoever wrote asks again under the same number.
    assert ["QRY_BALANCE", "QRY_BALANCE", "SUB_ORDER"] == [seen["service"] for seen in odd.seen]


async def test_a_slow_answer_is_a_time_out_within_the_deadline(crm: CarrierCrm, odd: Odd) -> None:
    async def hangs(request: web.Request, body: bytes) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    odd.twist = hangs
    began = asyncio.get_running_loop().time()
    assert all(isinstance(error, TimedOut) for error in await both(crm, 0.2))
    assert asyncio.get_running_loop().time() - began < 2


@pytest.mark.parametrize(
    ("code", "read", "write"),
    [
        ("9998", Unavailable, TimedOut), ("9999", Unavailable, Unavailable), ("9001", Unavailable, TimedOut),
        ("9002", Unavailable, TimedOut), ("9003", Unavailable, TimedOut), ("9004", Unavailable, TimedOut),
        ("6543", Unavailable, TimedOut),
        ("1001", NotFound, NotFound), ("2002", Refused, Refused), ("8002", KeyReused, KeyReused),
    ],
)  # fmt: skip
def test_a_code_is_an_error_of_the_port(code: str, read: type[CrmError], write: type[CrmError]) -> None:
    assert (read, write) == (type(meant(code, None, writes=False)), type(meant(code, None, writes=True)))


async def test_a_write_carries_its_key_and_a_read_none_of_ours(crm: CarrierCrm, odd: Odd) -> None:
    await both(crm)
    assert "k" == odd.seen[-1]["reqNo"] and len(odd.seen[0]["reqNo"]) == 32


async def test_a_list_is_read_page_by_page(crm: CarrierCrm, odd: Odd) -> None:
    slots = [f"202611{day:02d}{hour:02d}0000" for day in range(1, 31) for hour in range(8, 18)][:250]

    async def pages(request: web.Request, body: bytes) -> web.StreamResponse:
        page = json.loads(body)["page"]
        shown = slots[(page["pageNo"] - 1) * page["pageSize"] :][: page["pageSize"]]
        return answer(request, json.dumps({"code": "0000", "data": shown, "total": str(len(slots))}).encode())

    odd.twist = pages
    assert 250 == len(set(await crm.visit_times("shop", deadline=within(5))))
    assert [1, 2, 3] == [seen["page"]["pageNo"] for seen in odd.seen]


@pytest.mark.parametrize("said", [{}, {"total": None}, {"total": "-1"}, {"total": 0}])
async def test_a_list_that_does_not_say_how_long_it_is_may_be_cut_and_is_not_believed(
    crm: CarrierCrm, odd: Odd, said: dict[str, Any]
) -> None:
    odd.twist = says("0000", data=[], **said)
    with pytest.raises(Unavailable, match="total"):
        await crm.products(LI, deadline=within(5))


@pytest.mark.parametrize(("total", "whole"), [(1000, True), (1001, False)])
async def test_a_list_is_whole_or_it_is_an_error(crm: CarrierCrm, odd: Odd, total: int, whole: bool) -> None:
    odd.twist = says("0000", data=["20261118103000"] * 100, total=str(total))
    if whole:
        assert 1000 == len(await crm.visit_times("shop", deadline=within(5)))
        return
    with pytest.raises(Unavailable, match="total"):
        await crm.visit_times("shop", deadline=within(5))


async def test_a_total_that_never_ends_does_not_hold_us(crm: CarrierCrm, odd: Odd) -> None:
    odd.twist = says("0000", data=[], total="999999999")
    assert () == await crm.products(LI, deadline=within(5))


def test_every_reason_has_a_code_and_comes_back_with_its_values() -> None:
    assert REASONS == DENIED.codes.keys()
    for reason in REASONS - {"key_reused"}:
        code, data = told(Refused(reason, {"offering": "pack-5g", "arrears_fen": -5, "locked_until": NOW.isoformat()}))
        read = meant(code, json.loads(json.dumps(data)), writes=True)
        assert isinstance(read, Refused) and (reason, -5) == (read.reason, read.values["arrears_fen"])
        assert NOW == datetime.fromisoformat(str(read.values["locked_until"]))


def test_no_two_values_of_a_reason_share_a_name() -> None:
    assert len(VALUES) == len({name for name, _ in VALUES.values()})
    said = {"region": "zj", "cause": "court", "month": "2026-11", "missing": ["a", "b"], "until": "2026-12-31"}
    assert said == values_from(values_to(said))


@pytest.mark.parametrize(
    ("kind", "value", "written"),
    [
        (fields.YUAN, 2350, "23.50"), (fields.YUAN, -5, "-0.05"), (fields.YUAN, 0, "0.00"),
        (fields.YUAN, 10**11, "1000000000.00"), (fields.NUMBER, LI, "13800000000"),
        (fields.MOMENT, NOW, "20261118103000"), (fields.DAY, date(2026, 11, 18), "20261118"),
        (fields.MONTH, "2026-11", "202611"), (fields.FLAG, True, "Y"), (fields.WHOLE, -7, "-7"),
    ],
)  # fmt: skip
def test_values_are_written_in_the_carriers_form_and_read_back(kind: Kind, value: Any, written: str) -> None:
    assert (written, value) == (kind.write(value), kind.read(written, "x"))


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        (fields.YUAN, 23.5), (fields.YUAN, 2350), (fields.YUAN, "23.5"), (fields.YUAN, "23.505"), (fields.YUAN, "1e3"),
        (fields.YUAN, "NaN"), (fields.YUAN, "１.00"), (fields.YUAN, "+1.00"), (fields.YUAN, "9999999999.99"),
        (fields.YUAN, None), (fields.NUMBER, "+8613800000000"), (fields.NUMBER, "23800000000"),
        (fields.MOMENT, "20261318103000"),
        (fields.MOMENT, "00010101000000"), (fields.MOMENT, "2026111810300"), (fields.MOMENT, "2026-11-18T10:3"),
        (fields.MONTH, "202613"), (fields.FLAG, "true"), (fields.FLAG, True), (fields.WHOLE, 7), (fields.WHOLE, "７"),
        (fields.WHOLE, "1" * 16), (nouns.BOOK, "7"), (nouns.BOOK, None), (fields.TEXT, "a\x00"), (fields.NAMES, "x"),
        (nouns.BUCKET, []), (nouns.BALANCE, {"svcNum": "13800000000", "bookList": {}}),
    ],
)  # fmt: skip
def test_anything_else_is_no_value(kind: Kind, raw: Any) -> None:
    with pytest.raises(BadDocument):
        kind.read(raw, "x")


@pytest.fixture
async def door() -> AsyncIterator[Callable[..., Awaitable[tuple[int, dict[str, Any]]]]]:
    """Sends a body with headers to a stand-in; its status and answer."""
    app = web.Application()
    app.add_subapp("/carrier/", carrier_app(nullcontext(FakeCrm.demo(clock, 5)), KEY, clock))
    async with TestServer(app, host="127.0.0.1") as server, ClientSession() as session:

        async def send(body: bytes, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
            async with session.post(server.make_url(PATH), data=body, headers=headers) as reply:
                return reply.status, (await reply.json() if reply.status == 200 else {})

        yield send


async def test_what_is_signed_for_a_stranger_says_nothing_of_a_write(crm: CarrierCrm, odd: Odd, door: Any) -> None:
    """Whoever has no key gets "wrong signature" signed over any nonce, and could put it in the place of our answer."""

    async def swaps(request: web.Request, body: bytes) -> web.StreamResponse:
        _, said = await door(body, {wire.TIME: "x", wire.SIGNATURE: "x", wire.NONCE: request.headers[wire.NONCE]})
        return answer(request, json.dumps(said).encode())

    odd.twist = swaps
    with pytest.raises(TimedOut, match="9001"):
        await crm.place_order(REQUEST, idempotency_key="k", deadline=within(5))


def test_what_signs_is_not_what_is_shown_as_a_bearer_token() -> None:
    assert wire.signing_key("s" * 32) not in (b"s" * 32, wire.signing_key("t" * 32))


async def test_the_bot_and_its_stand_in_derive_the_same_key_of_one_secret() -> None:
    app = web.Application()
    app.add_subapp("/carrier/", carrier_app(nullcontext(FakeCrm.demo(clock, 5)), wire.signing_key("secret"), clock))
    async with TestServer(app, host="127.0.0.1") as server:
        url = str(server.make_url("")).rstrip("/")
        async with connected("carrier", url, "secret", clock) as crm:
            assert LI == (await crm.subscriber_of(LI, deadline=within(5))).msisdn


ASKED = json.dumps({"service": "QRY_BALANCE", "reqNo": "1", "params": {"svcNum": "13800000000"}}).encode()


async def test_the_stand_in_hears_nothing_twice(door: Any) -> None:
    headers = wire.signed(KEY, "a" * 32, ASKED, NOW)
    assert ["0000", "9002"] == [(await door(ASKED, headers))[1]["code"] for _ in range(2)]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        (wire.signed(b"x" * 32, "b" * 32, ASKED, NOW), "9001"), ({}, "9001"),
        (wire.signed(KEY, "b" * 32, b"{}", NOW), "9001"), (wire.signed(KEY, "short", ASKED, NOW), "9001"),
        ({**wire.signed(KEY, "b" * 32, ASKED, NOW), wire.NONCE: "c" * 32}, "9001"),
        (wire.signed(KEY, "b" * 32, ASKED, NOW - timedelta(seconds=301)), "9003"),
        (wire.signed(KEY, "b" * 32, ASKED, NOW + timedelta(seconds=301)), "9003"),
    ],
)  # fmt: skip
async def test_the_stand_in_turns_away_what_is_not_signed_now(door: Any, headers: dict[str, str], code: str) -> None:
    assert (200, code) == ((said := await door(ASKED, headers))[0], said[1]["code"])


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"", "body"), (b"{", "body"), (b"[" * 60_000, "body"), (b"[]", "body"), (b"{}", "service"),
        (b'{"service":"DROP_TABLE"}', "service"), (b'{"service":["QRY_USER"]}', "service"),
        (b'{"service":"QRY_USER","params":[]}', "params"), (b'{"service":"QRY_USER","params":{}}', "svcNum"),
        (b'{"service":"QRY_PROD_INST","params":{"svcNum":"13800000000"},"page":{"pageNo":0}}', "pageNo"),
        (b'{"service":"QRY_PROD_INST","params":{"svcNum":"13800000000"},"page":{"pageSize":1000000}}', "pageSize"),
        (b'{"service":"CNL_ORDER","params":{"orderId":"x"}}', "reqNo"),
        (b'{"service":"CNL_ORDER","reqNo":"' + b"x" * 129 + b'","params":{"orderId":"x"}}', "reqNo"),
    ],
)  # fmt: skip
async def test_a_malformed_request_is_refused_with_the_name_of_what_is_wrong(door: Any, body: bytes, name: str) -> None:
    status, said = await door(body, wire.signed(KEY, "d" * 32, body, NOW))
    assert (200, "8001", name) == (status, said["code"], said["data"]["paramName"])


async def test_a_body_without_end_is_not_read(door: Any) -> None:
    body = b"x" * 10_000_000
    assert 413 == (await door(body, wire.signed(KEY, "e" * 32, body, NOW)))[0]


def test_nonces_are_forgotten_when_they_are_too_old_to_be_sent_again() -> None:
    heard = wire.Nonces()
    heard.hear("a", NOW)
    with pytest.raises(wire.BadSignature):
        heard.hear("a", NOW + timedelta(seconds=2 * wire.WINDOW_S))
    heard.hear("a", NOW + timedelta(seconds=2 * wire.WINDOW_S + 1))
