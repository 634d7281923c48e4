"""The WeChat Official Account channel."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from connectors.channel import cut
from connectors.parsing import json_object, message_text, moment, xml_fields
from connectors.replay import Replays
from connectors.wechat import crypto
from connectors.wechat.api import WechatApi
from connectors.wechat.settings import Account
from switchboard.errors import BadInput, SendError
from switchboard.model import Address, ChannelEvent, Inbound, InboundMessage, Media, OutboundMessage, Reply
from switchboard.ports import Answer, Capabilities, Clock, PartResult, RawRequest, Received

WINDOW_S = 300
MAX_TEXT_BYTES = 2048
MAX_MENU_BYTES = 500
"""Of a menu's head; a longer text goes out before it."""
_OPENID = re.compile(r"[0-9A-Za-z_-]{6,64}")
_MSGID = re.compile(r"[0-9]{1,20}")
_TOKEN = re.compile(r"[0-9A-Za-z._-]{1,64}")
# The platform repeats whatever is not answered with exactly this.
_SUCCESS = Answer(200, b"success")
_REFUSED = Answer(503, b"try again")
# The platform's own faces come as words in brackets or codes, its animated ones as a sentence.
_STICKER = re.compile(
    r"(?:\[[A-Za-z\u4e00-\u9fff]{1,8}\]|/:[^\s/]{1,8}\s?){1,50}|【?\[?收到不支持的消息类型，暂无法显示\]?】?"
)
_MEDIA = {
    "image": "image",
    "voice": "voice",
    "video": "video",
    "shortvideo": "video",
    "location": "location",
    "file": "file",
}


class WechatAdapter:
    """Callbacks at /wechat; answers by the customer-service API, because five seconds are too short for a turn."""

    name = "wechat"
    route = "wechat"

    def __init__(self, account: Account, api: WechatApi, clock: Clock) -> None:
        self._account = account
        self._api = api
        self._clock = clock
        self._replays = Replays(clock)

    def receive(self, raw: RawRequest) -> Received:
        """Raises BadInput: 403 for what the platform did not sign, 400 for what cannot be read."""
        timestamp, nonce = raw.query.get("timestamp", ""), raw.query.get("nonce", "")
        if raw.method == "GET":
            echo = raw.query.get("echostr", "")
            crypto.check(raw.query.get("signature", ""), self._account.token, timestamp, nonce)
            return Received((), Answer(200, echo[:128].encode("utf-8", "replace")), _REFUSED)
        fields = self._fields(raw, timestamp, nonce)
        item = self._item(fields)
        self._check_fresh(timestamp, nonce, item.id if item else "")
        return Received((item,) if item else (), _SUCCESS, _REFUSED)

    def _fields(self, raw: RawRequest, timestamp: str, nonce: str) -> dict[str, Any]:
        """The verified message. With a key set up only an encrypted one is believed, also where both come together."""
        if not self._account.aes_keys:
            crypto.check(raw.query.get("signature", ""), self._account.token, timestamp, nonce)
            return _parse(raw.body)
        encrypted = _parse(raw.body).get("Encrypt")
        if not isinstance(encrypted, str) or not encrypted:
            raise BadInput("the message is not encrypted", 403)
        crypto.check(raw.query.get("msg_signature", ""), self._account.token, timestamp, nonce, encrypted)
        return _parse(crypto.decrypt(encrypted, self._account.aes_keys, self._account.app_id))

    def _check_fresh(self, timestamp: str, nonce: str, item: str) -> None:
        # In plain mode the signature does not cover the body: a nonce that brings another message is somebody else's.
        if not re.fullmatch(r"[0-9]{10}", timestamp) or abs(self._clock().timestamp() - int(timestamp)) > WINDOW_S:
            raise BadInput("the timestamp is more than 300 s off", 403)
        if not self._replays.fresh(f"{timestamp}.{nonce[:64]}", item):
            raise BadInput("the nonce was used for another message", 403)

    def _item(self, fields: Mapping[str, Any]) -> Inbound | None:
        """None for what nobody needs to know, such as the report of a template message."""
        openid, kind = str(fields.get("FromUserName", "")), str(fields.get("MsgType", ""))
        if not _OPENID.fullmatch(openid) or not kind:
            raise BadInput("FromUserName or MsgType is missing or malformed")
        address, at = Address("wechat", openid), moment(str(fields.get("CreateTime", "")))
        if kind == "event":
            return _event(address, at, fields)
        identifier = str(fields.get("MsgId", ""))
        if not _MSGID.fullmatch(identifier):
            raise BadInput("MsgId is missing or malformed")
        if kind == "text":
            token = str(fields.get("bizmsgmenuid", ""))
            text = message_text(str(fields.get("Content", "")))
            if _STICKER.fullmatch(text.strip()):
                return InboundMessage(f"wechat:{identifier}", address, "", at, media=Media("sticker", text[:256]))
            return InboundMessage(f"wechat:{identifier}", address, text, at, token if _TOKEN.fullmatch(token) else None)
        if kind == "link":
            return InboundMessage(f"wechat:{identifier}", address, message_text(str(fields.get("Url", ""))), at)
        if kind not in _MEDIA:
            return None
        return InboundMessage(f"wechat:{identifier}", address, "", at, media=_media(kind, fields))

    async def send(self, message: OutboundMessage, skip_parts: frozenset[int] = frozenset()) -> list[PartResult]:
        """Parts count from 1; a long text is cut at 2048 bytes, choices go out as a menu with the last part."""
        results: list[PartResult] = []
        bodies = _bodies(message.reply)
        for number, body in enumerate(bodies, 1):
            if number in skip_parts:
                continue
            try:
                results.append(PartResult(number, await self._api.custom_send({"touser": message.address.id, **body})))
            except SendError as error:
                if not results:
                    raise
                late = (n for n in range(number, len(bodies) + 1) if n not in skip_parts)
                return [*results, *(PartResult(n, error=str(error)) for n in late)]
        return results

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield

    def capabilities(self, address: Address) -> Capabilities:
        return Capabilities(buttons=True, links=True, max_text=MAX_TEXT_BYTES // 3, media=frozenset())


def _parse(body: bytes) -> dict[str, Any]:
    """XML, or JSON where the account is set to it."""
    return json_object(body) if body.lstrip()[:1] == b"{" else dict(xml_fields(body))


def _event(address: Address, at: datetime, fields: Mapping[str, Any]) -> ChannelEvent | None:
    name, key = str(fields.get("Event", "")).lower(), message_text(str(fields.get("EventKey", "")))[:128]
    known = {"subscribe": "subscribe", "unsubscribe": "unsubscribe", "scan": "scan", "click": "menu"}
    if name not in known:
        return None
    # Events have no id; the platform says to tell them apart by sender and second.
    identifier = f"wechat:{address.id}:{int(at.timestamp())}:{name}"
    values = {"key": key} if key else {}
    # A menu's key is what a person would have typed.
    if known[name] == "menu":
        values["text"] = key
    return ChannelEvent(identifier, address, known[name], at, values)


def _media(kind: str, fields: Mapping[str, Any]) -> Media:
    reference = str(fields.get("MediaId", "")) or f"{fields.get('Location_X', '')},{fields.get('Location_Y', '')}"
    # What a voice says, or what a place is called.
    recognised = fields.get("Label" if kind == "location" else "Recognition")
    transcript = message_text(recognised) if isinstance(recognised, str) else ""
    return Media(_MEDIA[kind], message_text(reference)[:256], transcript)  # type: ignore[arg-type]


def _bodies(reply: Reply) -> list[dict[str, Any]]:
    text = reply.text
    if reply.link:
        text = f'{text}\n<a href="{reply.link.url}">{reply.link.title}</a>'
    pieces = cut(text, MAX_TEXT_BYTES, _bytes)
    if not reply.choices:
        return [_text(piece) for piece in pieces]
    head = pieces.pop() if pieces and _bytes(pieces[-1]) <= MAX_MENU_BYTES else ""
    menu = {
        "head_content": head,
        "list": [{"id": choice.token, "content": f"{choice.number}. {choice.label}"} for choice in reply.choices],
        "tail_content": "",
    }
    return [*(_text(piece) for piece in pieces), {"msgtype": "msgmenu", "msgmenu": menu}]


def _text(content: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": content}}


def _bytes(text: str) -> int:
    return len(text.encode())
