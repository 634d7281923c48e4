"""Each store keeps its promise on a real Redis."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from switchboard.errors import NotReachable, StoreUnavailable
from switchboard.model import Address, SecretValue
from switchboard.redis.connection import connect
from switchboard.redis.exchange import RedisAccept
from switchboard.redis.leases import fair_share, least_share
from switchboard.redis.scripting import Scripts
from switchboard.redis.solo import Solo
from switchboard.redis.vault import Seal
from tests.contracts.switchboard.stack import Stack

LI, PHONE = Address("web", "li"), Address("sms", "+8613800000001")
CODE = "493817"


async def test_the_answer_of_a_write_is_kept_and_the_first_one_stays(stack: Stack) -> None:
    once, conversation = stack.stores.once, stack.conversation(LI)
    assert await once.recall(conversation, "m1", "ticket") is None
    await once.keep(conversation, "m1", "ticket", {"id": "t1"})
    await once.keep(conversation, "m1", "ticket", {"id": "t2"})
    assert await once.recall(conversation, "m1", "ticket") == {"id": "t1"}


async def test_a_secret_opens_only_in_its_conversation_and_can_be_burnt(stack: Stack) -> None:
    message = stack.message(LI, "我的验证码是⟦code:0123456789abcdef⟧")
    await stack.stores.accept.accept([message], [SecretValue("0123456789abcdef", "code", CODE)])
    vault, conversation = stack.stores.vault, stack.conversation(LI)
    assert await vault.open(conversation, "0123456789abcdef") == CODE
    assert await vault.open(stack.conversation(PHONE), "0123456789abcdef") is None
    assert (
        0
        < await stack.stores.redis.ttl(stack.stores.keys.of(conversation, "vault", conversation, "0123456789abcdef"))
        <= 600
    )
    await vault.burn(conversation, "0123456789abcdef")
    assert await vault.open(conversation, "0123456789abcdef") is None


async def test_a_browser_that_reconnects_gets_what_it_missed_once(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    outbox = stack.stores.outbox
    first = await outbox.put(stack.web.sent[0])
    assert await outbox.put(stack.web.sent[0]) == first
    await outbox.put(stack.web.sent[1])
    assert [m.id for _, m in await outbox.after(LI, "")] == [m.id for m in stack.web.sent]
    assert [m.id for _, m in await outbox.after(LI, first)] == [stack.web.sent[1].id]
    assert await outbox.after(Address("web", "wang"), "") == []
    assert await outbox.last(LI) == (await outbox.after(LI, ""))[-1][0]
    assert await outbox.last(Address("web", "wang")) == ""


async def test_gateways_are_woken_for_the_address_that_got_something(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    wakes = stack.stores.outbox.wakes()
    assert await anext(wakes) == ""
    told = asyncio.ensure_future(anext(wakes))
    await asyncio.sleep(0.05)
    await stack.stores.outbox.put(stack.web.sent[0])
    assert await asyncio.wait_for(told, 3) == LI.id


async def test_the_log_is_read_from_cursors_and_trimmed(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    entries = [entry async for entry in stack.stores.log.read({}, 0.01)]
    assert [entry.kind for entry in entries] == ["inbound", "turn", "reply", "reply", "sent", "sent"]
    cursors = {entries[-1].partition: entries[-1].entry}
    await stack.stores.log.trim(cursors)
    assert [entry async for entry in stack.stores.log.read(cursors, 0.01)] == []
    assert (await stack.stores.log.ends())[entries[-1].partition] == entries[-1].entry


async def test_one_process_at_a_time_does_what_is_done_alone(stack: Stack) -> None:
    first, second = (Solo(stack.stores.scripts, "writer", name) for name in ("w1", "w2"))
    assert [await first.mine(), await second.mine(), await first.mine()] == [True, False, True]
    await first.release()
    assert [await second.mine(), await first.mine()] == [True, False]


@pytest.mark.parametrize(
    ("workers", "share", "least"), [(0, 256, 256), (1, 256, 256), (2, 128, 128), (3, 86, 84), (100, 3, 0), (300, 1, 0)]
)
def test_shares_cover_every_partition(workers: int, share: int, least: int) -> None:
    assert (fair_share(256, workers), least_share(256, workers)) == (share, least)


async def test_without_redis_nothing_is_accepted(stack: Stack, tmp_path: Path) -> None:
    scripts = Scripts(connect(f"unix://{tmp_path}/none.sock"))
    with pytest.raises(NotReachable):
        await scripts.run("release", ["a", "b"], ["c"])
    accept = RedisAccept(scripts, stack.stores.keys, b"k", Seal(b"k" * 32), 10)
    with pytest.raises(StoreUnavailable):
        await accept.accept([stack.message(LI, "你好")])


async def test_a_redis_that_forgot_the_scripts_gets_them_again(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "1")
    await stack.at_rest()
    await stack.stores.redis.script_flush()
    await stack.say(LI, "2")
    await stack.until(lambda: stack.web.texts()[-1] == "echo 2")
