"""What the reference CRM's HTTP promises beyond the port: TMF630's counts, errors, idempotency, and bad input."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession

from crm.documents.orders import order_request
from crm.port import OrderItem, OrderRequest
from crm.reference.app import API
from crm.reference.http import MEDIA_TYPE
from tests.contracts.crm.serving import TOKEN, Reference

LI = "+8613800000000"
ORDER = f"{API}/productOrderingManagement/v4/productOrder"
TICKET = f"{API}/troubleTicket/v4/troubleTicket"
TOP_UP = f"{API}/prepayBalanceManagement/v4/topupBalance"
BILL = f"{API}/customerBillManagement/v4/customerBill"
OFFERING = f"{API}/productCatalogManagement/v4/productOffering"
QUALIFICATION = f"{API}/productOfferingQualification/v4/productOfferingQualification"
CONSUMPTION = f"{API}/usageConsumption/v4/queryUsageConsumption"
PAYMENT = "/payment/v4/payment"
GOOD = order_request(OrderRequest(LI, (OrderItem("add", "pack-5g"),), "q1", "web", 1000))


@pytest.fixture
async def http(reference: Reference) -> AsyncIterator[ClientSession]:
    async with ClientSession(reference.url, headers={"Authorization": f"Bearer {TOKEN}"}) as session:
        yield session


async def post(http: ClientSession, path: str, body: Any, key: str = "k", **headers: str) -> tuple[int, Any]:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": MEDIA_TYPE, "Idempotency-Key": key, **headers}
    async with http.post(path, data=raw, headers=sent) as reply:
        assert MEDIA_TYPE == reply.headers["Content-Type"]
        return reply.status, await reply.json()


async def test_a_list_counts_all_and_what_it_shows(http: ClientSession) -> None:
    async with http.get(BILL, params={"relatedParty.id": LI, "offset": "2", "limit": "3"}) as reply:
        assert ("6", "3") == (reply.headers["X-Total-Count"], reply.headers["X-Result-Count"])
        assert MEDIA_TYPE == reply.headers["Content-Type"]
        assert 3 == len(await reply.json())


async def test_fields_and_filters_apply(http: ClientSession) -> None:
    async with http.get(BILL, params={"relatedParty.id": LI, "fields": "billNo", "state": "new"}) as reply:
        assert [{"id", "href", "billNo", "@type"}] == [set(row) for row in await reply.json()]


async def test_money_is_value_here_and_amount_there(http: ClientSession) -> None:
    async with http.get(f"{OFFERING}/pack-5g") as reply:
        assert {"unit": "CNY", "value": 10.0} == (await reply.json())["productOfferingPrice"][0]["price"]
    async with http.get(f"{API}/prepayBalanceManagement/v4/accumulatedBalance/{LI}") as reply:
        assert {"amount": 23.5, "units": "CNY"} == (await reply.json())["totalBalance"]


async def test_prices_rates_and_the_query_can_be_got_by_id(http: ClientSession) -> None:
    async with http.get(f"{API}/productCatalogManagement/v4/productOfferingPrice/plan-5g-59-monthly") as reply:
        assert (200, "recurring") == (reply.status, (await reply.json())["priceType"])
    rates = f"{API}/customerBillManagement/v4/appliedCustomerBillingRate"
    async with http.get(rates, params={"bill.id": "B13800000000-2026-11"}) as reply:
        first = (await reply.json())[0]
    async with http.get(f"{rates}/{first['id']}") as reply:
        assert first == await reply.json()
    query = {"searchCriteria": {"logicalResource": [{"id": LI}]}}
    status, asked = await post(http, CONSUMPTION, query)
    async with http.get(f"{CONSUMPTION}/{asked['id']}") as reply:
        assert (201, asked) == (status, await reply.json())


@pytest.mark.parametrize(
    "path",
    [f"{ORDER}/none", f"{TICKET}/none", f"{BILL}/none", f"{OFFERING}/none", f"{PAYMENT}/none", f"{TOP_UP}/none",
     f"{CONSUMPTION}/none", f"{API}/customerManagement/v4/customer/none", "/no/such/path", f"{BILL}/%00",
     f"{BILL}/' OR 1=1 --"],
)  # fmt: skip
async def test_an_unknown_id_is_404_and_a_strange_one_400(http: ClientSession, path: str) -> None:
    async with http.get(path) as reply:
        assert reply.status in (400, 404)
        assert "Error" == (await reply.json())["@type"]


async def test_nobody_is_answered_without_the_secret(reference: Reference) -> None:
    async with ClientSession(reference.url) as stranger:
        for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": f"Basic {TOKEN}"}):
            async with stranger.get(f"{OFFERING}/pack-5g", headers=headers) as reply:
                assert 401 == reply.status
            async with stranger.post(ORDER, json=GOOD, headers=headers) as reply:
                assert 401 == reply.status
        async with stranger.get("/healthz") as reply:
            assert 200 == reply.status


async def test_the_same_key_and_body_get_the_stored_answer(http: ClientSession) -> None:
    first = await post(http, ORDER, GOOD)
    async with http.post(
        ORDER, data=json.dumps(GOOD), headers={"Content-Type": MEDIA_TYPE, "Idempotency-Key": "k"}
    ) as reply:
        assert (201, "true", first[1]) == (reply.status, reply.headers["Idempotent-Replayed"], await reply.json())


async def test_concurrent_duplicates_are_one_order(http: ClientSession) -> None:
    answers = await asyncio.gather(*(post(http, ORDER, GOOD) for _ in range(20)))
    assert ({201}, 1) == ({status for status, _ in answers}, len({order["id"] for _, order in answers}))
    async with http.get(ORDER, params={"externalId": "q1"}) as reply:
        assert "1" == reply.headers["X-Total-Count"]


async def test_the_same_key_with_another_body_is_409(http: ClientSession) -> None:
    await post(http, ORDER, GOOD)
    status, error = await post(http, ORDER, {**GOOD, "externalId": "q2"})
    assert (409, "key_reused") == (status, error["code"])


async def test_a_write_without_a_key_is_400(http: ClientSession) -> None:
    for path, document in ((ORDER, GOOD), (TICKET, ticket()), (PAYMENT, payment(10))):
        status, error = await post(http, path, document, key="")
        assert (400, "Idempotency-Key") == (status, error["field"])


def ticket(**changes: Any) -> dict[str, Any]:
    return {
        "relatedParty": [{"id": LI}], "ticketType": "fault", "severity": "normal", "description": "没有信号", **changes,
    }  # fmt: skip


def payment(value: Any, **changes: Any) -> dict[str, Any]:
    money = {"unit": "CNY", "value": value}
    return {"account": {"id": LI}, "paymentMethod": {"name": "hosted"}, "totalAmount": money, **changes}


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"null", b"[]", b'"x"', b"1", b"{", b'{"a":', b"\xff\xfe", b"NaN", b'{"a": NaN}', b'{"a": Infinity}',
        b'{"relatedParty": [], "relatedParty": []}', b"[" * 60_000, b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
        "{'单引号': 1}".encode(), b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY y 'z'>]><x>&y;</x>", b"1" * 50_000,
        json.dumps({**GOOD, "productOrderItem": []}).encode(), json.dumps({**GOOD, "relatedParty": None}).encode(),
        json.dumps({**GOOD, "relatedParty": [{"id": 7}]}).encode(),
        json.dumps({**GOOD, "externalId": "x" * 200}).encode(),
        json.dumps({**GOOD, "externalId": "a\x00b"}).encode(), json.dumps({**GOOD, "channel": "web"}).encode(),
        json.dumps({**GOOD, "productOrderItem": [{"action": "drop", "productOffering": {"id": "pack-5g"}}]}).encode(),
        json.dumps({**GOOD, "productOrderItem": GOOD["productOrderItem"] * 50}).encode(),
        json.dumps({**GOOD, "orderTotalPrice": []}).encode(),
    ],
)  # fmt: skip
async def test_a_malformed_order_is_400(http: ClientSession, raw: bytes) -> None:
    for path in (ORDER, QUALIFICATION, TICKET, TOP_UP, PAYMENT, CONSUMPTION):
        status, error = await post(http, path, raw)
        if path in (ORDER, QUALIFICATION) or len(raw) < 100:
            assert (400, "malformed") == (status, error["code"]), path
        assert status < 500


@pytest.mark.parametrize("value", [-1, 0, 0.001, 1e9, 1e400, "10", "二百", None, True, [], {"value": 1}, 10.005])
async def test_impossible_amounts_are_refused(http: ClientSession, value: Any) -> None:
    status, error = await post(http, PAYMENT, json.dumps(payment(value)).replace("Infinity", "1e400").encode())
    assert status in (400, 409) and error["code"] in ("malformed", "amount")


@pytest.mark.parametrize(
    "changes",
    [
        {"ticketType": "praise"}, {"severity": 1}, {"description": None}, {"description": "长" * 3000},
        {"description": "x\x00"}, {"relatedParty": [{"id": "+86138'; DROP TABLE ticket;--"}]}, {"relatedParty": [{}]},
    ],
)  # fmt: skip
async def test_a_bad_ticket_is_4xx(http: ClientSession, changes: dict[str, Any]) -> None:
    status, _ = await post(http, TICKET, ticket(**changes))
    assert status in (400, 404)


@pytest.mark.parametrize(
    "text",
    ["<img src=x onerror=alert(1)>", "=HYPERLINK(1)", "{{7*7}}", "\r\n\x1b[31m", "e" + "\u0301" * 1900,
     "😀" * 1500, "\u202e\u200b"],
)  # fmt: skip
async def test_odd_text_is_kept_as_it_came(http: ClientSession, text: str) -> None:
    status, made = await post(http, TICKET, ticket(description=text))
    assert (201, text) == (status, made["description"])


@pytest.mark.parametrize("number", ["", "8" * 17, "8" * 19, "８" * 18, "80000000000000000x", "8000 0000 0000 000001"])
async def test_a_card_number_has_eighteen_digits(http: ClientSession, number: str) -> None:
    document = {
        "amount": {"amount": 0, "units": "CNY"}, "usageType": "monetary", "bucket": {"id": "general"},
        "partyAccount": {"id": LI}, "voucher": number,
    }  # fmt: skip
    status, error = await post(http, TOP_UP, document)
    assert (400, "voucher") == (status, error["field"])


async def test_what_is_not_plain_json_of_sane_size_is_refused(http: ClientSession) -> None:
    raw = json.dumps(GOOD).encode()
    assert 415 == (await post(http, ORDER, raw, **{"Content-Type": "text/xml"}))[0]
    big = json.dumps({**GOOD, "description": "x" * 70_000}).encode()
    assert 413 == (await post(http, ORDER, big))[0]
    async with http.post(
        ORDER, data=raw, headers={"Content-Type": MEDIA_TYPE, "Idempotency-Key": "k", "Content-Encoding": "br"}
    ) as reply:
        assert reply.status in (400, 415)


@pytest.mark.parametrize(
    "query", [{"offset": "-1"}, {"limit": "x"}, {"limit": "９"}, {"offset": "9" * 30}, {"relatedParty.id": "x" * 500}]
)
async def test_a_bad_query_is_400(http: ClientSession, query: dict[str, str]) -> None:
    async with http.get(BILL, params={"relatedParty.id": LI} | query) as reply:
        assert 400 == reply.status


async def test_a_list_without_its_owner_is_400(http: ClientSession) -> None:
    for path in (BILL, ORDER, TICKET, PAYMENT, TOP_UP):
        async with http.get(path) as reply:
            assert 400 == reply.status


async def test_a_slow_body_is_given_up(reference: Reference, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crm.reference.http.BODY_TIMEOUT_S", 0.2)
    host, port = reference.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST {ORDER} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"
    writer.write((head + "Idempotency-Key: k\r\nContent-Length: 500\r\n\r\n{").encode())
    answer = await asyncio.wait_for(reader.readline(), 5)
    assert b"408" in answer
    writer.close()


HEAD = f"POST {ORDER} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "raw",
    [
        HEAD + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + "".join(f"X-{n}: y\r\n" for n in range(100_000)) + "\r\n",
        HEAD + "X: " + "y" * 1_000_000 + "\r\n\r\n",
        HEAD + "Content-Length: -1\r\n\r\n",
        HEAD + f"Idempotency-Key: k\r\nContent-Length: {10**9}\r\n\r\n" + "{" * 200_000,
        "GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        "nonsense\r\n\r\n",
    ],
    ids=["CL+TE", "100k headers", "1 MB header", "CL -1", "1 GB", "NUL", "nonsense"],
)
async def test_broken_http_is_4xx_or_cut(reference: Reference, raw: str) -> None:
    host, port = reference.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(raw.encode())
    try:
        line = await asyncio.wait_for(reader.readline(), 5)
    except ConnectionError:
        line = b""
    assert line == b"" or line.split()[1].startswith(b"4"), line
    writer.close()


async def test_a_gzip_bomb_is_not_opened(http: ClientSession) -> None:
    bomb = gzip.compress(b"0" * 20_000_000)
    headers = {"Content-Type": MEDIA_TYPE, "Idempotency-Key": "k", "Content-Encoding": "gzip"}
    async with http.post(ORDER, data=bomb, headers=headers) as reply:
        assert 415 == reply.status


async def test_a_ticket_changes_state_and_note(http: ClientSession) -> None:
    _, made = await post(http, TICKET, ticket())
    change = {"status": "resolved", "note": [{"text": "基站已修复"}]}
    headers = {"Content-Type": MEDIA_TYPE, "Idempotency-Key": "p"}
    async with http.patch(f"{TICKET}/{made['id']}", data=json.dumps(change), headers=headers) as reply:
        changed = await reply.json()
    assert ("resolved", "基站已修复") == (changed["status"], changed["note"][0]["text"])


# A file has one writer; PostgreSQL locks rows.
@pytest.mark.parametrize("reference", ["sqlite"], indirect=True)
async def test_a_locked_database_is_503_and_not_a_hang(http: ClientSession, reference: Reference) -> None:
    await reference.office.store.close()
    async with reference.office.store.writing():
        async with http.post(
            ORDER, data=json.dumps(GOOD), headers={"Content-Type": MEDIA_TYPE, "Idempotency-Key": "k"}
        ) as reply:
            assert 503 == reply.status
