"""Agents who keep answering while the gateway dies under them, and people who ask for one."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import ClientError, ClientTimeout

from tests.chaos.customers import Customer
from tests.desk import Desk, Seat


@dataclass(frozen=True)
class Word:
    """What an agent said and the desk took."""

    to: Customer
    text: str

    @property
    def came(self) -> bool:
        return any(self.text in text for text in self.to.texts)


class Clerks(Desk):
    """A browser at the desk reconnects and sends again under the same client id until it is told what became of it."""

    async def _post(self, seat: Seat, path: str, form: dict[str, str]) -> int:
        while True:
            with suppress(ClientError, asyncio.TimeoutError, OSError):
                status = await asyncio.wait_for(super()._post(seat, path, form), 10)
                if status < 500:
                    return status
            await asyncio.sleep(0.3)

    async def _listen(self, cookies: dict[str, str], here: asyncio.Event) -> None:
        timeout = ClientTimeout(total=None, sock_read=25)
        while True:
            with suppress(ClientError, asyncio.TimeoutError, OSError):
                async with self.http.get(f"{self.stack.url}/desk/events", cookies=cookies, timeout=timeout) as answer:
                    async for _ in answer.content:
                        here.set()
            await asyncio.sleep(0.5)


class Talks:
    """One agent with one person after another, until `over`."""

    def __init__(self, desk: Clerks, agent: str, over: Callable[[], bool]) -> None:
        self._desk, self._agent, self._over = desk, agent, over
        self.said: list[Word] = []
        self.handoffs = 0
        self._numbers = itertools.count(1)

    async def run(self, callers: list[Customer]) -> None:
        for caller in itertools.cycle(callers):
            if self._over():
                return
            await self._with(caller)
            await asyncio.sleep(2)

    async def _with(self, caller: Customer) -> None:
        """Asked for, taken, talked to, handed back; then the bot answers again."""
        if not await caller.asks("转人工", "转接|人工客服.*在线|服务时间"):
            return
        self.handoffs += 1
        if await self._act("takes", caller) and await self._say(caller):
            await caller.say("手机没信号")
            await self._say(caller)
        await self._act("returns", caller)
        await caller.reads("人工服务已结束", max(0, len(caller.texts) - 3), within_s=10)
        await caller.say("查话费")

    async def _say(self, caller: Customer) -> bool:
        text = f"您好，这是第{next(self._numbers)}句。"
        status = await self._desk.say(self._agent, text, caller.talk.conversation)
        if status == 200:
            self.said.append(Word(caller, text))
        return status == 200 and await caller.reads(text, 0) is not None

    async def _act(self, verb: str, caller: Customer) -> bool:
        """False when the conversation is not this agent's: put back while they seemed to be gone, or done already."""
        try:
            await self._desk.act(self._agent, verb, caller.talk.conversation)
        except AssertionError:
            return False
        return True
