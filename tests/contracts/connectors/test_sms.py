"""The SMS channel over HTTP: the real gateway, Redis and the demo's provider."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors import utc_now
from connectors.simulators.sms import SmsProvider
from connectors.sms.adapter import SmsAdapter
from connectors.sms.signing import Account, credentials, sign
from switchboard.errors import AddressGone, BadSettings, ChannelThrottled, ChannelUnreachable, SendError
from switchboard.model import Address, Choice, InboundMessage, MessagePart, Origin, OutboundMessage, Receipt, Reply
from switchboard.settings import Settings
from tests.contracts.connectors.stage import until

PHONE = "+8613800000000"


def body_of(**changes):
    return {"id": "m1", "from": "13800000000", "to": "10690000", "text": "查话费", **changes}


async def post(stage, body, path="/sms/mo", clock=utc_now, secret=None, headers=None, nonce=None):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    account = credentials(stage.settings)
    signed = {**sign(secret or account.secret, data, clock, nonce), **(headers or {})}
    async with stage.http.post(stage.url + path, data=data, headers=signed) as answer:
        return answer.status


async def raw_post(stage, body, signature):
    """The status of a request whose signature is these bytes, which no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.settings.port)
    data, head = json.dumps(body).encode(), sign(b"s", b"", utc_now)
    lines = [f"{name}: {value}".encode() for name, value in head.items() if name != "X-Renji-Signature"]
    lines = [b"POST /sms/mo HTTP/1.1", b"Host: localhost", *lines, b"X-Renji-Signature: " + signature]
    writer.write(b"\r\n".join([*lines, b"Content-Length: %d" % len(data), b"", data]))
    status = int((await reader.readline()).split()[1])
    writer.close()
    return status


async def test_a_text_is_stored_before_the_provider_is_told(stage):
    stage.may_answer.clear()
    assert await post(stage, body_of()) == 200
    stage.may_answer.set()
    await until(lambda: stage.items)
    assert stage.items[0].address == Address("sms", PHONE)


async def test_a_redelivered_text_is_taken_once(stage):
    assert [await post(stage, body_of()) for _ in range(3)] == [200] * 3
    await post(stage, body_of(id="m2"))
    texts = await until(
        lambda: len(found := [i.id for i in stage.items if isinstance(i, InboundMessage)]) > 1 and found
    )
    assert sorted(texts) == ["sms:m1", "sms:m2"]


@pytest.mark.parametrize("number", ["13800000000", "8613800000000", "+8613800000000"])
async def test_a_number_is_one_number_however_it_is_written(stage, number):
    await post(stage, body_of(**{"from": number}))
    await until(lambda: stage.items)
    assert stage.items[0].address.id == PHONE


async def test_parts_are_stored_singly(stage):
    for number in (2, 1):
        part = {"reference": "r", "number": number, "total": 2}
        assert await post(stage, body_of(id=f"p{number}", text=f"part {number}", part=part)) == 200
    parts = await until(lambda: len(found := [i for i in stage.items if isinstance(i, MessagePart)]) == 2 and found)
    assert sorted((p.number, p.total, p.reference) for p in parts) == [(1, 2, "r"), (2, 2, "r")]


async def test_a_receipt_names_the_providers_id(stage):
    assert await post(stage, {"id": "p123", "state": "delivered"}, "/sms/receipt") == 200
    await until(lambda: stage.items)
    assert isinstance(stage.items[0], Receipt)
    assert (stage.items[0].channel_id, stage.items[0].state) == ("p123", "delivered")


async def test_our_own_number_as_sender_is_taken_and_dropped(stage):
    assert await post(stage, body_of(**{"from": "10690000"})) == 200
    await post(stage, body_of(id="m2"))
    await until(lambda: stage.items)
    # Soon after comes the receipt of what m2 was answered.
    assert [item.id for item in stage.items if not isinstance(item, Receipt)] == ["sms:m2"]


async def test_the_signature_covers_body_time_and_nonce(stage):
    assert await post(stage, body_of(), secret=b"another secret of 32 bytes......") == 401
    assert await post(stage, body_of(), headers={"X-Renji-Nonce": "changed-nonce"}) == 401
    assert await post(stage, body_of(), headers={"X-Renji-Timestamp": "1700000000"}) == 401
    assert await post(stage, body_of(), headers={"X-Renji-Signature": "ü"}) == 401
    assert await raw_post(stage, body_of(), b"\xff") == 401
    assert await post(stage, body_of(), clock=lambda: utc_now() - timedelta(seconds=301)) == 401
    assert await post(stage, body_of(), clock=lambda: utc_now() + timedelta(seconds=310)) == 401
    assert (await stage.http.post(stage.url + "/sms/mo", json=body_of())).status == 401


async def test_a_nonce_is_good_for_one_body(stage):
    assert await post(stage, body_of(), nonce="nonce-of-the-test") == 200
    assert await post(stage, body_of(id="m2"), nonce="nonce-of-the-test") == 401


BAD = {
    "empty": b"",
    "truncated": b'{"id": "m1", "from',
    "a list": b"[]",
    "NaN": b'{"id": "m1", "from": "13800000000", "text": "x", "at": NaN}',
    "huge time": b'{"id": "m1", "from": "13800000000", "text": "x", "at": 1' + b"0" * 400 + b"}",
    "duplicate keys": b'{"id": "m1", "from": "13800000000", "from": "13900000000", "text": "x"}',
    "deep": b'{"id": "m1", "from": "13800000000", "text": "x", "x":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    "no id": json.dumps({"from": "13800000000", "text": "x"}).encode(),
    "empty id": json.dumps(body_of(id="")).encode(),
    "huge id": json.dumps(body_of(id="9" * 65)).encode(),
    "id with a line end": json.dumps(body_of(id="a\nb")).encode(),
    "alphanumeric sender": json.dumps(body_of(**{"from": "CMCC"})).encode(),
    "full-width sender": json.dumps(body_of(**{"from": "１３８０００００００００"})).encode(),
    "sender with a suffix": json.dumps(body_of(**{"from": "13800000000;ext=1"})).encode(),
    "sender is a list": json.dumps(body_of(**{"from": ["13800000000"]})).encode(),
    "text is missing": json.dumps({"id": "m1", "from": "13800000000"}).encode(),
    "text is an object": json.dumps(body_of(text={})).encode(),
    "part is a string": json.dumps(body_of(part="1/2")).encode(),
    "part 0": json.dumps(body_of(part={"reference": "r", "number": 0, "total": 2})).encode(),
    "part above total": json.dumps(body_of(part={"reference": "r", "number": 3, "total": 2})).encode(),
    "256 parts": json.dumps(body_of(part={"reference": "r", "number": 1, "total": 256})).encode(),
    "reference with half a character": json.dumps(
        body_of(part={"reference": "\ud800", "number": 1, "total": 2})
    ).encode(),
    "part true": json.dumps(body_of(part={"reference": "r", "number": True, "total": 2})).encode(),
    "time as text": json.dumps(body_of(at="yesterday")).encode(),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_is_4xx(stage, name):
    assert 400 <= await post(stage, BAD[name]) < 500
    assert stage.items == []


@pytest.mark.parametrize(
    "body", [{"id": "p1"}, {"id": "p1", "state": "lost"}, {"state": "failed"}, {"id": 1, "state": "failed"}]
)
async def test_a_bad_receipt_is_4xx(stage, body):
    assert 400 <= await post(stage, body, "/sms/receipt") < 500


async def test_a_number_in_a_parameter_is_not_believed(stage):
    assert await post(stage, body_of(), "/sms/mo?from=13900000009") == 200
    await until(lambda: stage.items)
    assert stage.items[0].address.id == PHONE


TEXTS = [
    "",
    "/restart",
    "１２３",
    "\ud83d",
    "😀" * 300,
    "x" * 20_000,
    "a\u0301" * 2000,
    "{{7*7}}",
    "\x00\x1b[2J",
    "‮abc",
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_odd_texts_are_only_texts(stage, text):
    assert await post(stage, body_of(text=text)) == 200
    await until(lambda: stage.items)
    assert len(stage.items[0].text) <= 4000 and "\x1b" not in stage.items[0].text


# --- sending -------------------------------------------------------------------------------------------------


async def test_a_phone_is_answered(stage):
    people = stage.url + "/demo/lines"
    await stage.http.post(stage.url + "/demo/sms", json={"person": PHONE, "text": "查话费"})
    async with stage.http.get(people, params={"person": PHONE, "sms": "1"}) as answer:
        run = (await answer.json())["run"]
    async with stage.http.get(people, params={"person": PHONE, "run": run, "sms": "1"}) as answer:
        [line] = (await answer.json())["sms"]
    assert (line["side"], line["text"]) == ("ours", "【云通】you said: 查话费")


async def test_a_long_text_of_a_phone_comes_in_parts(stage):
    await stage.http.post(stage.url + "/demo/sms", json={"person": PHONE, "text": "话" * 100})
    await until(lambda: len([i for i in stage.items if isinstance(i, MessagePart)]) == 2)
    assert [len(i.text) for i in stage.items if isinstance(i, MessagePart)] == [67, 33]


async def test_choices_are_numbered(stage):
    address = Address("sms", PHONE)
    await stage.say(address, Reply("请选择", (Choice("查账单", 1, "l.1", "query_bill"),)))
    async with stage.http.get(stage.url + "/demo/lines", params={"person": PHONE}) as answer:
        [line] = (await answer.json())["sms"]
    assert line["text"] == "【云通】请选择 1查账单"


@pytest.fixture
async def provider(tmp_path):
    """(adapter, provider) without a gateway."""
    async with aiohttp.ClientSession() as http:
        account = Account("", b"s" * 32, "10690000", "【云通】")
        provider = SmsProvider(account, "http://127.0.0.1:1", http, utc_now)
        app = web.Application()
        app.router.add_post("/send", provider.handle)
        async with TestServer(app) as server:
            account = Account(str(server.make_url("/send")), b"s" * 32, "10690000", "【云通】")
            yield SmsAdapter(account, http, lambda reply, language: f"{reply.text} {language}", utc_now), provider


async def test_what_can_be_chosen_stands_in_the_language_of_the_talk_whatever_names_the_text_has(provider):
    adapter, outside = provider
    said = replace(message("周敏 answers for it and will reply by 7 Dec."), language="en")
    await adapter.send(said)
    await adapter.send(replace(message("OK"), id="m2", language="zh"))
    assert [data["text"].rpartition(" ")[2] for data in outside.delivered] == ["en", "zh"]


def message(text):
    return OutboundMessage("m1", "c", Address("sms", PHONE), Reply(text), Origin.BOT, 0, datetime.now(timezone.utc))


async def test_each_part_is_posted_with_its_number(provider):
    adapter, outside = provider
    results = await adapter.send(message("费" * 150))
    assert [r.part for r in results] == [1, 2, 3]
    assert [(d["id"], d["part"]["number"], d["part"]["total"]) for d in outside.delivered] == [
        ("m1.1", 1, 3),
        ("m1.2", 2, 3),
        ("m1.3", 3, 3),
    ]


async def test_a_retry_sends_only_what_failed(provider):
    adapter, outside = provider
    first = await adapter.send(message("费" * 150), frozenset({1}))
    assert [r.part for r in first] == [2, 3]
    assert [d["part"]["number"] for d in outside.delivered] == [2, 3]


@pytest.mark.parametrize(
    ("status", "reason", "error", "retryable"),
    [
        (429, "slow down", ChannelThrottled, True),
        (500, "oops", ChannelUnreachable, True),
        (503, "busy", ChannelUnreachable, True),
        (400, "unknown_number", AddressGone, False),
        (400, "opted_out", AddressGone, False),
        (400, "bad_text", SendError, False),
        (401, "signature", SendError, False),
    ],
)
async def test_refusals_are_one_vocabulary(provider, status, reason, error, retryable):
    adapter, outside = provider
    outside.refuse_next = [(status, reason)]
    with pytest.raises(error) as caught:
        await adapter.send(message("hello"))
    assert caught.value.retryable is retryable


async def test_nobody_there_is_retryable(provider):
    adapter, _ = provider
    gone = SmsAdapter(
        Account("http://127.0.0.1:1/send", b"s" * 32, "1", ""), adapter._http, lambda reply, language: "x", utc_now
    )
    with pytest.raises(ChannelUnreachable):
        await gone.send(message("hello"))


def test_half_an_account_is_refused():
    with pytest.raises(BadSettings):
        credentials(Settings(sms_send_url="https://sms.example/send"))
    assert credentials(Settings()) is None
