"""Notices of what happened in the CRM: each once, where it reaches the person, by their wishes, not at night."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import pytest

from switchboard.asking import KIND, AskingSolved
from switchboard.errors import Full, NotReachable
from switchboard.fake import echo
from switchboard.model import Address, Binding, Notice, TurnContext, TurnResult
from switchboard.raising import Happened, Raising
from switchboard.redis.records import dump_item
from tests.contracts.switchboard.stack import Stack, at, reminders

NUMBER, RULE = "+8613800001234", f"notice_{KIND}"
PHONE, WECHAT = Address("sms", NUMBER), Address("wechat", "o-li")
DATA: Mapping[str, Any] = {"left_kb": 1024 * 1024}


def raising(stack: Stack) -> Raising:
    stores, key = stack.stores, stack.settings.key("conversation")
    directory = stack.directory
    return Raising(reminders(), directory, stores.reach, stores.conversations, stack.notices, key, stack.clock)


async def told(stack: Stack, of: str = "data_80", key: str = "k", subscriber: str = "S1", **values: Any) -> str:
    happened = Happened(of, key, NUMBER, subscriber, "zh", stack.clock(), values or DATA)
    became = await raising(stack).tell(happened)
    await stack.at_rest()
    return became


async def writes_in_wechat(stack: Stack) -> None:
    await stack.say(WECHAT, "你好")
    await stack.at_rest()
    await stack.stores.bindings.bind(stack.conversation(WECHAT), NUMBER, "S1", "code", "zj", "")


def texts(adapter: Any, word: str = "流量") -> list[str]:
    return [text for text in adapter.texts() if word in text]


async def until_refused(stack: Stack, why: str) -> None:
    """The lane looks at what was due, and does not say it."""
    for _ in range(500):
        if why in [entry.get("refused") for entry in await stack.logged("notice")]:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"no notice was refused: {why}")


@pytest.fixture
async def noon(stack: Stack) -> AsyncIterator[Stack]:
    at(stack, 12)
    stack.directory.known = {NUMBER: ("S1", "zj")}
    stack.worker()
    yield stack


async def test_what_happened_is_told_once_by_sms_with_replies_that_act(noon: Stack) -> None:
    assert (await told(noon), await told(noon)) == ("entered", "told")
    (message,) = noon.sms.sent
    assert message.reply.text == "您本月的流量已用去八成，还剩1GB。"
    await noon.say(PHONE, "1")
    await noon.at_rest()
    assert noon.sms.texts()[-1] == "echo order_data_pack"


async def test_it_is_told_once_even_after_a_month_began_and_again_for_the_next(noon: Stack) -> None:
    await told(noon, key="2026-11")
    noon.clock.forward(days=5)
    assert await told(noon, key="2026-11") == "told"
    assert await told(noon, key="2026-12") == "entered"
    assert len(texts(noon.sms)) == 2


async def test_what_could_not_be_stored_is_told_the_next_time(noon: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(_: object) -> list[str]:
        raise Full("full")

    with monkeypatch.context() as away, pytest.raises(Full):
        away.setattr(noon.stores.accept, "accept", full)
        await told(noon)
    assert await told(noon) == "entered"


async def test_who_wrote_in_wechat_within_two_days_hears_it_there_and_later_by_sms(noon: Stack) -> None:
    await writes_in_wechat(noon)
    await told(noon, key="a")
    assert (len(texts(noon.wechat)), len(texts(noon.sms))) == (1, 0)
    noon.clock.forward(hours=49)
    await told(noon, key="b")
    assert (len(texts(noon.wechat)), len(texts(noon.sms))) == (1, 1)


async def test_a_window_that_closes_over_night_moves_the_notice_to_the_phone(noon: Stack) -> None:
    await writes_in_wechat(noon)
    noon.clock.forward(hours=47)
    at(noon, 22)
    noon.clock.forward(hours=-24)
    await told(noon)
    noon.clock.forward(hours=34, minutes=30)
    await noon.until(lambda: texts(noon.sms))
    assert texts(noon.wechat) == []
    assert "window" in [entry.get("refused") for entry in await noon.logged("notice")]


async def test_what_can_be_chosen_from_a_notice_stands_in_its_own_language(noon: Stack) -> None:
    happened = Happened("data_80", "k", NUMBER, "S1", "en", noon.clock(), DATA)
    await raising(noon).tell(happened)
    await noon.until(lambda: noon.sms.sent)
    assert [message.language for message in noon.sms.sent] == ["en"]


async def test_another_subscribers_wechat_is_never_told(noon: Stack) -> None:
    await writes_in_wechat(noon)
    noon.directory.known[NUMBER] = ("S2", "gd")
    await told(noon, subscriber="S2")
    assert (len(texts(noon.wechat)), len(texts(noon.sms))) == (0, 1)


async def test_a_wechat_that_belongs_to_another_number_now_is_not_told(noon: Stack) -> None:
    await writes_in_wechat(noon)
    binding = Binding("+8613900004321", "S9", noon.clock(), "code")
    await noon.stores.conversations.bind(noon.conversation(WECHAT), binding, "zj")
    await told(noon)
    assert (len(texts(noon.wechat)), len(texts(noon.sms))) == (0, 1)


async def test_what_somebody_ended_is_not_told_until_they_want_it_again_and_the_rest_is(noon: Stack) -> None:
    reach = noon.stores.reach
    await reach.end(NUMBER, "S1", "data", True, {"channel": "sms", "message": "m1"})
    assert await told(noon) == "ended"
    assert await told(noon, "balance_low", balance_fen=500) == "entered"
    await reach.end(NUMBER, "S1", "data", False, {"channel": "sms", "message": "m2"})
    assert await told(noon) == "entered"


async def test_what_was_ended_while_it_waited_is_not_told(noon: Stack) -> None:
    at(noon, 22)
    await told(noon)
    await noon.stores.reach.end(NUMBER, "S1", "data", True, {})
    noon.clock.forward(hours=11)
    await noon.at_rest()
    await noon.until(lambda: True)
    await noon.say(PHONE, "在")
    await noon.until(lambda: noon.sms.sent)
    assert texts(noon.sms) == []


async def test_the_next_subscriber_of_a_number_begins_with_every_notice(noon: Stack) -> None:
    await noon.stores.reach.end(NUMBER, "S1", "data", True, {})
    noon.directory.known[NUMBER] = ("S2", "gd")
    assert await told(noon, subscriber="S2") == "entered"


async def test_what_was_meant_for_who_had_the_number_before_is_not_told_and_changes_nothing(noon: Stack) -> None:
    noon.directory.known[NUMBER] = ("S2", "gd")
    await noon.stores.reach.end(NUMBER, "S2", "data", True, {})
    overdue = {"month": "2026-10", "due_fen": 100, "due_on": "2026-11-15"}
    assert await told(noon, "bill_overdue", subscriber="S1", **overdue) == "not_theirs"
    assert noon.sms.sent == []
    assert (await noon.stores.reach.of(NUMBER)).ended == {"data"}
    noon.directory.known.clear()
    assert await told(noon, "bill_overdue", subscriber="S1", **overdue) == "not_theirs"


async def test_a_number_that_changes_hands_over_night_hears_nothing_of_the_one_before(noon: Stack) -> None:
    at(noon, 22)
    await told(noon)
    noon.directory.known[NUMBER] = ("S2", "gd")
    noon.clock.forward(hours=11)
    await noon.at_rest()
    await until_refused(noon, "not_theirs")
    assert noon.sms.sent == []


async def test_while_nobody_can_tell_whose_the_number_is_the_notice_waits_and_the_talk_goes_on(
    noon: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(noon, 22)
    await told(noon)
    asked: list[str] = []

    async def away(number: str) -> None:
        asked.append(number)
        raise NotReachable("the CRM is away")

    monkeypatch.setattr(noon.directory, "lookup", away)
    noon.clock.forward(hours=11)
    await noon.until(lambda: asked)
    await noon.say(PHONE, "在吗")
    await noon.until(lambda: "echo 在吗" in noon.sms.texts())
    assert texts(noon.sms) == []
    monkeypatch.undo()
    noon.clock.forward(minutes=6)
    await noon.until(lambda: texts(noon.sms))


async def test_a_notice_of_the_version_before_names_no_subscriber_and_is_said(noon: Stack) -> None:
    now = noon.clock()
    notice = Notice("n", PHONE, "service", "notice_data_100", {}, "d", now, now + timedelta(hours=1))
    assert "subscriber" not in dump_item(notice)
    await noon.notices.enter(notice)
    await noon.at_rest()
    assert len(noon.sms.sent) == 1


async def test_a_sentence_ends_a_kind_and_counts_as_the_choice_for_it(noon: Stack) -> None:
    for text in ("别再提醒我流量", "关闭流量提醒", "恢复流量提醒", "别再提醒我"):
        await noon.say(PHONE, text)
    await noon.at_rest()
    assert noon.sms.texts()[1:] == ["echo event_end_notices"] * 4


async def test_in_the_middle_of_a_form_such_a_sentence_is_an_answer(noon: Stack) -> None:
    noon.bot.think = lambda item, conversation, turn: TurnResult(context=TurnContext(active_form="complain_form"))
    await noon.say(PHONE, "我要投诉")
    await noon.at_rest()
    noon.bot.think = echo
    await noon.say(PHONE, "别再提醒我流量")
    await noon.at_rest()
    assert noon.sms.texts()[-1] == "echo 别再提醒我流量"


async def test_at_night_only_what_the_law_asks_for_is_said(noon: Stack) -> None:
    at(noon, 22)
    await told(noon)
    await told(noon, "bill_overdue", month="2026-10", due_fen=100, due_on="2026-11-15")
    assert [("逾期" in text) for text in noon.sms.texts()] == [True]
    noon.clock.forward(hours=11)
    await noon.until(lambda: texts(noon.sms))


async def test_a_person_is_told_no_more_than_so_much_a_day_but_what_is_legal_or_asked_for(noon: Stack) -> None:
    for n in range(5):
        await told(noon, key=f"k{n}")
    assert len(texts(noon.sms)) == 3
    await told(noon, "bill_overdue", month="2026-10", due_fen=100, due_on="2026-11-15")
    await told(noon, "order_finished", name="1GB", order="O1")
    assert len(noon.sms.sent) == 5
    noon.clock.forward(hours=25)
    await told(noon, key="next day")
    assert len(texts(noon.sms)) == 4


async def test_who_was_asked_for_something_is_not_interrupted(noon: Stack) -> None:
    noon.bot.think = lambda item, conversation, turn: TurnResult(context=TurnContext(active_form="recharge_form"))
    await noon.say(PHONE, "充值")
    await told(noon)
    assert texts(noon.sms) == []
    noon.clock.forward(minutes=11)
    await noon.until(lambda: texts(noon.sms))


async def test_whether_a_ticket_was_solved_is_asked_at_most_once_in_some_days(noon: Stack) -> None:
    assert await told(noon, "ticket_solved", "T1", ticket="T1", kind="fault") == "entered"
    assert await told(noon, "ticket_solved", "T2", ticket="T2", kind="fault") == "told"


def sampled(kind: str) -> str:
    """An order that is among those which are asked about."""
    rule = reminders().rules[f"notice_{kind}"]
    return next(order for order in map(str, range(1000)) if rule.falls_on(f"{kind}:{order}"))


async def solved(stack: Stack, order: str) -> None:
    asking = AskingSolved(raising(stack), stack.clock)
    await asking.solved(NUMBER, "S1", "5GB流量包", order, "zh")
    await asking.close()
    await stack.at_rest()


async def test_whether_an_order_solved_it_is_asked_later_and_once_in_some_days(noon: Stack) -> None:
    order = sampled(KIND)
    await solved(noon, order)
    assert noon.sms.sent == []
    noon.clock.forward(hours=2, seconds=1)
    await noon.until(lambda: noon.sms.sent)
    assert noon.sms.texts() == [f"您办的5GB流量包（订单{order}）好用吗，问题解决了没有？"]
    await solved(
        noon, next(str(n) for n in range(int(order) + 1, 9999) if reminders().rules[RULE].falls_on(f"{KIND}:{n}"))
    )
    noon.clock.forward(hours=3)
    await noon.at_rest()
    assert len(noon.sms.sent) == 1


async def test_who_is_not_of_the_sample_or_ended_such_questions_is_not_asked(noon: Stack) -> None:
    await solved(noon, next(str(n) for n in range(99) if not reminders().rules[RULE].falls_on(f"{KIND}:{n}")))
    await noon.stores.reach.end(NUMBER, "S1", "feedback", True, {})
    await solved(noon, sampled(KIND))
    noon.clock.forward(hours=5)
    await noon.at_rest()
    assert noon.sms.sent == []


async def test_an_order_does_not_wait_for_a_crm_that_is_away(noon: Stack) -> None:
    noon.directory.away = True
    await solved(noon, sampled(KIND))
    assert noon.sms.sent == []


async def test_no_key_and_no_id_holds_the_number_in_clear(noon: Stack) -> None:
    await noon.stores.reach.end(NUMBER, "S1", "data", True, {})
    await told(noon, "balance_low", f"2026-11:{NUMBER}", balance_fen=500)
    keys = [key.decode() for key in await noon.stores.redis.keys("*")]
    assert [key for key in keys if NUMBER in key and ":seen:sms:" not in key] == []
    assert NUMBER not in noon.sms.sent[0].id


async def test_a_notice_without_a_rule_goes_by_its_class_alone(noon: Stack) -> None:
    at(noon, 23)
    now = noon.clock()
    await noon.notices.enter(Notice("n", PHONE, "security", "looking_up", {}, "d", now, now + timedelta(hours=1)))
    await noon.at_rest()
    assert len(noon.sms.sent) == 1
