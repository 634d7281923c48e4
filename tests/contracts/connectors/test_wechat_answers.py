"""What the WeChat channel sends, and what the platform answers to it."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from connectors import utc_now
from connectors.simulators.wechat import WechatPlatform
from connectors.wechat.adapter import WechatAdapter
from connectors.wechat.api import WechatApi
from connectors.wechat.settings import Account, account
from connectors.wechat.token import TokenFile, TokenMemory
from switchboard.errors import (
    AddressGone,
    BadSettings,
    ChannelThrottled,
    ChannelUnreachable,
    SendError,
    WindowClosed,
)
from switchboard.model import Address, Choice, Link, Origin, OutboundMessage, Reply
from switchboard.settings import Settings

OPENID = "oABCDEFG-123_x"
PLAIN = Account("", "wx1", "secret", "token")


@pytest.fixture
async def outside(tmp_path):
    """(adapter, platform) without a gateway."""
    async with aiohttp.ClientSession() as http:
        platform = WechatPlatform(PLAIN, "", http, utc_now)
        app = web.Application()
        app.router.add_post("/{path:.*}", platform.handle)
        async with TestServer(app) as server:
            own = Account(str(server.make_url("")).rstrip("/"), "wx1", "secret", "token")
            platform.allow(OPENID)
            yield WechatAdapter(own, WechatApi(own, http, TokenMemory(), utc_now), utc_now), platform


def message(reply):
    return OutboundMessage("m1", "c", Address("wechat", OPENID), reply, Origin.BOT, 0, utc_now())


async def test_choices_are_a_menu(outside):
    adapter, platform = outside
    await adapter.send(message(Reply("请选择", (Choice("查账单", 1, "l.1", "x"), Choice("充值", 2, "l.2", "x")))))
    [line] = platform.feed.lines(OPENID)
    assert (line.text, line.choices) == ("请选择", (("l.1", "1. 查账单"), ("l.2", "2. 充值")))


async def test_a_link_is_shown(outside):
    adapter, platform = outside
    await adapter.send(message(Reply("请支付", link=Link("去支付", "https://pay.example/1"))))
    assert platform.feed.lines(OPENID)[0].text == '请支付\n<a href="https://pay.example/1">去支付</a>'


async def test_a_long_text_is_cut_at_2048_bytes(outside):
    adapter, platform = outside
    results = await adapter.send(message(Reply("套餐说明。" * 300)))
    lines = platform.feed.lines(OPENID)
    assert [r.part for r in results] == [1, 2, 3]
    assert all(len(line.text.encode()) <= 2048 and line.text.endswith("。") for line in lines)


async def test_the_token_is_fetched_once(outside):
    adapter, platform = outside
    for _ in range(3):
        await adapter.send(message(Reply("hello")))
    assert platform.tokens_issued == 1


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_refused_token_is_renewed_once(outside, code):
    adapter, platform = outside
    await adapter.send(message(Reply("hello")))
    platform.errors_next = [code]
    await adapter.send(message(Reply("again")))
    assert platform.tokens_issued == 2
    platform.errors_next = [code, code]
    with pytest.raises(ChannelUnreachable):
        await adapter.send(message(Reply("third")))
    assert platform.tokens_issued == 3


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (45015, WindowClosed),
        (45047, WindowClosed),
        (40003, AddressGone),
        (43004, AddressGone),
        (45009, ChannelThrottled),
        (45011, ChannelThrottled),
        (-1, ChannelUnreachable),
        (87014, SendError),
    ],
)
async def test_errors_are_one_vocabulary(outside, code, error):
    adapter, platform = outside
    platform.errors_next = [code]
    with pytest.raises(error):
        await adapter.send(message(Reply("hello")))


async def test_the_sixth_message_of_a_window_is_refused(outside):
    adapter, _ = outside
    for _ in range(5):
        await adapter.send(message(Reply("hello")))
    with pytest.raises(WindowClosed):
        await adapter.send(message(Reply("hello")))


async def test_what_failed_after_a_part_went_out_is_told_by_part(outside):
    adapter, platform = outside
    platform._windows[OPENID].left = 1
    results = await adapter.send(message(Reply("套餐说明。" * 300)))
    assert [(r.part, bool(r.error)) for r in results] == [(1, False), (2, True), (3, True)]


async def test_processes_share_the_token(outside, tmp_path):
    adapter, platform = outside
    api = adapter._api
    for _ in range(2):
        shelf = TokenFile(tmp_path / "token.json")
        await WechatApi(api._account, api._http, shelf, utc_now).custom_send(
            {"touser": OPENID, "msgtype": "text", "text": {"content": "x"}}
        )
    assert platform.tokens_issued == 1
    assert (tmp_path / "token.json").stat().st_mode & 0o777 == 0o600


def test_half_an_account_is_refused():
    with pytest.raises(BadSettings):
        account(Settings(wechat_app_id="wx1"))
    with pytest.raises(BadSettings):
        account(Settings(wechat_app_id="wx1", wechat_app_secret="s", wechat_token="t", wechat_aes_key="short"))
    assert account(Settings()) is None
