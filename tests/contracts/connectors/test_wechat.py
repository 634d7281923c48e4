"""WeChat callbacks over HTTP: the real gateway, Redis, the platform's stand-in, and the platform's own examples."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from connectors import utc_now
from connectors.simulators.wechat import WechatPlatform
from connectors.wechat import crypto
from connectors.wechat.adapter import WechatAdapter
from connectors.wechat.settings import Account, account
from switchboard.errors import (
    BadInput,
)
from switchboard.model import Address, ChannelEvent
from switchboard.ports import RawRequest
from tests.contracts.connectors.stage import until

OPENID = "oABCDEFG-123_x"
VECTORS = Path(__file__).parents[4] / "shared" / "vectors" / "wechat_official.json"
PLAIN = Account("", "wx1", "secret", "token")


@pytest.fixture
def platform(stage):
    return WechatPlatform(account(stage.settings), stage.url, stage.http, utc_now)


def text(content="查话费", **changes):
    return {"MsgType": "text", "Content": content, "MsgId": "24000000001", **changes}


async def test_a_text_is_answered_with_success_and_stored(stage, platform):
    assert await platform.post(OPENID, text()) == (200, "success")
    item = (await until(lambda: stage.items))[0]
    assert (item.id, item.address, item.text) == ("wechat:24000000001", Address("wechat", OPENID), "查话费")


async def test_a_redelivered_text_is_taken_once(stage, platform):
    assert [await platform.post(OPENID, text()) for _ in range(3)] == [(200, "success")] * 3
    await platform.post(OPENID, text(MsgId="24000000002"))
    await until(lambda: len(stage.items) > 1)
    assert [item.id for item in stage.items] == ["wechat:24000000001", "wechat:24000000002"]


async def test_a_tap_on_the_menu_carries_its_token(stage, platform):
    await platform.say(OPENID, "1. 查账单", "ab12.1")
    assert (await until(lambda: stage.items))[0].token == "ab12.1"


@pytest.mark.parametrize(
    ("fields", "name", "values"),
    [
        ({"Event": "subscribe"}, "subscribe", {}),
        ({"Event": "subscribe", "EventKey": "qrscene_7"}, "subscribe", {"key": "qrscene_7"}),
        ({"Event": "SCAN", "EventKey": "7"}, "scan", {"key": "7"}),
        ({"Event": "CLICK", "EventKey": "balance"}, "menu", {"key": "balance", "text": "balance"}),
        ({"Event": "unsubscribe"}, "unsubscribe", {}),
    ],
)
async def test_events_are_told_apart(stage, platform, fields, name, values):
    await platform.post(OPENID, {"MsgType": "event", **fields})
    event = (await until(lambda: stage.items))[0]
    assert isinstance(event, ChannelEvent)
    assert (event.name, dict(event.values)) == (name, values)


async def test_what_nobody_needs_is_answered_and_dropped(stage, platform):
    assert await platform.post(OPENID, {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH"}) == (200, "success")
    assert await platform.post(OPENID, text(MsgType="hologram")) == (200, "success")
    assert stage.items == []


async def test_a_voice_without_recognition_is_a_medium(stage, platform):
    await platform.post(OPENID, text(MsgType="voice", MediaId="m1", Format="amr", Recognition=""))
    item = (await until(lambda: stage.items))[0]
    assert (item.media.kind, item.media.reference, item.media.transcript) == ("voice", "m1", "")


async def test_a_place_on_the_map_has_its_name(stage, platform):
    place = {"MsgType": "location", "Location_X": "23.13", "Location_Y": "113.26", "Label": "广州市天河区体育西路"}
    await platform.post(OPENID, text(**place))
    item = (await until(lambda: stage.items))[0]
    assert (item.media.kind, item.media.reference, item.text) == ("location", "23.13,113.26", "")
    assert item.media.transcript == "广州市天河区体育西路"


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("[微笑]", "sticker"),
        ("[Smile][强]", "sticker"),
        ("/::)", "sticker"),
        ("[收到不支持的消息类型，暂无法显示]", "sticker"),
        ("谢谢[微笑]", ""),
        ("[", ""),
        ("[" * 1500, ""),
    ],
)
async def test_the_platforms_own_faces_are_stickers(stage, platform, written, kind):
    await platform.post(OPENID, text(Content=written))
    item = (await until(lambda: stage.items))[0]
    assert (item.media.kind if item.media else "", item.text) == (kind, "" if kind else written)


BAD = {
    "no MsgId": text(MsgId=""),
    "huge MsgId": text(MsgId="9" * 21),
    "MsgId with letters": text(MsgId="1;2"),
    "no MsgType": text(MsgType=""),
    "bad openid": text(FromUserName="o ABC"),
    "huge openid": text(FromUserName="o" * 65),
    "time as text": text(CreateTime="yesterday"),
    "time without end": text(CreateTime="9" * 30),
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_fields_are_4xx(stage, platform, name):
    status, _ = await platform.post(OPENID, BAD[name])
    assert 400 <= status < 500
    assert stage.items == []


async def send(stage, query, body):
    async with stage.http.post(stage.url + "/wechat", params=query, data=body) as answer:
        return answer.status


async def test_forged_callbacks_are_4xx(stage, platform):
    good = f"<xml><FromUserName>{OPENID}</FromUserName></xml>".encode()
    query, body = platform.signed(good)
    assert await send(stage, {**query, "msg_signature": "0" * 40}, body) == 403
    assert await send(stage, {**query, "nonce": "1"}, body) == 403
    assert await send(stage, {**query, "timestamp": "1700000000"}, body) == 403
    assert await send(stage, query, good) == 403
    assert await send(stage, {}, body) == 403
    own = account(stage.settings)
    other = WechatPlatform(Account("", "wx2", "", own.token, own.aes_keys), stage.url, stage.http, utc_now)
    assert await send(stage, *other.signed(good)) == 403


async def test_a_stale_callback_is_4xx(stage):
    old = WechatPlatform(account(stage.settings), stage.url, stage.http, lambda: utc_now() - timedelta(seconds=310))
    assert (await old.post(OPENID, text()))[0] == 403


@pytest.mark.parametrize("inner", [b"", b"<xml>", b"<!DOCTYPE x><xml/>", b"<a>" * 5000, b"{", b'{"FromUserName": {}}'])
async def test_bad_xml_inside_is_4xx(stage, platform, inner):
    assert 400 <= await send(stage, *platform.signed(inner)) < 500


async def test_the_address_is_verified(stage):
    own, query = account(stage.settings), {"timestamp": "1714036504", "nonce": "1", "echostr": "4375"}
    query["signature"] = crypto.signature(own.token, "1714036504", "1")
    async with stage.http.get(stage.url + "/wechat", params=query) as answer:
        assert (answer.status, await answer.text()) == (200, "4375")
    async with stage.http.get(stage.url + "/wechat", params={**query, "nonce": "2"}) as answer:
        assert answer.status == 403


def at(seconds):
    return lambda: datetime.fromtimestamp(int(seconds), timezone.utc)


@pytest.fixture
def vectors():
    if not VECTORS.exists():
        pytest.skip("the platform's examples are kept beside the repository and are not here")
    return json.loads(VECTORS.read_text())


def official(v, **changes):
    own = Account("", v.get("appid", "wx"), "", v["token"], (v["aes"],) if "aes" in v else ())
    return WechatAdapter(own, None, at(v["timestamp"]))


def test_the_official_verification(vectors):
    v = vectors["get_verify"]
    raw = RawRequest("GET", "/wechat", {k: v[k] for k in ("signature", "timestamp", "nonce", "echostr")})
    assert official(v).receive(raw).on_stored.body == v["echostr"].encode()


def test_the_official_plain_json(vectors):
    v = vectors["plain_post"]
    raw = RawRequest(
        "POST", "/wechat", {k: v[k] for k in ("signature", "timestamp", "nonce")}, {}, json.dumps(v["body"]).encode()
    )
    assert official(v).receive(raw).items == ()


def test_the_official_encrypted_json(vectors):
    v = vectors["secure_post"]
    query = {k: v[k] for k in ("signature", "timestamp", "nonce", "msg_signature")}
    body = json.dumps({"ToUserName": "gh_97417a04a28d", "Encrypt": v["encrypt"]}).encode()
    assert official(v).receive(RawRequest("POST", "/wechat", query, {}, body)).on_stored.body == b"success"


@pytest.mark.parametrize("half", ["\udcff", "\ud800"])
@pytest.mark.parametrize("name", ["signature", "timestamp", "nonce"])
def test_half_a_character_is_no_signature(name, half):
    adapter, outside = plain()
    query, body = outside.signed_fields({"FromUserName": OPENID, "CreateTime": "1714036504", **text()})
    for method in ("GET", "POST"):
        with pytest.raises(BadInput):
            adapter.receive(RawRequest(method, "/wechat", {**query, name: half}, {}, body))


def plain(adapter_clock=utc_now):
    return WechatAdapter(PLAIN, None, adapter_clock), WechatPlatform(PLAIN, "", None, utc_now)


def test_plain_mode_reads_plain_xml():
    adapter, outside = plain()
    query, body = outside.signed_fields({"FromUserName": OPENID, "CreateTime": "1714036504", **text()})
    assert adapter.receive(RawRequest("POST", "/wechat", query, {}, body)).items[0].text == "查话费"


def test_in_plain_mode_a_nonce_brings_one_message():
    adapter, outside = plain()
    query, body = outside.signed_fields({"FromUserName": OPENID, "CreateTime": "1714036504", **text()})
    forged = body.replace(b"24000000001", b"24000000002")
    adapter.receive(RawRequest("POST", "/wechat", query, {}, body))
    adapter.receive(RawRequest("POST", "/wechat", query, {}, body))
    with pytest.raises(BadInput):
        adapter.receive(RawRequest("POST", "/wechat", query, {}, forged))


def test_compatible_mode_believes_the_encrypted_half():
    own = Account("", "wx1", "", "token", ("0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",))
    outside = WechatPlatform(own, "", None, utc_now)
    query, body = outside.signed_fields({"FromUserName": OPENID, "CreateTime": "1714036504", **text("inside")})
    both = body.replace(b"</xml>", b"<FromUserName>oEVIL123</FromUserName><Content>outside</Content></xml>")
    item = WechatAdapter(own, None, utc_now).receive(RawRequest("POST", "/wechat", query, {}, both)).items[0]
    assert (item.address.id, item.text) == (OPENID, "inside")
