"""How much may come in: of one Address, of one person, in all; and that a refusal is told to the channel."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta, timezone

import pytest

from connectors.http import Intake
from switchboard.errors import Limited
from switchboard.model import Address, Binding, InboundMessage, MessagePart, Receipt
from switchboard.ports import Answer, Received
from switchboard.redis.rates import Rates
from tests.contracts.switchboard.stack import Stack

LI, WANG = Address("web", "li"), Address("web", "wang")
PHONE = Address("sms", "+8613800000000")
STORED, REFUSED = Answer(200), Answer(503, b"try again")


class Gateways:
    """`rates` makes the limits of one more gateway; time stands still until a test moves it."""

    def __init__(self, stack: Stack, **limits: int) -> None:
        unlimited = {"rate_address_per_minute": 0, "rate_person_per_minute": 0, "rate_all_per_s": 0}
        self.settings = dataclasses.replace(stack.settings, **{**unlimited, **limits})
        self.stack, self.seconds = stack, 0.0

    def rates(self) -> Rates:
        stores, began = self.stack.stores, datetime(2026, 1, 5, tzinfo=timezone.utc)
        clock = lambda: began + timedelta(seconds=self.seconds)  # noqa: E731
        return Rates(stores.scripts, stores.keys, self.settings, clock, lambda: self.seconds)

    async def let_in(self, rates: Rates, address: Address, count: int) -> int:
        """How many of so many messages at once."""
        let = 0
        for _ in range(count):
            try:
                await rates.admit([self.stack.message(address, "1")])
                let += 1
            except Limited:
                pass
        return let


async def test_one_address_that_floods_is_refused_and_no_other(stack: Stack) -> None:
    gateways = Gateways(stack, rate_address_per_minute=60)
    rates = gateways.rates()
    assert await gateways.let_in(rates, LI, 500) == 64
    assert await gateways.let_in(rates, WANG, 50) == 50


async def test_in_the_long_run_an_address_gets_no_more_than_its_rate(stack: Stack) -> None:
    gateways = Gateways(stack, rate_address_per_minute=60)
    rates, let = gateways.rates(), 0
    for gateways.seconds in range(600):
        let += await gateways.let_in(rates, LI, 3)
    assert 500 <= let <= 60 + 600 + 5


async def test_whoever_waits_may_go_on(stack: Stack) -> None:
    gateways = Gateways(stack, rate_address_per_minute=60)
    rates = gateways.rates()
    await gateways.let_in(rates, LI, 100)
    with pytest.raises(Limited) as caught:
        await rates.admit([stack.message(LI, "1")])
    assert (caught.value.whose, 0 < caught.value.after_s <= 5) == ("address", True)
    gateways.seconds += 5
    assert await gateways.let_in(rates, LI, 1) == 1


async def test_two_gateways_keep_to_one_limit(stack: Stack) -> None:
    gateways = Gateways(stack, rate_address_per_minute=60)
    first, second = gateways.rates(), gateways.rates()
    let = sum([await gateways.let_in(rates, LI, 10) for _ in range(20) for rates in (first, second)])
    assert 60 <= let <= 70


async def test_one_person_on_many_addresses_is_limited_as_one(stack: Stack) -> None:
    gateways = Gateways(stack, rate_person_per_minute=60)
    rates, addresses = gateways.rates(), [Address("web", f"s{n}") for n in range(10)]
    binding = Binding("+8613800000000", "s1", stack.clock(), "code")
    for address in addresses:
        await stack.stores.conversations.bind(stack.conversation(address), binding, "zj", address)
    let = sum([await gateways.let_in(rates, address, 20) for address in addresses])
    # Each of them hears of it with its next report.
    assert 60 <= let <= 60 + 4 * len(addresses)
    assert await gateways.let_in(rates, WANG, 100) == 100


async def test_all_together_are_limited(stack: Stack) -> None:
    gateways = Gateways(stack, rate_all_per_s=100)
    rates = gateways.rates()
    let = sum([await gateways.let_in(rates, Address("web", f"s{n}"), 1) for n in range(1000)])
    assert 100 <= let <= 110
    gateways.seconds += 1
    assert 90 <= sum([await gateways.let_in(rates, Address("web", f"t{n}"), 1) for n in range(1000)]) <= 110


async def test_no_limit_is_no_limit(stack: Stack) -> None:
    gateways = Gateways(stack)
    assert await gateways.let_in(gateways.rates(), LI, 1000) == 1000


async def part_in(stack: Stack, rates: Rates, reference: str, number: int, total: int) -> bool:
    try:
        await rates.admit([MessagePart("sms:1", PHONE, reference, number, total, "x", stack.clock())])
    except Limited:
        return False
    return True


async def test_a_long_sms_is_not_refused_in_its_middle(stack: Stack) -> None:
    rates = Gateways(stack, rate_address_per_minute=10).rates()
    assert all([await part_in(stack, rates, "r", number, 100) for number in range(1, 101)])
    assert not await part_in(stack, rates, "s", 1, 2)


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize(("limit", "let"), [("rate_address_per_minute", 14), ("rate_all_per_s", 10)])
async def test_parts_of_ever_new_messages_are_limited(stack: Stack, limit: str, let: int, number: int) -> None:
    rates = Gateways(stack, **{limit: 10}).rates()
    assert sum([await part_in(stack, rates, f"r{n}", number, 2) for n in range(200)]) == let


async def test_a_part_sent_again_and_again_is_limited(stack: Stack) -> None:
    rates = Gateways(stack, rate_address_per_minute=10).rates()
    assert sum([await part_in(stack, rates, "r", 2, 3) for _ in range(200)]) == 14


async def test_a_long_sms_does_not_pass_the_limit_of_all(stack: Stack) -> None:
    rates = Gateways(stack, rate_all_per_s=10).rates()
    assert sum([await part_in(stack, rates, "r", number, 100) for number in range(1, 101)]) == 10


async def test_receipts_are_never_counted(stack: Stack) -> None:
    gateways = Gateways(stack, rate_address_per_minute=10, rate_all_per_s=10)
    rates = gateways.rates()
    for n in range(100):
        await rates.admit([Receipt(f"sms:receipt:{n}", "sms", str(n), "delivered", stack.clock())])
    assert await gateways.let_in(rates, PHONE, 5) == 5


async def test_a_quiet_person_costs_redis_nothing(stack: Stack) -> None:
    gateways = Gateways(stack, rate_address_per_minute=60, rate_person_per_minute=60, rate_all_per_s=100)
    await gateways.let_in(gateways.rates(), LI, 4)
    assert [key async for key in stack.stores.redis.scan_iter("rate:*")] == []


@pytest.mark.parametrize(("limit", "status"), [("rate_address_per_minute", 429), ("rate_all_per_s", 503)])
async def test_the_channel_is_told_and_nothing_is_stored(stack: Stack, limit: str, status: int) -> None:
    intake = Intake(stack.stores.accept, Gateways(stack, **{limit: 10}).rates())
    answers = [
        await intake.take(Received((InboundMessage(f"web:{n}", LI, "1", stack.clock()),), STORED, REFUSED))
        for n in range(40)
    ]
    stored = [answer for answer in answers if answer is STORED]
    assert {answer.status for answer in answers} == {200, status}
    partition = stack.stores.keys.tag(stack.conversation(LI))
    assert len(stored) == await stack.stores.redis.xlen(f"{partition}:in") < 20
