"""What became of a message is told of the message; only parts that failed go out again."""

from __future__ import annotations

import asyncio

import pytest

from switchboard.model import Address, Receipt
from switchboard.redis import receipts
from tests.contracts.switchboard.stack import Stack

LI, PHONE = Address("web", "li"), Address("sms", "+8613800000001")


async def test_a_receipt_finds_its_message(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "EARLY_S", (0.01,))
    stack.worker()
    await stack.say(PHONE, "你好")
    await stack.at_rest()
    sent = stack.sms.sent[1]
    await stack.accept(Receipt("sms:r1", "sms", f"{sent.id}.0", "delivered", stack.clock()))
    await stack.accept(Receipt("sms:r2", "sms", "unknown", "delivered", stack.clock()))
    await stack.at_rest()
    (receipt,) = await stack.logged("receipt")
    assert (receipt["message"], receipt["state"]) == (sent.id, "delivered")


async def test_a_receipt_that_is_faster_than_our_own_record_finds_its_message(stack: Stack) -> None:
    stack.worker()
    early = Receipt("sms:r1", "sms", "sms:c1/2.0", "delivered", stack.clock())
    await stack.accept(early)
    await asyncio.sleep(0.1)
    await stack.say(PHONE, "查话费", id="sms:c1")
    await stack.at_rest()
    assert [receipt["message"] for receipt in await stack.logged("receipt")] == ["sms:c1/2"]


async def test_only_the_parts_that_failed_are_sent_again(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    stack.web.failing_parts, stack.web.parts_sent = {1}, []
    await stack.say(LI, "长")
    await stack.at_rest()
    assert stack.web.parts_sent == [0]
