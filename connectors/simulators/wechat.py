"""The WeChat platform with its users: posts encrypted callbacks, serves the customer-service API with its quotas."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape

import aiohttp
from aiohttp import web

from connectors.http import json_response, raw_request
from connectors.parsing import json_object
from connectors.simulators.feed import Feed
from connectors.wechat import crypto
from connectors.wechat.settings import Account
from switchboard.ports import Clock


@dataclass
class Window:
    """How many messages may still go to a user, and until when (Unix seconds)."""

    left: int
    until: float


class WechatPlatform:
    """`errors_next` makes the next sends fail with these errcodes, for tests."""

    def __init__(self, account: Account, gateway_url: str, http: aiohttp.ClientSession, clock: Clock) -> None:
        self.feed = Feed()
        self.errors_next: list[int] = []
        self.token = ""
        self.tokens_issued = 0
        self._account = account
        self._gateway_url = gateway_url
        self._http = http
        self._clock = clock
        self._windows: dict[str, Window] = {}

    # --- what a user does ------------------------------------------------------------------------------------------

    async def say(self, openid: str, text: str, tapped: str = "") -> bool:
        """A text, or a tap on the menu item `tapped`. True once the gateway answered "success"."""
        await self.feed.add(openid, "theirs", text)
        self.allow(openid)
        fields = {"MsgType": "text", "Content": text, "MsgId": str(secrets.randbits(63))}
        if tapped:
            fields["bizmsgmenuid"] = tapped
        return await self.post(openid, fields) == (200, "success")

    def allow(self, openid: str) -> None:
        """As if the user had just written: five messages within 48 h."""
        self._windows[openid] = Window(5, self._now() + 48 * 3600)

    async def subscribe(self, openid: str) -> bool:
        self._windows[openid] = Window(3, self._now() + 60)
        return await self.post(openid, {"MsgType": "event", "Event": "subscribe"}) == (200, "success")

    async def post(self, openid: str, fields: dict[str, str]) -> tuple[int, str]:
        """Post a callback as the account's mode asks; (status, body) of the answer."""
        fields = {"ToUserName": "gh_renji", "FromUserName": openid, "CreateTime": str(int(self._now())), **fields}
        query, body = self.signed_fields(fields)
        timeout = aiohttp.ClientTimeout(total=5)
        url = self._gateway_url + "/wechat"
        async with self._http.post(
            url, params=query, data=body, headers={"Content-Type": "text/xml"}, timeout=timeout
        ) as response:
            return response.status, await response.text()

    def signed_fields(self, fields: dict[str, str]) -> tuple[dict[str, str], bytes]:
        return self.signed(_xml(fields))

    def signed(self, message: bytes) -> tuple[dict[str, str], bytes]:
        """(query, body) of a callback; encrypted if the account has a key."""
        timestamp, nonce = str(int(self._now())), str(secrets.randbelow(10**10))
        query = {"timestamp": timestamp, "nonce": nonce, "openid": "unused"}
        query["signature"] = crypto.signature(self._account.token, timestamp, nonce)
        if not self._account.aes_keys:
            return query, message
        sealed = crypto.encrypt(message, self._account.aes_keys[0], self._account.app_id)
        query |= {
            "encrypt_type": "aes",
            "msg_signature": crypto.signature(self._account.token, timestamp, nonce, sealed),
        }
        return query, _xml({"ToUserName": "gh_renji", "Encrypt": sealed})

    # --- what the platform's API does ------------------------------------------------------------------------------

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Everything under /cgi-bin/; errors come inside HTTP 200."""
        body = json_object((await raw_request(request)).body)
        if request.path.endswith("/cgi-bin/stable_token"):
            return json_response(self._stable_token(body))
        if request.path.endswith("/cgi-bin/message/custom/send"):
            return json_response(await self._send(request.query.get("access_token", ""), body))
        return json_response({"errcode": 40066, "errmsg": "invalid url"})

    def _stable_token(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("appid") != self._account.app_id or body.get("secret") != self._account.app_secret:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        if not self.token or body.get("force_refresh"):
            self.token = secrets.token_hex(32)
            self.tokens_issued += 1
        return {"access_token": self.token, "expires_in": 7200}

    async def _send(self, token: str, body: dict[str, Any]) -> dict[str, Any]:
        if not self.token or token != self.token:
            return {"errcode": 40001, "errmsg": "invalid credential"}
        if self.errors_next:
            return {"errcode": self.errors_next.pop(0), "errmsg": "as told"}
        openid = str(body.get("touser", ""))
        window = self._windows.get(openid)
        if window is None or window.until < self._now():
            return {"errcode": 45015, "errmsg": "response out of time limit"}
        if window.left <= 0:
            return {"errcode": 45047, "errmsg": "out of response count limit"}
        if body.get("msgtype") not in ("text", "msgmenu"):
            return {"errcode": 40008, "errmsg": "invalid message type"}
        text, choices = _content(body)
        if len(text.encode()) > 2048:
            return {"errcode": 45002, "errmsg": "content size out of limit"}
        window.left -= 1
        await self.feed.add(openid, "ours", text, choices)
        return {"errcode": 0, "errmsg": "ok"}

    def _now(self) -> float:
        return self._clock().timestamp()


def _xml(fields: dict[str, str]) -> bytes:
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    return f"<xml>{inside}</xml>".encode()


def _content(body: dict[str, Any]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What a user sees of a customer-service message: text, and (id, label) of each menu item."""
    if body["msgtype"] == "text":
        return str(body["text"]["content"]), ()
    menu = body["msgmenu"]
    text = "\n".join(filter(None, (menu.get("head_content"), menu.get("tail_content"))))
    return text, tuple((str(item["id"]), str(item["content"])) for item in menu["list"])
