"""People who keep writing while processes die: chatters on web and SMS, and buyers of a data pack by SMS."""

from __future__ import annotations

import asyncio
import itertools
import random
import re
from collections.abc import Callable
from typing import Any

from aiohttp import ClientError

from tests.chaos.ledger import Purchase, Talk
from tests.people import World

QUESTIONS = ("查话费", "还剩多少流量", "我的套餐", "你好", "上个月账单", "有什么套餐", "谢谢", "语音还剩多少分钟")
PACK = "办理5元流量包"
PATIENCE_S = 40.0
TRIES = 4


class Phone:
    """A phone at the provider. Sends under ids of its own, again and again until the gateway says that it is stored."""

    _ids = itertools.count(1)

    def __init__(self, world: World, msisdn: str) -> None:
        self.world, self.msisdn = world, msisdn
        self.talk = Talk(msisdn)
        self.texts: list[str] = []

    async def say(self, text: str) -> None:
        identifier = f"c{next(self._ids)}"
        body = {"id": identifier, "from": self.msisdn, "to": self.world.settings.sms_sender, "text": text}
        while True:
            try:
                if await self.world.provider.post("/sms/mo", body) == 200:
                    self.talk.took(f"sms:{identifier}")
                    return
            except (ClientError, asyncio.TimeoutError, OSError):
                pass
            await asyncio.sleep(0.3)

    def delivered(self, body: dict[str, Any]) -> None:
        outbound, _, part = str(body["id"]).rpartition(".")
        if part == "1":
            self.talk.hears(outbound)
        self.texts.append(str(body["text"]))

    async def reads(self, pattern: str | re.Pattern[str], after: int) -> re.Match[str] | None:
        """The first text from number `after` on that matches; None when patience ends."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while asyncio.get_running_loop().time() < deadline:
            for text in self.texts[after:]:
                found = re.search(pattern, text)
                if found:
                    return found
            await asyncio.sleep(0.05)
        return None


class Crowd:
    """Everybody. `run` until `over` says so; then `talks` and `purchases` tell what happened."""

    def __init__(
        self, world: World, chatting: list[str], buying: list[str], browsers: int, over: Callable[[], bool]
    ) -> None:
        self.world, self.over = world, over
        self.purchases: list[Purchase] = []
        self._chatting = [Phone(world, number) for number in chatting]
        self._buying = [Phone(world, number) for number in buying]
        self._browsers = browsers
        self._web: list[Talk] = []
        self._random = random.Random(7)

    @property
    def talks(self) -> list[Talk]:
        return [phone.talk for phone in (*self._chatting, *self._buying)] + self._web

    async def run(self) -> None:
        listening = asyncio.create_task(self._listen())
        everybody = [self._chat(phone) for phone in self._chatting]
        everybody += [self._browse() for _ in range(self._browsers)]
        await asyncio.gather(*everybody, self._buy_in_turn())
        self._listening = listening

    async def leave(self) -> None:
        self._listening.cancel()

    async def _listen(self) -> None:
        """Bring what the provider delivered to its phone."""
        phones, read = {phone.msisdn: phone for phone in (*self._chatting, *self._buying)}, 0
        while True:
            delivered = self.world.provider.delivered
            for body in delivered[read:]:
                if body["to"] in phones:
                    phones[body["to"]].delivered(body)
            read = len(delivered)
            await asyncio.sleep(0.02)

    async def _chat(self, phone: Phone) -> None:
        while not self.over():
            # Sometimes several at once, as impatient people do: that is what shows a broken order.
            for _ in range(self._random.choice((1, 1, 3))):
                await phone.say(self._random.choice(QUESTIONS))
            await asyncio.sleep(self._random.uniform(2, 6))

    async def _browse(self) -> None:
        person = await self.world.web()
        talk = Talk(person.address().id)
        self._web.append(talk)
        seen = 0
        while not self.over():
            try:
                await person.say(self._random.choice(QUESTIONS))
            except TimeoutError:
                continue
            talk.took(f"web:{person.address().id}:{person.sent[-1]}")
            await asyncio.sleep(self._random.uniform(2, 5))
            seen = _hear(talk, person.messages, seen)
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while set(talk.accepted) - set(talk.answered()) and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.1)
            seen = _hear(talk, person.messages, seen)

    async def _buy_in_turn(self) -> None:
        """A new buyer every few seconds; each number buys once, since codes for one number are limited."""
        buying: list[asyncio.Task[None]] = []
        for phone in self._buying:
            if self.over():
                break
            buying.append(asyncio.create_task(self._buy(phone)))
            await asyncio.sleep(self._random.uniform(2, 5))
        await asyncio.gather(*buying)

    async def _buy(self, phone: Phone) -> None:
        """Ask again while the system says that it cannot now; a yes is given once."""
        for _ in range(TRIES):
            after = len(phone.texts)
            await phone.say(PACK)
            offered = await phone.reads("(?P<offer>确认办理)|抱歉|验证您的号码", after)
            if offered and offered["offer"]:
                after = len(phone.texts)
                # Twice, as some people do when nothing happens at once: one order all the same.
                await phone.say("确认办理")
                await phone.say("确认办理")
                told = await phone.reads("办理成功", after) is not None
                self.purchases.append(Purchase(phone.msisdn, told))
                return
            if self.over():
                return
            await asyncio.sleep(3)


def _hear(talk: Talk, messages: list[dict[str, Any]], seen: int) -> int:
    for message in messages[seen:]:
        talk.hears(message["renji"]["id"])
    return len(messages)
