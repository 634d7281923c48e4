"""What every channel's adapter promises: the real ones, each against its simulator, and the fake."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timezone

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors import utc_now
from connectors.simulators.sms import SmsProvider
from connectors.simulators.wechat import WechatPlatform
from connectors.sms.adapter import SmsAdapter
from connectors.sms.signing import Account as SmsAccount
from connectors.sms.signing import sign
from connectors.testing import FakeChannel, MemoryOutbox
from connectors.web.adapter import WebAdapter
from connectors.wechat.adapter import WechatAdapter
from connectors.wechat.api import WechatApi
from connectors.wechat.settings import Account as WechatAccount
from connectors.wechat.token import TokenMemory
from switchboard.errors import BadInput, ChannelUnreachable, SendError
from switchboard.model import Address, Choice, InboundMessage, Origin, OutboundMessage, Reply
from switchboard.ports import ChannelAdapter, RawRequest

AES = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG"


@dataclass
class Channel:
    """An adapter with its outside: how a person's message looks, what the person sees, how sending is made to fail."""

    adapter: ChannelAdapter
    address: Address
    request: Callable[[str, str], RawRequest]
    seen: Callable[[], Awaitable[list[str]]]
    break_next: Callable[[], None] | None


async def web_channel(http, start):
    outbox = MemoryOutbox()
    adapter = WebAdapter(outbox, b"k" * 32, utc_now)
    session = adapter.sessions.new()

    def request(identifier, text):
        body = {"session_id": adapter.sessions.token(session), "message": text, "customData": {"client_id": identifier}}
        return RawRequest("EVENT", "user_uttered", body=_json(body))

    async def seen():
        return [message.reply.text for _, message in await outbox.after(session.address, "")]

    return Channel(adapter, session.address, request, seen, None)


async def sms_channel(http, start):
    account = SmsAccount("", b"s" * 32, "10690000", "【云通】")
    provider = SmsProvider(account, "http://127.0.0.1:1", http, utc_now)
    url = await start(web.post("/send", provider.handle))
    account = SmsAccount(f"{url}/send", b"s" * 32, "10690000", "【云通】")
    adapter = SmsAdapter(account, http, lambda reply, language: reply.text, utc_now)

    def request(identifier, text):
        body = _json({"id": identifier, "from": "13800000000", "to": "10690000", "text": text})
        return RawRequest("POST", "/sms/mo", headers=sign(account.secret, body, utc_now), body=body)

    async def seen():
        return [line.text.removeprefix("【云通】") for line in provider.feed.lines("+8613800000000")]

    def break_next():
        provider.refuse_next.append((503, "busy"))

    return Channel(adapter, Address("sms", "+8613800000000"), request, seen, break_next)


async def wechat_channel(http, start):
    account = WechatAccount("", "wx1", "secret", "token", (AES,))
    platform = WechatPlatform(account, "http://127.0.0.1:1", http, utc_now)
    url = await start(web.post("/{path:.*}", platform.handle))
    account = WechatAccount(url, "wx1", "secret", "token", (AES,))
    adapter = WechatAdapter(account, WechatApi(account, http, TokenMemory(), utc_now), utc_now)
    openid = "oABCDEFG123"
    platform.allow(openid)

    def request(identifier, text):
        number = str(int.from_bytes(identifier.encode(), "big") % 10**18)
        now = str(int(utc_now().timestamp()))
        fields = {"FromUserName": openid, "CreateTime": now, "MsgType": "text", "Content": text, "MsgId": number}
        query, body = platform.signed_fields(fields)
        return RawRequest("POST", "/wechat", query, {}, body)

    async def seen():
        return [line.text for line in platform.feed.lines(openid)]

    def break_next():
        platform.errors_next.append(-1)

    return Channel(adapter, Address("wechat", openid), request, seen, break_next)


async def fake_channel(http, start):
    adapter = FakeChannel()

    async def seen():
        return [message.reply.text for message in adapter.sent]

    def break_next():
        adapter.fail_next.append(ChannelUnreachable("as told"))

    return Channel(adapter, Address("fake", "anna"), lambda i, t: adapter.request(i, "anna", t), seen, break_next)


@pytest.fixture(params=[web_channel, sms_channel, wechat_channel, fake_channel], ids=["web", "sms", "wechat", "fake"])
async def channel(request):
    servers = []

    async def start(route):
        app = web.Application()
        app.router.add_routes([route])
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("")).rstrip("/")

    async with aiohttp.ClientSession() as http:
        yield await request.param(http, start)
    for server in servers:
        await server.close()


def outbound(channel, text, choices=(), identifier="m1"):
    now = datetime.now(timezone.utc)
    return OutboundMessage(identifier, "c", channel.address, Reply(text, choices), Origin.BOT, 0, now)


def test_a_message_is_read(channel):
    received = channel.adapter.receive(channel.request("one", "查话费"))
    [item] = received.items
    assert isinstance(item, InboundMessage)
    assert (item.address, item.text, item.token) == (channel.address, "查话费", None)
    assert item.id.startswith(f"{channel.adapter.name}:")
    assert item.at.tzinfo is not None


def test_the_same_message_again_has_the_same_id(channel):
    first, again = (channel.adapter.receive(channel.request("one", "查话费")).items[0] for _ in range(2))
    other = channel.adapter.receive(channel.request("two", "查话费")).items[0]
    assert first.id == again.id != other.id


def test_a_refusal_is_another_answer_than_stored(channel):
    received = channel.adapter.receive(channel.request("one", "查话费"))
    assert received.on_stored.status == 200
    assert received.on_refused.status == 503


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"<xml>", b"\xff\xfe", b"null", b"{}" * 40_000])
def test_what_cannot_be_read_is_bad_input(channel, body):
    good = channel.request("one", "x")
    with pytest.raises(BadInput) as caught:
        channel.adapter.receive(RawRequest(good.method, good.path, good.query, good.headers, body))
    assert 400 <= caught.value.status < 500


async def test_a_reply_reaches_the_person(channel):
    async with channel.adapter.running():
        results = await channel.adapter.send(outbound(channel, "您的话费余额为23.50元。"))
    assert [(r.part, r.error) for r in results] == [(1, "")]
    assert await channel.seen() == ["您的话费余额为23.50元。"]


async def test_sending_again_shows_nothing_twice(channel):
    message = outbound(channel, "hello")
    if channel.adapter.name == "wechat":
        pytest.skip("the platform has no id of ours: the sender skips parts that went out")
    await channel.adapter.send(message)
    await channel.adapter.send(message)
    assert await channel.seen() == ["hello"]


async def test_parts_that_went_out_are_not_sent_again(channel):
    assert await channel.adapter.send(outbound(channel, "hello"), frozenset({1})) == []
    assert await channel.seen() == []


async def test_choices_reach_the_person_without_their_payload(channel):
    choices = (Choice("查账单", 1, "l.1", "query_bill", {"secret": "hidden"}),)
    await channel.adapter.send(outbound(channel, "请选择", choices))
    assert "hidden" not in repr(await channel.seen())


async def test_a_busy_channel_is_an_error_to_retry(channel):
    if channel.break_next is None:
        pytest.skip("the outbox has no outside that could be busy")
    channel.break_next()
    with pytest.raises(SendError) as caught:
        await channel.adapter.send(outbound(channel, "hello"))
    assert caught.value.retryable
    assert await channel.seen() == []


async def test_a_long_text_arrives_whole(channel):
    text = "".join(f"第{n}句话，内容不长。" for n in range(100))
    await channel.adapter.send(outbound(channel, text))
    assert "".join(await channel.seen()) == text


def test_capabilities_are_known(channel):
    assert channel.adapter.capabilities(channel.address).max_text > 0


def _json(value):
    return json.dumps(value).encode()
