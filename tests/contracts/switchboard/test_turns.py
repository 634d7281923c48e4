"""What counts as an attempt, what does not, and the races of "turn, once"."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from switchboard import lanes, masking
from switchboard.errors import NotReachable, TurnFailed
from switchboard.fake import FakeRasa, echo
from switchboard.model import Address, MessagePart, Owner, Reply, TurnContext, TurnResult
from tests.contracts.switchboard.stack import Stack

LI = Address("web", "li")


async def test_what_is_unreachable_is_no_attempt_and_the_person_hears_once_that_it_takes_longer(stack: Stack) -> None:
    away = True

    def think(*turn: object) -> TurnResult:
        if away:
            raise NotReachable("no slot")
        return TurnResult(replies=(Reply("您的余额是23.50元。"),))

    stack.bot.think = think
    stack.worker()
    await stack.say(LI, "查话费")
    await stack.until(lambda: stack.web.sent, within_s=5)
    assert stack.web.texts() == ["正在为您查询，请稍候。"]
    await asyncio.sleep(1.5)
    away = False
    await stack.until(lambda: len(stack.web.sent) == 3, within_s=12)
    assert stack.web.texts()[-1] == "您的余额是23.50元。"
    assert not await stack.logged("quarantine")


async def test_who_asks_for_a_human_gets_one_while_the_bot_is_away(stack: Stack) -> None:
    def think(*turn: object) -> TurnResult:
        raise NotReachable("no slot")

    stack.bot.think = think
    stack.worker()
    await stack.handoffs.present("lin", "小林", [])
    await stack.say(LI, "我的话费不对")
    await stack.say(LI, "人工")
    await stack.until(lambda: any("正在为您转接" in text for text in stack.web.texts()))
    await stack.at_rest()
    assert [item["item"]["text"] for item in await stack.logged("inbound")] == ["我的话费不对", "人工"]
    assert len(await stack.handoffs.waiting()) == 1


async def test_a_slow_turn_is_announced_too(stack: Stack) -> None:
    stack.bot.before_append = lambda message_id: asyncio.sleep(4.6)
    stack.worker()
    await stack.say(LI, "查话费")
    await stack.until(lambda: len(stack.web.sent) == 3, within_s=8)
    assert [text[:6] for text in stack.web.texts()] == ["正在为您查询", "您好，我是智", "echo 查"]


async def test_what_failed_five_times_is_quarantined_with_an_apology_and_a_human(stack: Stack) -> None:
    tried = []

    def think(*turn: object) -> TurnResult:
        tried.append(turn)
        raise TurnFailed("action broke")

    stack.bot.think = think
    stack.worker()
    await stack.handoffs.present("lin", "小林", [])
    await stack.say(LI, "查话费")
    await stack.until(lambda: len(stack.web.sent) == 3, within_s=20)
    assert len(tried) == 5
    assert "没能处理好" in stack.web.texts()[1]
    assert "您是下一位" in stack.web.texts()[2]
    assert [waiting.reason for waiting in await stack.handoffs.waiting()] == ["failed"]
    (record,) = await stack.logged("quarantine")
    assert (record["attempts"], record["reason"]) == (5, "action broke")


async def test_who_waits_for_turns_that_are_too_slow_is_told_once_and_gets_a_human(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "EARLY_S", 0.0)

    async def too_slow() -> None:
        await asyncio.sleep(0.4)
        raise TurnFailed("the actions of the turn took too long")

    stack.bot.before_append = lambda message_id: too_slow()
    stack.worker()
    await stack.handoffs.present("lin", "小林", [])
    await stack.say(LI, "查话费")
    await stack.until(lambda: len(stack.web.sent) == 4, within_s=30)
    assert [
        sum(word in text for text in stack.web.texts()) for word in ("正在为您查询", "没能处理好", "您是下一位")
    ] == [1, 1, 1]


async def test_a_permanent_failure_is_quarantined_at_once_and_the_next_message_is_answered(stack: Stack) -> None:
    def think(item, conversation, turn):
        if item.text == "坏":
            raise TurnFailed("cannot", permanent=True)
        return echo(item, conversation, turn)

    stack.bot.think = think
    stack.worker()
    await stack.say(LI, "坏")
    await stack.say(LI, "好")
    await stack.until(lambda: "echo 好" in stack.web.texts())
    assert "没能处理好" in stack.web.texts()[1]
    assert "没有人工客服在线" in stack.web.texts()[2]


async def test_an_entry_that_takes_its_workers_down_is_quarantined(stack: Stack) -> None:
    hang = asyncio.Event()
    stack.bot.before_append = lambda message_id: hang.wait()
    await stack.say(LI, "毒")
    for attempt in range(5):
        worker = stack.worker(f"w{attempt}")
        await stack.until(lambda n=attempt: len(stack.bot.ran) > n, within_s=20)
        await stack.kill(worker)
        # The next one need not wait until the leases and the dead worker's share run out.
        await stack.stores.redis.delete("workers")
        async for key in stack.stores.redis.scan_iter("{p*}:lease"):
            await stack.stores.redis.delete(key)
    stack.worker("last")
    await stack.until(lambda: any("没能处理好" in text for text in stack.web.texts()), within_s=20)
    assert len(stack.bot.ran) == 5


async def test_a_turn_whose_worker_died_before_the_commit_is_not_run_again(stack: Stack) -> None:
    """Race 1: kill between tracker save and commit."""
    first = stack.worker("w1")
    await stack.until(lambda: len(first.held) == 8)
    commit, cut = stack.exchange.commit, asyncio.Event()

    async def never(token, commit):
        cut.set()
        await asyncio.Event().wait()

    stack.exchange.commit = never
    await stack.say(LI, "买10元包", id="web:buy")
    await cut.wait()
    await stack.kill(first)
    stack.exchange.commit = commit
    stack.worker("w1")
    await stack.until(lambda: len(stack.web.sent) == 2)
    assert stack.bot.ran == ["web:buy"]
    assert (await stack.stores.trackers.load(stack.conversation(LI)))[2] == 2


async def test_two_workers_on_one_message_store_one_turn(stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Race 2: the old holder cannot renew and goes on with its turn after another worker took the lease."""
    slow, go_on = FakeRasa(stack.stores.trackers), asyncio.Event()
    slow.before_append = lambda message_id: go_on.wait()
    old = stack.worker("w1", slow)
    await stack.until(lambda: len(old.held) == 8)
    await stack.say(LI, "买10元包", id="web:buy")
    await stack.until(lambda: slow.ran)

    async def cut_off(*_: object) -> None:
        raise NotReachable("no network")

    for call in ("renew", "alive", "acquire"):
        monkeypatch.setattr(old._leases, call, cut_off)
    quick = FakeRasa(stack.stores.trackers)
    stack.worker("w2", quick)
    await stack.until(lambda: stack.web.texts()[-1:] == ["echo 买10元包"], within_s=12)
    go_on.set()
    monkeypatch.undo()
    await stack.until(lambda: len(old.held) <= 4, within_s=8)
    await stack.at_rest()
    assert (slow.ran, quick.ran) == (["web:buy"], ["web:buy"])
    assert stack.web.texts().count("echo 买10元包") == 1
    assert (await stack.stores.trackers.load(stack.conversation(LI)))[2] == 2
    assert len(await stack.logged("turn")) == 1


async def test_a_turn_that_went_on_after_the_time_out_is_found_not_run_again(stack: Stack) -> None:
    """Race 3: the worker gave up on a call while Rasa still ran the turn."""
    rasa, finished, calls = FakeRasa(stack.stores.trackers), asyncio.Event(), []
    rasa.before_append = lambda message_id: finished.wait()

    class Impatient:
        async def answer(self, item, conversation, turn):
            calls.append(turn)
            if len(calls) == 1:
                self.running = asyncio.ensure_future(rasa.answer(item, conversation, turn))
                await asyncio.sleep(0.1)
                asyncio.get_running_loop().call_later(0.05, finished.set)
                raise NotReachable("no answer in time")
            return await rasa.answer(item, conversation, turn)

    stack.worker("w1", Impatient())
    await stack.say(LI, "买10元包", id="web:buy")
    await stack.until(lambda: len(stack.web.sent) == 2)
    assert (len(calls), rasa.ran) == (2, ["web:buy"])


async def test_parts_are_joined_whatever_their_order(stack: Stack) -> None:
    phone, now = Address("sms", "+8613800000001"), stack.clock()
    stack.worker()
    await stack.accept(MessagePart("sms:b", phone, "7", 2, 2, "的流量包", now))
    await stack.accept(MessagePart("sms:a", phone, "7", 1, 2, "办一个十块", now))
    await stack.until(lambda: len(stack.sms.sent) == 2)
    assert stack.sms.texts()[1] == "echo 办一个十块的流量包"
    await stack.at_rest()


async def test_a_missing_part_is_waited_for_half_a_minute(stack: Stack) -> None:
    phone = Address("sms", "+8613800000001")
    await stack.accept(MessagePart("sms:a", phone, "7", 1, 2, "办一个十块", stack.clock()))
    stack.clock.forward(seconds=29)
    stack.worker()
    await asyncio.sleep(0.5)
    assert not stack.bot.ran
    await stack.until(lambda: len(stack.sms.sent) == 2)
    assert stack.sms.texts()[1] == "echo 办一个十块"


async def test_the_bot_owns_a_conversation_from_its_first_message(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    conversation = await stack.stores.conversations.get(stack.conversation(LI))
    assert conversation is not None
    assert (conversation.owner, conversation.epoch, conversation.address) == (Owner.BOT, 0, LI)


async def test_a_card_number_cut_across_two_parts_is_masked_and_kept_in_the_vault(stack: Stack) -> None:
    phone, now, heard = Address("sms", "+8613800000001"), stack.clock(), []

    def think(item, conversation, turn):
        heard.append(item.text)
        return echo(item, conversation, turn)

    stack.bot.think = think
    stack.worker()
    await stack.accept(MessagePart("sms:a", phone, "7", 1, 2, "充值卡12345678", now))
    await stack.accept(MessagePart("sms:b", phone, "7", 2, 2, "9012345670。", now))
    await stack.until(lambda: heard)
    found = masking.PLACEHOLDER.search(heard[0])
    assert found and found[1] == "card"
    assert await stack.stores.vault.open(stack.conversation(phone), found[2]) == "123456789012345670"
    await stack.at_rest()
    assert "12345678" not in str(await stack.logged())


async def test_what_proves_somebody_is_kept_in_the_vault_only_while_the_bot_waits_for_it(stack: Stack) -> None:
    heard = []

    def think(item, conversation, turn):
        heard.append(item.text)
        awaits = "proof" if len(heard) < 3 else ""
        return replace(echo(item, conversation, turn), context=TurnContext(active_form="f", awaits=awaits))

    stack.bot.think = think
    stack.worker()
    for number, words in enumerate(("手机丢了", "13910000004", "13910000004，李明，1234，59", "李明，1234，59元")):
        await stack.say(LI, words)
        await stack.until(lambda number=number: len(heard) > number)
        await stack.at_rest()
    number, _, hidden = heard[2].partition(" ")
    found = masking.PLACEHOLDER.fullmatch(hidden)
    assert (heard[1], number, heard[3]) == ("13910000004", "13910000004", "李明，1234，59元")
    assert found and await stack.stores.vault.open(stack.conversation(LI), found[2]) == "13910000004，李明，1234，59"
    assert "13910000004，李明" not in str(await stack.logged())
