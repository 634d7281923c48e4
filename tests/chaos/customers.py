"""People on three channels: each writes until the channel took it, and reads what comes."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

from aiohttp import ClientError
from socketio.exceptions import BadNamespaceError

from switchboard.model import Address
from tests.chaos.talk import Talk
from tests.people import WebPerson, World

PATIENCE_S = 40.0
_ids = itertools.count(1)


class Customer(ABC):
    """Somebody at one Address; `texts` is what they read, `talk` their side of the ledger."""

    def __init__(self, world: World, address: Address) -> None:
        self.world = world
        key = world.settings.key("conversation")
        self.talk = Talk(address.id, address.channel, address.conversation_id(key))
        self.texts: list[str] = []

    @abstractmethod
    async def say(self, text: str) -> None:
        """Returns once the channel took it."""

    async def reads(
        self, pattern: str | re.Pattern[str], after: int, within_s: float = PATIENCE_S
    ) -> re.Match[str] | None:
        """The first text from number `after` on that matches; None when patience ends."""
        deadline = asyncio.get_running_loop().time() + within_s
        while asyncio.get_running_loop().time() < deadline:
            for text in self.texts[after:]:
                found = re.search(pattern, text)
                if found:
                    return found
            await asyncio.sleep(0.05)
        return None

    async def asks(self, text: str, pattern: str) -> re.Match[str] | None:
        """Say it and wait for what answers it."""
        after = len(self.texts)
        await self.say(text)
        return await self.reads(pattern, after)

    async def leave(self) -> None:
        """Nothing more is said, and nothing was opened."""
        return


class Phone(Customer):
    """A phone at the SMS provider. Sends under ids of its own, again and again until the gateway says "stored"."""

    def __init__(self, world: World, msisdn: str) -> None:
        super().__init__(world, Address("sms", msisdn))
        self.msisdn = msisdn

    async def say(self, text: str) -> None:
        identifier = f"c{next(_ids)}"
        body = {"id": identifier, "from": self.msisdn, "to": self.world.settings.sms_sender, "text": text}

        async def send() -> bool:
            return await self.world.provider.post("/sms/mo", body) == 200

        await until_taken(send)
        self.talk.took(f"sms:{identifier}")


class Follower(Customer):
    """A WeChat user; `phone` gets the codes."""

    def __init__(self, world: World, openid: str, phone: Phone) -> None:
        super().__init__(world, Address("wechat", openid))
        self.openid, self.phone = openid, phone

    async def say(self, text: str) -> None:
        identifier = str(next(_ids))
        self.world.platform.allow(self.openid)
        fields = {"MsgType": "text", "Content": text, "MsgId": identifier}

        async def send() -> bool:
            return await self.world.platform.post(self.openid, fields) == (200, "success")

        await until_taken(send)
        self.talk.took(f"wechat:{identifier}")


class Socket(WebPerson):
    """A browser's socket that also tells what comes twice: the same message at another position."""

    def __init__(self, url: str, hears: Callable[[str, str], None]) -> None:
        self._hears, self._places = hears, set[str]()
        super().__init__(url)
        self._socket.on("session_refused", self._ask_again)
        self._socket.on("disconnect", self._cut_off)

    async def say(self, text: str) -> None:
        """As our page: only within a session that this connection was confirmed."""
        await self._confirmed.wait()
        await super().say(text)

    async def _ask(self) -> None:
        self._confirmed.clear()
        await super()._ask()

    async def _cut_off(self, *reason: Any) -> None:
        self._confirmed.clear()

    async def _ask_again(self, told: Any) -> None:
        await asyncio.sleep(0.5)
        # Cut off meanwhile: whoever connects again asks anyway.
        with suppress(BadNamespaceError):
            await self._ask()

    async def _hear(self, message: dict[str, Any]) -> None:
        place = message["renji"]["position"]
        await super()._hear(message)
        # After a reconnect the page asks from its last position on, and may be shown what crossed with that.
        if place not in self._places:
            self._places.add(place)
            self._hears(message["renji"]["id"], message["renji"]["text"])


class Browser(Customer):
    """A page with the web chat; `phone` gets the codes. `open` before use."""

    def __init__(self, world: World, socket: Socket, phone: Phone | None) -> None:
        super().__init__(world, socket.address())
        self.socket, self.phone = socket, phone

    @classmethod
    async def open(cls, world: World, phone: Phone | None = None) -> Browser:
        """Opens again until a gateway answers."""
        early: list[tuple[str, str]] = []
        while True:
            socket = Socket(world.url, lambda outbound, text: early.append((outbound, text)))
            with suppress(Exception):
                await socket.open()
                break
            await socket.close()
            await asyncio.sleep(0.5)
        browser = cls(world, socket, phone)
        socket._hears = browser._hears
        for outbound, text in early:
            browser._hears(outbound, text)
        return browser

    async def say(self, text: str) -> None:
        while True:
            try:
                await self.socket.say(text)
                break
            except TimeoutError:
                continue
        self.talk.took(f"web:{self.talk.who}:{self.socket.sent[-1]}")

    async def leave(self) -> None:
        await self.socket.close()

    def _hears(self, outbound: str, text: str) -> None:
        self.talk.hears(outbound)
        self.texts.append(text)


class Wire:
    """What the SMS provider and the WeChat platform took, seen on the way to them: also what came twice."""

    def __init__(self) -> None:
        self._people: dict[tuple[str, str], Customer] = {}
        self._gone: set[str] = set()

    def add(self, *people: Customer) -> None:
        self._people |= {(person.talk.channel, person.talk.who): person for person in people}

    def passed(self, path: str, asked: bytes, answer: bytes) -> None:
        """A request that the channel answered with 200."""
        if path == "/sms":
            self._sms(json.loads(asked))
        elif path.endswith("/custom/send") and json.loads(answer).get("errcode") == 0:
            self._wechat(json.loads(asked))

    def _sms(self, body: dict[str, Any]) -> None:
        phone = self._people.get(("sms", body["to"]))
        outbound, _, part = str(body["id"]).rpartition(".")
        if phone and part == "1":
            phone.talk.hears(outbound)
        if phone and body["id"] not in self._gone:
            self._gone.add(body["id"])
            phone.texts.append(str(body["text"]))

    def _wechat(self, body: dict[str, Any]) -> None:
        follower = self._people.get(("wechat", body["touser"]))
        text = body["text"]["content"] if body["msgtype"] == "text" else body["msgmenu"]["head_content"]
        # A menu without a head is the last part of a message whose text went before it.
        if follower and text:
            follower.talk.sees(text)
            follower.texts.append(text)
            self._allow(follower)

    def _allow(self, follower: Customer) -> None:
        # How many messages a window holds is not what is tried here.
        follower.world.platform.allow(follower.talk.who)


async def until_taken(send: Callable[[], Awaitable[bool]]) -> None:
    """A carrier brings a message again until it is told "received"."""
    while True:
        with suppress(ClientError, asyncio.TimeoutError, OSError):
            if await send():
                return
        await asyncio.sleep(0.3)
