"""What is switched off by hand: everywhere within seconds, told to whoever asks, and nothing lost."""

from __future__ import annotations

import argparse
from datetime import timedelta

import pytest
from prometheus_client import generate_latest

from switchboard import inspect, switching
from switchboard.errors import NotReachable
from switchboard.metrics import ExchangeMetrics
from switchboard.model import Address, ConversationEvent
from switchboard.switches import Kind, Switch, Switches
from tests.contracts.switchboard.stack import Clock, Stack

LI, WANG = Address("web", "li"), Address("sms", "+8613800001234")
MAINTENANCE = "维护"


async def off(stack: Stack, kind: Kind = "channel", name: str = "web", hours: int = 0) -> Switch:
    until = stack.clock() + timedelta(hours=hours) if hours else None
    switch = await stack.stores.switches.off(kind, name, "wang", "the link is repaired", until)
    await seen(stack)
    return switch


async def seen(stack: Stack) -> None:
    """The worker's next look."""
    stack.switches._until = float("-inf")
    await stack.switches.look()


async def typed(stack: Stack, *words: str) -> tuple[int, str]:
    parser = argparse.ArgumentParser()
    switching.add_arguments(parser)
    code, lines = await switching.run(stack.stores, parser.parse_args(words))
    return code, "\n".join(lines)


async def test_on_a_channel_that_is_off_each_person_is_told_once_and_every_message_is_kept(stack: Stack) -> None:
    stack.worker()
    await off(stack)
    for text in ("查话费", "在吗", "查流量"):
        await stack.say(LI, text)
    await stack.at_rest()
    assert [MAINTENANCE in text for text in stack.web.texts()] == [False, True]
    assert [entry["item"]["text"] for entry in await stack.logged("inbound")] == ["查话费", "在吗", "查流量"]
    assert stack.bot.ran == []


async def test_other_channels_go_on(stack: Stack) -> None:
    stack.worker()
    await off(stack)
    await stack.say(WANG, "你好")
    await stack.until(lambda: len(stack.sms.sent) == 2)
    assert stack.sms.texts()[1] == "echo 你好"


async def test_a_running_worker_hears_of_it_within_seconds(stack: Stack) -> None:
    stack.worker()
    await stack.stores.switches.off("channel", "web", "wang", "x")
    await stack.until(lambda: stack.switches.off("channel", "web") is not None, within_s=4)


async def test_whoever_asks_for_a_human_gets_one_all_the_same(stack: Stack) -> None:
    await stack.handoffs.present("lin", "小林", ["general"])
    stack.worker()
    await off(stack)
    await stack.say(LI, "人工")
    await stack.until(lambda: any("转接人工" in text for text in stack.web.texts()))
    assert len(await stack.handoffs.waiting()) == 1


async def test_after_it_is_on_the_bot_answers_and_the_next_time_off_is_told_again(stack: Stack) -> None:
    stack.worker()
    await off(stack)
    await stack.say(LI, "一")
    await stack.at_rest()
    assert await stack.stores.switches.on("channel", "web", "wang", "done")
    await seen(stack)
    await stack.say(LI, "二")
    await stack.at_rest()
    stack.clock.forward(seconds=1)
    await off(stack)
    await stack.say(LI, "三")
    await stack.at_rest()
    assert [MAINTENANCE in text for text in stack.web.texts()] == [False, True, False, True]


async def test_what_has_an_end_is_on_again_by_itself_and_the_words_say_when(stack: Stack) -> None:
    stack.worker()
    await off(stack, hours=2)
    await stack.say(LI, "一")
    await stack.at_rest()
    assert "预计" in stack.web.texts()[-1]
    stack.clock.forward(hours=3)
    await stack.say(LI, "二")
    await stack.at_rest()
    assert stack.web.texts()[-1] == "echo 二"
    assert await stack.stores.switches.all() == []


async def test_what_the_system_has_to_tell_waits_until_the_channel_is_back(stack: Stack) -> None:
    stack.worker()
    await stack.say(LI, "你好")
    await stack.at_rest()
    await off(stack)
    paid = ConversationEvent("payment:1", stack.conversation(LI), "payment_finished", stack.clock(), {})
    await stack.accept(paid)
    await stack.at_rest()
    assert "payment:1" not in stack.bot.ran
    await stack.stores.switches.on("channel", "web", "wang", "done")
    await seen(stack)
    stack.clock.forward(seconds=31)
    await stack.until(lambda: "payment:1" in stack.bot.ran)


async def test_while_redis_is_away_what_was_known_stays(stack: Stack) -> None:
    class Away:
        async def all(self) -> list[Switch]:
            if self.away:
                raise NotReachable("redis")
            return [Switch("skill", "faq", "wang", "x", stack.clock())]

        async def tell_known(self, kind: Kind, names: object) -> None: ...

        away = False

    store = Away()
    switches = Switches(store, Clock(), monotonic=iter(range(100)).__next__)
    assert await switches.refusal("skill", "faq.volte", "faq") == {"until": ""}
    store.away = True
    assert await switches.refusal("skill", "faq") == {"until": ""}
    assert await switches.refusal("operation", "faq") is None


async def test_from_the_command_line_off_list_on_and_the_story(stack: Stack) -> None:
    await stack.stores.switches.tell_known("operation", ["change_plan"])
    code, said = await typed(
        stack, "off", "operation", "change_plan", "--why", "价格有误", "--by", "wang", "--until", "2h"
    )
    assert code == 0 and "by wang: 价格有误" in said and "until 20" in said
    assert "operation change_plan is off" in (await typed(stack, "list"))[1]
    assert (await typed(stack, "on", "operation", "change_plan", "--why", "好了", "--by", "li"))[0] == 0
    assert (await typed(stack, "on", "operation", "change_plan", "--why", "好了"))[0] == 1
    story = (await typed(stack, "story"))[1].splitlines()
    assert ["off" in story[0] and "wang: 价格有误" in story[0], "on " in story[1] and "li: 好了" in story[1]] == [
        True,
        True,
    ]


async def test_a_name_that_no_process_knows_is_refused(stack: Stack) -> None:
    code, said = await typed(stack, "off", "operation", "chnage_plan", "--why", "x")
    assert code == 2 and "no running process" in said
    assert await stack.stores.switches.all() == []


@pytest.mark.parametrize("until", ["yesterday", "2020-01-01T00:00:00Z", "2999-01-01T00:00:00", "5x"])
def test_an_end_that_is_none_is_refused(until: str) -> None:
    parser = argparse.ArgumentParser()
    switching.add_arguments(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["off", "channel", "web", "--why", "x", "--until", until])


async def test_the_metrics_and_the_queues_show_what_is_off(stack: Stack) -> None:
    switch = await off(stack)
    metrics = ExchangeMetrics()
    metrics.switched_off([switch])
    assert 'renji_switched_off{kind="channel",name="web"} 1.0' in generate_latest(metrics.registry).decode()
    metrics.switched_off([])
    assert "renji_switched_off{" not in generate_latest(metrics.registry).decode()
    parser = argparse.ArgumentParser()
    inspect.add_arguments(parser)
    _, lines = await inspect.run(stack.stores, stack.settings, parser.parse_args(["queues"]))
    assert lines[-1] == "switched off: channel web"
