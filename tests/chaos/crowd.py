"""Who writes while processes die: chatters, buyers and callers on three channels, and notices by the clock."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from switchboard.errors import StoreUnavailable
from switchboard.model import Address, Notice
from switchboard.notices import Notices
from switchboard.redis.stores import open_stores
from tests.chaos.customers import Browser, Customer, Follower, Phone, Wire
from tests.chaos.desk import Talks
from tests.chaos.talk import Talk
from tests.chaos.trade import Trade
from tests.people import World

QUESTIONS = ("查话费", "还剩多少流量", "我的套餐", "你好", "上个月账单", "有什么套餐", "谢谢", "语音还剩多少分钟")
CHATTERS, FOLLOWERS, BROWSERS, CALLERS, BUYERS_WITH_CODE = 4, 2, 3, 2, 6
CARDS = [f"80000000000000{n:04d}" for n in range(1, 5)]
PHONES = CHATTERS + CALLERS + BUYERS_WITH_CODE + len(CARDS)


class Crowd:
    """`run` until `over` says so; then `talks`, `trade` and `notices` tell what happened. `numbers`: PHONES of them,
    the others buy by SMS, each once, since codes and packs of one number are limited."""

    def __init__(self, world: World, wire: Wire, numbers: list[str], over: Callable[[], bool]) -> None:
        self.world, self.over, self.trade = world, over, Trade(over)
        self.notices: dict[str, Talk] = {}
        self._wire, self._random = wire, random.Random(7)
        phones = [Phone(world, number) for number in numbers]
        wire.add(*phones)
        take = iter(phones)
        self._chatters: list[Customer] = [next(take) for _ in range(CHATTERS)]
        self.callers: list[Customer] = [next(take) for _ in range(CALLERS)]
        self._with_code = [next(take) for _ in range(BUYERS_WITH_CODE)]
        self._payers = [next(take) for _ in CARDS]
        self._buyers = list(take)
        self.people: list[Customer] = list(phones)

    @property
    def talks(self) -> list[Talk]:
        return [person.talk for person in self.people]

    async def run(self, talks: Talks) -> None:
        chatters = [*self._chatters, *(self._follower(f"openid-chat{n}", self._with_code[0]) for n in range(FOLLOWERS))]
        browsers = [await self._browser(None) for _ in range(BROWSERS)]
        self.callers.append(self._follower("openid-caller", self._with_code[0]))
        await asyncio.gather(
            *(self._chat(person) for person in [*chatters, *browsers]),
            talks.run(self.callers),
            self._buy_in_turn(),
            self._buy_with_codes(),
            *(self.trade.tops_up(phone, card) for phone, card in zip(self._payers, CARDS, strict=True)),
            self._ring(),
        )

    async def leave(self) -> None:
        for person in self.people:
            await person.leave()

    def _follower(self, openid: str, phone: Phone) -> Follower:
        follower = Follower(self.world, openid, phone)
        self._wire.add(follower)
        self.people.append(follower)
        return follower

    async def _browser(self, phone: Phone | None) -> Browser:
        browser = await Browser.open(self.world, phone)
        self.people.append(browser)
        return browser

    async def _chat(self, person: Customer) -> None:
        while not self.over():
            # Sometimes several at once, as impatient people do: that is what shows a broken order.
            for _ in range(self._random.choice((1, 1, 3))):
                await person.say(self._random.choice(QUESTIONS))
            await asyncio.sleep(self._random.uniform(2, 6))

    async def _buy_in_turn(self) -> None:
        """A new buyer every few seconds."""
        buying: list[asyncio.Task[None]] = []
        for phone in self._buyers:
            if self.over():
                break
            buying.append(asyncio.create_task(self.trade.buys(phone)))
            await asyncio.sleep(self._random.uniform(3, 7))
        await asyncio.gather(*buying)

    async def _buy_with_codes(self) -> None:
        for n, phone in enumerate(self._with_code):
            if self.over():
                return
            person = await self._browser(phone) if n % 2 else self._follower(f"openid-buyer{n}", phone)
            await self.trade.buys_with_code(person)

    async def _ring(self) -> None:
        """Notices that are due some seconds later: each is a timer of its conversation."""
        stores = open_stores(self.world.settings)
        number = 0
        while not self.over():
            phone = self._random.choice(self._chatters)
            number += 1
            entered = await self._enter(Notices(stores.accept), f"n{number}", phone.talk.who)
            if entered:
                self.notices[f"n{number}"] = phone.talk
            await asyncio.sleep(1.5)
        await stores.close()

    async def _enter(self, notices: Notices, identifier: str, msisdn: str) -> bool:
        due = datetime.now(timezone.utc) + timedelta(seconds=self._random.uniform(2, 8))
        # Told late rather than never: nobody may have been able to, for a while.
        latest = due + timedelta(minutes=30)
        address = Address("sms", msisdn)
        notice = Notice(identifier, address, "service", "looking_up", {}, f"chaos:{identifier}", due, latest)
        try:
            await notices.enter(notice)
            return True
        except StoreUnavailable:
            return False
