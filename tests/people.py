"""People who write to a running stack: phones at an SMS provider, WeChat users, browsers.

Only what they really see is compared. The provider and the WeChat platform are the product's own simulators, served by
the test's process, so that they outlive any process of the stack.
"""

from __future__ import annotations

import abc
import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import socketio
from aiohttp import web
from redis import asyncio as aioredis

from connectors import utc_now
from connectors.simulators.feed import Feed
from connectors.simulators.sms import SmsProvider
from connectors.simulators.wechat import WechatPlatform
from connectors.sms.signing import credentials
from connectors.wechat.settings import account
from switchboard.model import Address
from switchboard.settings import Settings


@dataclass(frozen=True)
class Heard:
    """A message as its receiver sees it: the text, and the labels of what can be tapped."""

    text: str
    choices: tuple[str, ...] = ()


class Person(abc.ABC):
    """Somebody at one Address. `heard` grows; `next` gives what was not looked at yet."""

    def __init__(self) -> None:
        self.looked_at = 0

    @abc.abstractmethod
    async def say(self, text: str) -> None: ...

    async def tap(self, label: str) -> None:
        raise AssertionError(f"nothing can be tapped here: {label}")

    @abc.abstractmethod
    def address(self) -> Address: ...

    @abc.abstractmethod
    async def heard(self) -> list[Heard]: ...

    async def unread(self) -> list[Heard]:
        return (await self.heard())[self.looked_at :]

    async def next(self, within_s: float) -> Heard:
        """The next message; raises TimeoutError."""
        deadline = asyncio.get_running_loop().time() + within_s
        while not (unread := await self.unread()):
            if asyncio.get_running_loop().time() > deadline:
                raise TimeoutError(f"nothing was said within {within_s} s")
            await asyncio.sleep(0.02)
        self.looked_at += 1
        return unread[0]


class SmsPerson(Person):
    def __init__(self, provider: SmsProvider, msisdn: str, signature: str) -> None:
        super().__init__()
        self.provider, self.msisdn, self.signature = provider, msisdn, signature

    async def say(self, text: str) -> None:
        await _until_stored(lambda: self.provider.write(self.msisdn, text))

    def address(self) -> Address:
        return Address("sms", self.msisdn)

    async def heard(self) -> list[Heard]:
        return [Heard(text.removeprefix(self.signature)) for text in _ours(self.provider.feed, self.msisdn)]


class WechatPerson(Person):
    def __init__(self, platform: WechatPlatform, openid: str) -> None:
        super().__init__()
        self.platform, self.openid = platform, openid

    async def say(self, text: str) -> None:
        await _until_stored(lambda: self.platform.say(self.openid, text))

    async def tap(self, label: str) -> None:
        lines = [line for line in self.platform.feed.lines(self.openid) if line.side == "ours"]
        token = next(token for line in reversed(lines) for token, shown in line.choices if shown == label)
        await _until_stored(lambda: self.platform.say(self.openid, label, token))

    def address(self) -> Address:
        return Address("wechat", self.openid)

    async def heard(self) -> list[Heard]:
        lines = [line for line in self.platform.feed.lines(self.openid) if line.side == "ours"]
        return [Heard(line.text, tuple(label for _, label in line.choices)) for line in lines]


class WebPerson(Person):
    """A browser's socket, which reconnects by itself and reads on where it was."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.session = self.position = ""
        self.sent: list[str] = []
        self.messages: list[dict[str, Any]] = []
        self._confirmed = asyncio.Event()
        self._socket = socketio.AsyncClient(reconnection_delay=0.2, reconnection_delay_max=1)
        self._socket.on("connect", self._ask)
        self._socket.on("session_confirm", self._confirm)
        self._socket.on("bot_uttered", self._hear)

    async def open(self) -> None:
        await self._socket.connect(self.url, transports=["websocket"])
        await asyncio.wait_for(self._confirmed.wait(), 10)

    async def close(self) -> None:
        await self._socket.disconnect()

    async def say(self, text: str) -> None:
        await self._utter({"message": text})

    async def tap(self, label: str) -> None:
        replies = [reply for message in self.messages for reply in message.get("quick_replies", ())]
        chosen = next(reply for reply in reversed(replies) if reply["title"] == label)
        await self._utter({"message": chosen["payload"], "token": chosen["token"]})

    def address(self) -> Address:
        return Address("web", self.session.split(".")[0])

    async def heard(self) -> list[Heard]:
        return [
            Heard(message["renji"]["text"], tuple(reply["title"] for reply in message.get("quick_replies", ())))
            for message in self.messages
        ]

    async def _utter(self, data: dict[str, Any]) -> None:
        identifier = secrets.token_hex(8)
        own = {"client_id": identifier, "token": data.pop("token", None)}
        data = {**data, "customData": own, "session_id": self.session}
        self.sent.append(identifier)

        async def send() -> bool:
            try:
                answer = await self._socket.call("user_uttered", data, timeout=5)
            except socketio.exceptions.SocketIOError:
                return False
            assert answer.get("stored") or answer.get("again"), answer
            return bool(answer.get("stored"))

        await _until_stored(send)

    async def _ask(self) -> None:
        request = {"session_id": self.session or None, "position": self.position, "sent": self.sent[-50:]}
        await self._socket.emit("session_request", request)

    async def _confirm(self, token: str) -> None:
        self.session = token
        self._confirmed.set()

    async def _hear(self, message: dict[str, Any]) -> None:
        if message["renji"]["id"] not in {known["renji"]["id"] for known in self.messages}:
            self.messages.append(message)
        self.position = message["renji"]["position"]


@dataclass
class World:
    """Everybody outside. `settings` are the stack's."""

    settings: Settings
    url: str
    provider: SmsProvider
    platform: WechatPlatform
    _browsers: list[WebPerson] = field(default_factory=list)

    def sms(self, msisdn: str) -> SmsPerson:
        return SmsPerson(self.provider, msisdn, self.settings.sms_signature)

    async def forget(self, person: Person) -> None:
        """A stack outlives a test: nothing that was said at this Address before is known there any more."""
        conversation = person.address().conversation_id(self.settings.key("conversation"))
        redis = aioredis.from_url(self.settings.redis_url)
        keys = [key async for key in redis.scan_iter(match=f"*{conversation}*", count=1000)]
        if keys:
            await redis.delete(*keys)
        await redis.aclose()
        person.looked_at = len(await person.heard())

    def wechat(self, openid: str) -> WechatPerson:
        return WechatPerson(self.platform, openid)

    async def web(self) -> WebPerson:
        person = WebPerson(self.url)
        await person.open()
        self._browsers.append(person)
        return person


@asynccontextmanager
async def open_world(environment: dict[str, str], url: str, port: int) -> AsyncIterator[World]:
    """Serve the provider and the platform on `port` while entered."""
    settings = Settings.read(environment)
    sms_account, wechat_account = credentials(settings), account(settings)
    assert sms_account and wechat_account
    async with aiohttp.ClientSession() as http:
        provider = SmsProvider(sms_account, url, http, utc_now)
        platform = WechatPlatform(wechat_account, url, http, utc_now)
        app = web.Application()
        app.router.add_post("/sms", provider.handle)
        app.router.add_post("/wechat/{path:.*}", platform.handle)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        people = World(settings, url, provider, platform)
        try:
            yield people
        finally:
            for browser in people._browsers:
                await browser.close()
            await runner.cleanup()


def _ours(feed: Feed, owner: str) -> list[str]:
    return [line.text for line in feed.lines(owner) if line.side == "ours"]


async def _until_stored(send: Any, within_s: float = 30.0) -> None:
    """A person presses "send" again until the channel took it."""
    deadline = asyncio.get_running_loop().time() + within_s
    while asyncio.get_running_loop().time() < deadline:
        try:
            if await send():
                return
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError):
            pass
        await asyncio.sleep(0.2)
    raise TimeoutError("the channel did not take the message")
