"""Duplicates, reordering and hostile texts of every channel, from the real adapter to the answer: once, in order."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import aiohttp
import pytest

from connectors.http import Intake
from connectors.simulators.wechat import WechatPlatform
from connectors.sms.adapter import SmsAdapter
from connectors.sms.signing import Account as SmsAccount
from connectors.sms.signing import sign
from connectors.testing import MemoryOutbox
from connectors.web.adapter import WebAdapter
from connectors.wechat.adapter import WechatAdapter
from connectors.wechat.api import WechatApi
from connectors.wechat.settings import Account as WechatAccount
from connectors.wechat.token import TokenMemory
from switchboard.errors import BadInput
from switchboard.model import Address, InboundMessage, OutboundMessage
from switchboard.ports import ChannelAdapter, RawRequest
from switchboard.redis.stores import utc_now
from tests.contracts.switchboard.stack import Stack

HOSTILE = {
    "nothing": "",
    "blanks": " \t\n ",
    "a command": "/restart",
    "an intent": '  /confirm{"amount":"1"}',
    "a wide slash": "／",
    "Rasa's own prefix": "EXTERNAL: x",
    "zero width": "查\u200b话\u200d费\ufeff",
    "right to left": "\u202eabc\u202c\u2066x\u2069",
    "combining marks": "e" + "\u0301" * 16_000,
    "emoji": "😀" * 4_000,
    "markup": "<img src=x onerror=alert(1)>",
    "a script's link": "javascript:alert(1)",
    "a formula": '=HYPERLINK("http://x")',
    "a template": "{{7*7}} {% raw %} ${7*7}",
    "a slot": "{slot}",
    "line ends and colours": "a\r\nHost: x\r\n\x1b[31mred",
    "NUL": "a\x00b",
    "half a character": "a\ud83d",
    "wide digits": "１３８００００００００",
    "our own placeholder": "⟦code:0123456789abcdef⟧",
    "our own choice": "/pick:1:l.1",
    "SQL": "'; DROP TABLE messages; --",
    "a JSON end": '"}]}',
    "CDATA": "]]>",
}
NUMBERS = {"li": "13800000001", "wang": "13800000002", "zhao": "13800000003"}
AES = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"


@dataclass
class Outside:
    """One channel's outside: a person's message as the platform sends it, under an id of the platform's."""

    adapter: ChannelAdapter
    request: Callable[[str, str, str], RawRequest]
    """person, id, text → the request."""

    def address(self, person: str) -> Address:
        item = self.adapter.receive(self.request(person, "999", "x")).items[0]
        assert isinstance(item, InboundMessage)
        return item.address


def web_outside(http: aiohttp.ClientSession) -> Outside:
    adapter = WebAdapter(MemoryOutbox(), b"k" * 32, utc_now)
    sessions = {name: adapter.sessions.token(adapter.sessions.new()) for name in NUMBERS}

    def request(person: str, identifier: str, text: str) -> RawRequest:
        body = {"session_id": sessions[person], "message": text, "customData": {"client_id": identifier}}
        return RawRequest("EVENT", "user_uttered", body=json.dumps(body).encode())

    return Outside(adapter, request)


def sms_outside(http: aiohttp.ClientSession) -> Outside:
    account = SmsAccount("http://127.0.0.1:1", b"s" * 32, "10690000", "【云通】")

    def request(person: str, identifier: str, text: str) -> RawRequest:
        number = NUMBERS[person]
        return sms_request(account, {"id": identifier, "from": number, "to": "10690000", "text": text})

    return Outside(SmsAdapter(account, http, lambda reply, language: reply.text, utc_now), request)


def sms_request(account: SmsAccount, body: dict[str, object]) -> RawRequest:
    data = json.dumps(body).encode()
    return RawRequest("POST", "/sms/mo", headers=sign(account.secret, data, utc_now), body=data)


def wechat_outside(http: aiohttp.ClientSession) -> Outside:
    account = WechatAccount("http://127.0.0.1:1", "wx1", "secret", "token", (AES,))
    platform = WechatPlatform(account, "http://127.0.0.1:1", http, utc_now)

    def request(person: str, identifier: str, text: str) -> RawRequest:
        now = str(int(utc_now().timestamp()))
        # XML cannot hold them; the platform does not send them either.
        shown = "".join(c for c in text if c >= " " and not "\ud800" <= c <= "\udfff")
        fields = {"FromUserName": f"oPerson_{person}", "CreateTime": now, "MsgType": "text", "Content": shown}
        query, body = platform.signed_fields({**fields, "MsgId": identifier})
        return RawRequest("POST", "/wechat", query, {}, body)

    return Outside(WechatAdapter(account, WechatApi(account, http, TokenMemory(), utc_now), utc_now), request)


@pytest.fixture(params=[web_outside, sms_outside, wechat_outside], ids=["web", "sms", "wechat"])
async def outside(request: pytest.FixtureRequest) -> AsyncIterator[Outside]:
    async with aiohttp.ClientSession() as http:
        yield request.param(http)


async def bring(stack: Stack, outside: Outside, raw: RawRequest) -> int:
    """The status that the platform is told, by one of several gateways that know nothing of each other."""
    try:
        return (await Intake(stack.stores.accept).take(outside.adapter.receive(raw))).status
    except BadInput as error:
        return error.status


def sent(stack: Stack) -> list[OutboundMessage]:
    """What people heard, by the message that it answers."""
    return [message for adapter in stack.adapters.values() for message in adapter.sent]


def answers(stack: Stack, address: Address) -> list[str]:
    return [m.reply.text.removeprefix("echo ") for m in sent(stack) if m.address == address and "echo" in m.reply.text]


async def test_whatever_is_written_is_answered_once_however_often_it_comes(stack: Stack, outside: Outside) -> None:
    stack.worker()
    raws = {name: outside.request("li", str(100 + n), text) for n, (name, text) in enumerate(HOSTILE.items())}
    others = {name: outside.request("li", str(100 + n), "另一段话") for n, name in enumerate(HOSTILE)}
    statuses = {}
    for name, raw in raws.items():
        first = await bring(stack, outside, raw)
        again = await asyncio.gather(*(bring(stack, outside, one) for one in (raw, others[name], raw)))
        statuses[name] = {first, *again}
    # A body that is too large is refused by its length, and then the other text of that id is the only one.
    assert {status for found in statuses.values() for status in found} <= {200, 413, 400}
    await stack.at_rest(30)
    for name, raw in raws.items():
        assert await bring(stack, outside, raw) in statuses[name]
    await stack.at_rest(30)
    assert len(stack.bot.ran) == len(set(stack.bot.ran))
    assert len({message.id for message in sent(stack)}) == len(sent(stack))
    assert len({message.in_reply_to for message in sent(stack)}) == len(HOSTILE)
    assert await stack.logged("quarantine") == []


async def test_the_order_is_that_of_the_first_arrival_whatever_is_repeated(stack: Stack, outside: Outside) -> None:
    stack.worker()
    chance, said = random.Random(4), []
    for n in range(30):
        said.append(outside.request("li", str(n), f"第{n}句"))
        assert await bring(stack, outside, said[-1]) == 200
        for raw in chance.sample(said, min(len(said), 3)):
            assert await bring(stack, outside, raw) == 200
    await stack.at_rest(30)
    assert answers(stack, outside.address("li")) == [f"第{n}句" for n in range(30)]


async def test_people_do_not_get_each_others_answers_when_their_ids_are_the_same(
    stack: Stack, outside: Outside
) -> None:
    stack.worker()
    if outside.adapter.name != "web":
        pytest.skip("the platform's ids are its own: one for all people")
    for person in ("li", "wang", "zhao"):
        await bring(stack, outside, outside.request(person, "1", f"我是{person}"))
    await stack.at_rest(30)
    for person in ("li", "wang", "zhao"):
        assert answers(stack, outside.address(person)) == [f"我是{person}"]


@pytest.fixture
async def phones(stack: Stack) -> AsyncIterator[Outside]:
    async with aiohttp.ClientSession() as http:
        yield sms_outside(http)


def parts_of(person: str, reference: str, text: str, total: int) -> list[RawRequest]:
    """A long SMS as the carrier brings it."""
    account = SmsAccount("", b"s" * 32, "10690000", "【云通】")
    size = -(-len(text) // total)
    return [
        sms_request(
            account,
            {
                "id": f"{person}{reference}{n}",
                "from": NUMBERS[person],
                "to": "10690000",
                "text": text[(n - 1) * size : n * size],
                "part": {"reference": reference, "number": n, "total": total},
            },
        )
        for n in range(1, total + 1)
    ]


async def test_parts_of_several_people_under_one_reference_in_any_order_and_twice(
    stack: Stack, phones: Outside
) -> None:
    stack.worker()
    texts = {person: f"{person}的" + "很长的一段话" * 40 for person in ("li", "wang", "zhao")}
    raws = [raw for person, text in texts.items() for raw in parts_of(person, "7", text, 5)] * 2
    random.Random(11).shuffle(raws)
    assert {await bring(stack, phones, raw) for raw in raws} == {200}
    await stack.at_rest(30)
    for person, text in texts.items():
        assert answers(stack, phones.address(person)) == [text]


async def test_a_reused_reference_does_not_mix_two_messages(stack: Stack, phones: Outside) -> None:
    stack.worker()
    first, second = parts_of("li", "7", "甲" * 90, 3), parts_of("li", "7", "乙" * 90, 3)
    # Of the first one part is lost; the second comes under the same reference with ids of its own.
    renamed = [
        sms_request(SmsAccount("", b"s" * 32, "", ""), {**json.loads(raw.body), "id": f"n{n}"})
        for n, raw in enumerate(second)
    ]
    for raw in (first[0], first[1], *renamed):
        assert await bring(stack, phones, raw) == 200
    await stack.at_rest(30)
    heard = answers(stack, phones.address("li"))
    assert not [text for text in heard if "甲" in text and "乙" in text and len(text) > 90]
    assert "".join(heard).count("甲") == 60 and "".join(heard).count("乙") == 90


async def test_receipts_in_any_order_twice_and_of_nobody_change_nothing_said(stack: Stack, phones: Outside) -> None:
    stack.worker()
    account = SmsAccount("", b"s" * 32, "10690000", "【云通】")

    async def receipt(channel_id: str, state: str) -> int:
        data = json.dumps({"id": channel_id, "state": state}).encode()
        raw = RawRequest("POST", "/sms/receipt", headers=sign(account.secret, data, utc_now), body=data)
        return await bring(stack, phones, raw)

    await bring(stack, phones, phones.request("li", "1", "查话费"))
    await stack.at_rest(30)
    (told,) = [message for message in sent(stack) if message.reply.text == "echo 查话费"]
    mine = f"{told.id}.0"
    statuses = [
        await receipt(*one) for one in [(mine, "failed"), (mine, "delivered"), (mine, "failed"), ("x", "failed")]
    ]
    assert set(statuses) == {200}
    await stack.at_rest(30)
    states = [entry["state"] for entry in await stack.logged("receipt")]
    assert sorted(str(state) for state in states) == ["delivered", "failed"]
    assert len([message for message in sent(stack) if message.reply.text == "echo 查话费"]) == 1
