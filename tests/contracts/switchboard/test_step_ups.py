"""One-time codes are bound, single, few, and worn out by wrong tries."""

from __future__ import annotations

import asyncio
from typing import Any

from switchboard.model import Address, Binding
from tests.contracts.switchboard.stack import Stack

LI, PHONE = Address("web", "li"), Address("sms", "+8613800000001")
CODE = "493817"


async def step_up(stack: Stack, code: str = CODE, operation: str = "order", ttl_s: int = 120) -> str:
    conversation = stack.conversation(LI)
    return await stack.stores.stepups.issue(conversation, operation, PHONE.id, code, {"quote": "q1"}, ttl_s)


async def check(stack: Stack, code: str, message: str, operation: str = "order") -> tuple[str, dict[str, Any]]:
    return await stack.stores.stepups.check(stack.conversation(LI), operation, PHONE.id, code, message)


async def test_a_code_is_good_once_and_gives_what_it_was_bound_to(stack: Stack) -> None:
    assert await step_up(stack) == "ok"
    assert await check(stack, CODE, "m1") == ("ok", {"quote": "q1"})
    assert await check(stack, CODE, "m1") == ("ok", {"quote": "q1"})
    assert await check(stack, CODE, "m2") == ("none", {})


async def test_a_code_is_bound_to_its_operation_and_its_time(stack: Stack) -> None:
    await step_up(stack, ttl_s=120)
    assert await check(stack, CODE, "m1", operation="cancel") == ("none", {})
    stack.clock.forward(seconds=121)
    assert await check(stack, CODE, "m2") == ("expired", {})


async def test_the_sixth_try_is_locked_even_with_the_right_code_and_in_parallel(stack: Stack) -> None:
    await step_up(stack)
    tries = await asyncio.gather(*(check(stack, "000000", f"m{n}") for n in range(20)))
    assert sorted(result for result, _ in tries) == ["locked"] * 15 + ["wrong"] * 5
    assert await check(stack, CODE, "right") == ("locked", {})
    stack.clock.forward(seconds=61)
    assert await step_up(stack) == "locked"


async def test_a_resend_does_not_give_new_tries(stack: Stack) -> None:
    await step_up(stack)
    for n in range(4):
        await check(stack, "000000", f"m{n}")
    stack.clock.forward(seconds=61)
    assert await step_up(stack, "111111") == "ok"
    assert (await check(stack, "000000", "m5"))[0] == "wrong"
    assert (await check(stack, "111111", "m6"))[0] == "locked"


async def test_codes_are_a_minute_apart_five_an_hour_and_ten_a_day(stack: Stack) -> None:
    assert await step_up(stack) == "ok"
    assert await step_up(stack) == "too_soon"
    answers = []
    for _ in range(5):
        stack.clock.forward(seconds=61)
        answers.append(await step_up(stack))
    assert answers == ["ok"] * 4 + ["too_many"]
    for _ in range(6):
        stack.clock.forward(hours=1)
        answers.append(await step_up(stack))
    assert answers[-6:] == ["ok"] * 5 + ["too_many"]


async def test_another_subscriber_finds_no_open_code(stack: Stack) -> None:
    conversation = stack.conversation(LI)
    bind = stack.stores.conversations.bind
    await bind(conversation, Binding(PHONE.id, "s1", stack.clock(), "code"), "zj", LI)
    await step_up(stack)
    await bind(conversation, Binding(PHONE.id, "s2", stack.clock(), "code"), "zj")
    assert await check(stack, CODE, "m1") == ("none", {})
