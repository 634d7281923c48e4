"""People who spend money on each channel. A yes, a code and a card are given once; whatever came of it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.customers import Browser, Customer, Follower, Phone

PACK = "办理5元流量包"
TRIES = 4
DONE = "办理成功"
CODE = r"验证码(?P<code>\d{6})"
CREDITED = "充值成功|已经充到您这个号码上"


@dataclass(frozen=True)
class Purchase:
    """One try to buy ("order") or to top up by a card ("card"): `told` when the person read that it was done."""

    msisdn: str
    told: bool
    what: str = "order"


class Trade:
    """What was tried; `over` says when nobody begins anew."""

    def __init__(self, over: Callable[[], bool]) -> None:
        self.over = over
        self.tried: list[Purchase] = []

    async def buys(self, phone: Phone) -> None:
        """By SMS. Asks again while the system says that it cannot now."""
        if await self._offered(phone):
            after = len(phone.texts)
            # Twice, as some people do when nothing happens at once: one order all the same.
            await phone.say("确认办理")
            await phone.say("确认办理")
            self.tried.append(Purchase(phone.msisdn, await phone.reads(DONE, after) is not None))

    async def buys_with_code(self, person: Follower | Browser) -> None:
        """In WeChat or the browser: the number is proven first, and the yes needs a code of its own."""
        assert person.phone
        if await self._logged_in(person, person.phone) and await self._offered(person):
            after = len(person.phone.texts)
            await person.say("确认办理")
            code = await person.phone.reads(CODE, after)
            if code:
                told = await person.asks(code["code"], DONE)
                self.tried.append(Purchase(person.phone.msisdn, told is not None))

    async def tops_up(self, phone: Phone, card: str) -> None:
        """A card by SMS, typed once more when nothing was heard of it."""
        for _ in range(TRIES):
            if await phone.asks("充值卡充值", "18位密码"):
                told = await phone.asks(card, CREDITED) or await phone.asks(card, CREDITED)
                self.tried.append(Purchase(phone.msisdn, told is not None, "card"))
                return
            if self.over():
                return

    async def _logged_in(self, person: Follower | Browser, phone: Phone) -> bool:
        for _ in range(TRIES):
            if await person.asks("登录", "手机号"):
                after = len(phone.texts)
                await person.say(phone.msisdn.removeprefix("+86"))
                code = await phone.reads(CODE, after)
                if code and await person.asks(code["code"], "已绑定"):
                    return True
            if self.over():
                return False
        return False

    async def _offered(self, person: Customer) -> bool:
        for _ in range(TRIES):
            offered = await person.asks(PACK, "(?P<offer>确认办理)|抱歉|验证您的号码")
            if offered and offered["offer"]:
                return True
            if self.over():
                return False
            await asyncio.sleep(3)
        return False
