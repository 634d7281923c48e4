"""The customer-service API: errors come inside HTTP 200 as `errcode`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from connectors.parsing import json_object
from connectors.wechat.settings import Account
from connectors.wechat.token import AccessToken, TokenShelf
from switchboard.errors import AddressGone, BadInput, ChannelThrottled, ChannelUnreachable, SendError, WindowClosed
from switchboard.ports import Clock

EARLY_S = 300
"""A token is renewed this long before it ends."""
_TOKEN = frozenset({40001, 40014, 42001})
_CLOSED = {45015: "the 48 h window is over", 45047: "the window's messages are used up"}
_GONE = {40003: "unknown openid", 43004: "not subscribed", 50005: "unsubscribed"}
_THROTTLED = {45009: 3600.0, 45011: 60.0}


class WechatApi:
    """Sends customer-service messages with a token that is fetched once and shared."""

    def __init__(self, account: Account, http: aiohttp.ClientSession, shelf: TokenShelf, clock: Clock) -> None:
        self._account = account
        self._http = http
        self._shelf = shelf
        self._clock = clock
        self._fetching = asyncio.Lock()

    async def custom_send(self, message: Mapping[str, Any]) -> str:
        """The platform's message id, "" where it gives none. Raises SendError."""
        token = await self._token(stale="")
        answer = await self._post(f"/cgi-bin/message/custom/send?access_token={token}", message)
        if answer.get("errcode") in _TOKEN:
            token = await self._token(stale=token)
            answer = await self._post(f"/cgi-bin/message/custom/send?access_token={token}", message)
        _raise_for(answer)
        return str(answer.get("msgid", ""))[:64]

    async def _token(self, stale: str) -> str:
        """The shared token; another one than `stale`, which the platform refused."""
        async with self._fetching:
            known = self._shelf.read()
            if known and known.value != stale and known.app_id == self._account.app_id and self._lives(known):
                return known.value
            request = {
                "grant_type": "client_credential",
                "appid": self._account.app_id,
                "secret": self._account.app_secret,
                "force_refresh": bool(stale),
            }
            answer = await self._post("/cgi-bin/stable_token", request)
            _raise_for(answer)
            value, lasts_s = answer.get("access_token"), answer.get("expires_in")
            if not isinstance(value, str) or not isinstance(lasts_s, int):
                raise ChannelUnreachable("WeChat: no access token in the answer")
            self._shelf.write(AccessToken(value, self._clock().timestamp() + lasts_s, self._account.app_id))
            return value

    def _lives(self, token: AccessToken) -> bool:
        return self._clock().timestamp() < token.until - EARLY_S

    async def _post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        # Escaped characters would be shown to the person as \\uXXXX.
        payload = json.dumps(body, ensure_ascii=False).encode()
        try:
            async with self._http.post(
                self._account.api_url + path,
                data=payload,
                headers={"Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=4),
                allow_redirects=False,
            ) as response:
                if response.status != 200:
                    raise ChannelUnreachable(f"WeChat: HTTP {response.status}")
                return json_object(await response.content.read(65_536))
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            raise ChannelUnreachable(f"WeChat: {type(error).__name__}") from error
        except BadInput as error:
            raise ChannelUnreachable("WeChat: unreadable answer") from error


def _raise_for(answer: Mapping[str, Any]) -> None:
    """The platform's error as one of ours; its own text may hold an openid and is not repeated."""
    code = answer.get("errcode", 0)
    if code == 0:
        return
    if code in _CLOSED:
        raise WindowClosed(f"WeChat {code}: {_CLOSED[code]}")
    if code in _GONE:
        raise AddressGone(f"WeChat {code}: {_GONE[code]}")
    if code in _THROTTLED:
        raise ChannelThrottled(f"WeChat {code}: too many calls", _THROTTLED[code])
    if code == -1 or code in _TOKEN:
        raise ChannelUnreachable(f"WeChat {code}")
    raise SendError(f"WeChat {code}")
