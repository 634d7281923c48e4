"""A message goes in, is answered once and in order, whatever happens to the worker."""

from __future__ import annotations

import asyncio

import pytest

from switchboard.errors import BadSettings, Full
from switchboard.model import Address, TurnResult
from switchboard.redis.keys import keep_partitions
from tests.contracts.switchboard.stack import Stack

LI = Address("web", "li")


async def test_a_message_is_answered(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.until(lambda: len(stack.web.sent) == 2)
    assert stack.web.texts()[1] == "echo 你好"
    await stack.at_rest()


async def test_the_first_words_say_that_a_machine_talks_and_only_the_first(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "谢谢")
    await stack.say(LI, "再见")
    await stack.until(lambda: len(stack.web.sent) == 3)
    assert ["机器人" in text for text in stack.web.texts()] == [True, False, False]


async def test_a_redelivered_message_is_answered_once(stack: Stack) -> None:
    stack.worker()
    message = await stack.say(LI, "你好", id="web:1")
    assert await stack.accept(message) == []
    await stack.until(lambda: len(stack.web.sent) == 2)
    assert await stack.accept(message) == []
    await stack.say(LI, "还在吗")
    await stack.until(lambda: len(stack.web.sent) == 3)
    assert stack.web.texts()[1:] == ["echo 你好", "echo 还在吗"]


async def test_messages_of_one_person_are_answered_in_order(stack: Stack) -> None:
    stack.worker()
    for n in range(30):
        await stack.say(LI, str(n))
    await stack.until(lambda: len(stack.web.sent) == 31)
    assert stack.web.texts()[1:] == [f"echo {n}" for n in range(30)]


async def test_a_full_partition_refuses_and_stores_nothing(stack: Stack) -> None:
    stack.stores.accept._cap = 2
    await stack.accept(stack.message(LI, "1"), stack.message(LI, "2"))
    with pytest.raises(Full):
        await stack.say(LI, "3", id="web:3")
    stack.worker()
    await stack.until(lambda: len(stack.web.sent) == 3)
    await stack.at_rest()
    assert await stack.accept(stack.message(LI, "3", id="web:3")) == ["web:3"]


async def test_another_number_of_partitions_refuses_to_start(stack: Stack) -> None:
    with pytest.raises(BadSettings, match="first started with 8"):
        await keep_partitions(stack.stores.redis, 16)


async def test_the_order_is_kept_when_a_worker_dies(stack: Stack) -> None:
    first = stack.worker("w1")
    stack.bot.before_append = lambda message_id: asyncio.sleep(0.01)
    for n in range(20):
        await stack.say(LI, str(n))
    await stack.until(lambda: len(stack.web.sent) >= 5)
    await stack.kill(first)
    stack.worker("w2")
    await stack.until(lambda: len(set(stack.web.texts())) == 21, within_s=8)
    await stack.at_rest()
    # A message that was on its way when the worker died may be said twice, never in another place.
    said = list(dict.fromkeys(stack.web.texts()))
    assert said[1:] == [f"echo {n}" for n in range(20)]


async def test_a_worker_restarted_under_its_name_goes_on_at_once(stack: Stack) -> None:
    first = stack.worker("w1")
    await stack.until(lambda: len(first.held) == 8)
    await stack.kill(first)
    again = stack.worker("w1")
    await stack.until(lambda: len(again.held) == 8, within_s=0.8)


async def test_two_workers_of_one_name_do_not_take_from_each_other_for_ever(stack: Stack) -> None:
    first = stack.worker("w1")
    await stack.until(lambda: len(first.held) == 8)
    second = stack.worker("w1")
    await stack.until(lambda: len(second.held) == 8)
    await asyncio.sleep(2.5)
    assert (len(first.held), len(second.held)) == (0, 8)


async def test_two_workers_share_and_the_first_gives_its_surplus(stack: Stack) -> None:
    first = stack.worker("w1")
    await stack.until(lambda: len(first.held) == 8)
    second = stack.worker("w2")
    await stack.until(lambda: len(first.held) == 4 and len(second.held) == 4)
    assert first.held | second.held == set(range(8))


async def test_a_commit_under_a_lost_lease_changes_nothing(stack: Stack) -> None:
    from switchboard.redis.exchange import Commit, load_entry
    from switchboard.redis.leases import Leases

    await stack.say(LI, "你好")
    conversation = stack.conversation(LI)
    partition = stack.stores.keys.partition(conversation)
    (old,) = await Leases(stack.stores.scripts, "w1").acquire([partition])
    (new,) = await Leases(stack.stores.scripts, "w1").acquire([partition], reclaim=True)
    ((found,),) = await stack.exchange.read([(f"{{p{partition}}}:in", "0")])
    commit = Commit(load_entry(*found), 0)
    assert await stack.exchange.commit(old.token, commit) == "lost"
    assert await stack.exchange.commit(new.token, commit) == "done"
    assert await stack.exchange.commit(new.token, commit) == "gone"
    assert new.crashed


async def test_a_stopped_worker_finishes_what_it_began_and_gives_back(stack: Stack) -> None:
    first = stack.worker("w1")
    stack.bot.before_append = lambda message_id: asyncio.sleep(0.3)
    await stack.say(LI, "你好")
    await stack.until(lambda: stack.bot.ran)
    first.stop()
    await asyncio.gather(*(task for _, task in stack.workers))
    second = stack.worker("w2")
    await stack.until(lambda: len(second.held) == 8, within_s=1)
    await stack.until(lambda: len(stack.web.sent) == 2)
    assert len(stack.bot.ran) == 1


async def test_a_turn_may_answer_nothing(stack: Stack) -> None:
    stack.bot.think = lambda item, conversation, turn: TurnResult()
    stack.worker()
    await stack.say(LI, "嗯")
    await stack.at_rest()
    assert len(await stack.logged("turn")) == 1
