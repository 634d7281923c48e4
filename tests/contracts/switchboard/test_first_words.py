"""What a person is told once: that a machine talks, and how personal data is used; never before what is urgent."""

from __future__ import annotations

from dataclasses import replace

import pytest

from crm.operations.reminders import VERSION
from switchboard.fake import FakeRasa, echo
from switchboard.model import (
    Address,
    Conversation,
    ConversationEvent,
    InboundMessage,
    Outcome,
    TurnContext,
    TurnResult,
    Understanding,
)
from switchboard.ports import Turn
from tests.contracts.switchboard.stack import Stack, reminders

WEB, PHONE, WECHAT = Address("web", "li"), Address("sms", "+8613800000001"), Address("wechat", "openid-li")
TOLD = {WEB: "回复“隐私”了解详情", PHONE: "“隐私”看隐私说明", WECHAT: "回复“隐私”了解详情"}
NOTICE = "您的个人信息只用来给您办事，回复“隐私”了解详情。"


def thinks(item: InboundMessage | ConversationEvent, conversation: Conversation, turn: Turn) -> TurnResult:
    """Somebody in need says 被骗了, and a form asks for the number after 登录."""
    result, text = echo(item, conversation, turn), getattr(item, "text", "")
    if text == "被骗了":
        return replace(result, understanding=Understanding("report_fraud", 1.0))
    if text == "挂失好了":
        return replace(result, outcomes=(Outcome("report_lost_sim", "done"),))
    if text == "少扣了":
        return replace(result, context=TurnContext(slots={"still_asked": {"parts": ["held"], "offered": True}}))
    if text == "登录":
        return replace(result, context=TurnContext(active_form="login_form"))
    return result


@pytest.fixture
async def talking(stack: Stack) -> Stack:
    stack.worker(bot=FakeRasa(stack.stores.trackers, thinks))
    return stack


async def heard(stack: Stack, address: Address, *said: str) -> list[str]:
    """Everything that was told to this Address after these words."""
    for text in said:
        await stack.say(address, text)
        await stack.at_rest()
    sent = [*stack.web.sent, *stack.sms.sent, *stack.wechat.sent]
    return [message.reply.text for message in sent if message.address == address]


@pytest.mark.parametrize("address", [WEB, PHONE, WECHAT], ids=lambda address: address.channel)
async def test_each_channel_tells_it_once_with_the_first_words(talking: Stack, address: Address) -> None:
    first, *more = await heard(talking, address, "查话费", "查流量", "登录")
    assert TOLD[address] in first and "机器人" in first
    assert more == ["echo 查话费", "echo 查流量", "echo 登录"]


async def test_it_stands_before_nobody_in_need_and_comes_with_the_next_answer(talking: Stack) -> None:
    first, *more = await heard(talking, WEB, "被骗了", "挂失好了", "登录", "查话费", "查流量")
    assert "隐私" not in first
    assert more == ["echo 被骗了", "echo 挂失好了", "echo 登录", "echo 查话费", NOTICE, "echo 查流量"]


async def test_another_version_is_told_once_more(talking: Stack) -> None:
    await heard(talking, WEB, "查话费")
    conversation = talking.conversation(WEB)
    await talking.stores.redis.hset(talking.stores.keys.conversation(conversation), "noticed", "2020-01")
    assert (await heard(talking, WEB, "查流量", "查积分"))[2:] == ["echo 查流量", NOTICE, "echo 查积分"]


@pytest.mark.parametrize("word", ["隐私", "“隐私”", "PRIVACY", "隐私政策"])
async def test_its_word_asks_what_is_known_whatever_it_was_read_as(talking: Stack, word: str) -> None:
    assert (await heard(talking, WEB, word))[-1] == "echo query_my_data"


async def test_what_is_agreed_to_names_the_same_version() -> None:
    assert reminders().privacy.version == VERSION


@pytest.mark.parametrize("word", ["T", "td", "R", "N", "回T", "回T退订", "拒收", "STOP", "unsubscribe"])
async def test_the_words_of_advertising_by_sms_end_it_while_nothing_is_asked(talking: Stack, word: str) -> None:
    assert (await heard(talking, PHONE, "查话费", word))[-1] == "echo opt_out_marketing"
    assert (await heard(talking, WEB, "查话费", word))[-1] == f"echo {word}"


async def test_in_a_form_and_for_services_the_words_of_advertising_stay_what_they_are(talking: Stack) -> None:
    assert (await heard(talking, PHONE, "查话费", "退订"))[-1] == "echo 退订"
    assert (await heard(talking, PHONE, "登录", "T"))[-1] == "echo T"


@pytest.mark.parametrize("word", ["N", "STOP"])
async def test_an_answer_to_a_question_of_yes_or_no_ends_no_advertising(talking: Stack, word: str) -> None:
    assert (await heard(talking, PHONE, "少扣了", word))[-1] == f"echo {word}"
    assert (await heard(talking, PHONE, "少扣了", "TD"))[-1] == "echo opt_out_marketing"
