"""A login gives its browser a new session; who planted or shared the old one learns nothing."""

from __future__ import annotations

import asyncio
import time

import pytest

from connectors.web.sessions import Sessions
from switchboard.model import Address, Reply
from tests.contracts.connectors.stage import until
from tests.contracts.connectors.widget import browser


async def log_in(stage, widget, message="the code", ahead_s=0):
    """The person sends a code; crm/operations binds while the turn runs; the reply comes after."""
    stage.may_answer.clear()
    await widget.say(message, client_id="login-1")
    address = Sessions(stage.settings.key("web-session"), stage.stores.clock).read(widget.sessions[-1]).address
    await stage.bind(address, ahead_s=ahead_s)
    stage.may_answer.set()
    return address


async def test_a_login_gives_the_one_who_logged_in_a_new_token(stage):
    async with browser(stage) as widget:
        before = await widget.start()
        await log_in(stage, widget)
        await until(lambda: widget.uttered)
        assert len(widget.sessions) == 2 and widget.sessions[-1] != before
        assert (await widget.say("查话费"))["stored"] is True
    async with browser(stage) as widget:
        after = await widget.start(session_id=before)
        assert after.split(".")[0] != before.split(".")[0]


async def test_who_logs_out_is_told_so_and_the_token_of_before_is_worth_nothing(stage):
    async with browser(stage) as widget:
        await widget.start()
        address = await log_in(stage, widget)
        await until(lambda: widget.uttered)
        before, told = widget.sessions[-1], len(widget.uttered)
        stage.may_answer.clear()
        await widget.say("退出登录", client_id="out-1")
        conversation = address.conversation_id(stage.key)
        await stage.stores.bindings.unbind(conversation, "logged_out", f"web:{address.id}:out-1")
        stage.may_answer.set()
        await until(lambda: len(widget.uttered) > told)
        assert (await stage.stores.conversations.get(conversation)).binding is None
    async with browser(stage) as widget:
        assert (await widget.start(session_id=before)).split(".")[0] != address.id


async def test_a_planted_session_sees_nothing_after_the_login(stage):
    async with browser(stage) as attacker, browser(stage) as victim:
        planted = await attacker.start()
        await victim.start(session_id=planted)
        await attacker.say("before", client_id="a1")
        await until(lambda: len(attacker.uttered) == 1)
        await log_in(stage, victim)
        await until(lambda: "you said: the code" in victim.texts)
        await victim.say("查话费")
        await until(lambda: "you said: 查话费" in victim.texts)
        assert (await attacker.say("查话费"))["error"] == "session"
        await asyncio.sleep(0.2)
        assert attacker.texts == ["you said: before"]


@pytest.mark.parametrize("ahead_s", [-120, 120])
async def test_clocks_that_disagree_neither_keep_a_reply_from_who_logged_in_nor_show_it_to_others(stage, ahead_s):
    async with browser(stage) as attacker, browser(stage) as victim:
        planted = await attacker.start()
        await victim.start(session_id=planted)
        await log_in(stage, victim, ahead_s=ahead_s)
        await until(lambda: "you said: the code" in victim.texts)
        assert (await attacker.say("查话费"))["error"] == "session"
        assert (await victim.say("查话费"))["stored"] is True
        await until(lambda: "you said: 查话费" in victim.texts)
        assert attacker.texts == []


async def test_who_writes_on_before_the_login_is_answered_goes_on_with_the_session(stage):
    async with browser(stage) as widget:
        await widget.start()
        stage.may_answer.clear()
        await widget.say("the code", client_id="login-1")
        await stage.bind(Address("web", widget.sessions[-1].split(".")[0]))
        assert (await widget.say("查话费"))["stored"] is True
        stage.may_answer.set()
        await until(lambda: widget.texts == ["you said: the code", "you said: 查话费"])


async def test_a_position_ahead_of_the_login_makes_no_other_message_the_login(stage):
    async with browser(stage) as attacker, browser(stage) as victim:
        planted = await attacker.start()
        ahead_s = time.time() + 1
        await attacker.start(session_id=planted, position=f"{int(ahead_s * 1000)}-0")
        await victim.start(session_id=planted)
        stage.may_answer.clear()
        await victim.say("the code", client_id="login-1")
        await attacker.say("mine", client_id="a1")
        address = Address("web", planted.split(".")[0])
        await stage.bind(address)
        await stage.say(address, Reply("welcome"), f"web:{address.id}:login-1")
        await asyncio.sleep(ahead_s - time.time() + 0.1)
        await stage.say(address, Reply("your balance"), f"web:{address.id}:a1")
        await until(lambda: victim.texts == ["welcome", "your balance"])
        await asyncio.sleep(0.2)
        assert attacker.texts == [] and len(attacker.sessions) == 2


async def test_only_its_sender_is_shown_a_messages_id(stage):
    async with browser(stage) as attacker, browser(stage) as victim:
        planted = await attacker.start()
        await victim.start(session_id=planted)
        stage.may_answer.clear()
        await victim.say("the code", client_id="login-1")
        address = Address("web", planted.split(".")[0])
        await stage.say(address, Reply("one moment"), f"web:{address.id}:login-1")
        await until(lambda: attacker.uttered and victim.uttered)
        assert victim.uttered[0]["renji"]["in_reply_to"] == f"web:{address.id}:login-1"
        assert "login-1" in victim.uttered[0]["renji"]["id"]
        assert attacker.texts == ["one moment"] and "login-1" not in repr(attacker.uttered)
    async with browser(stage) as widget:
        await widget.start(session_id=planted, sent=["login-1"], position="")
        await until(lambda: widget.uttered)
        assert widget.uttered[0]["renji"] == victim.uttered[0]["renji"]


async def test_who_was_cut_off_while_logging_in_still_gets_the_new_token(stage):
    async with browser(stage) as widget:
        before = await widget.start()
        address = await log_in(stage, widget)
    await until(lambda: stage.stores.outbox.last(address))
    async with browser(stage) as widget:
        after = await widget.start(session_id=before, sent=["login-1"], position="")
        assert after != before and after.startswith(address.id)
        await until(lambda: widget.texts == ["you said: the code"])


async def test_the_end_of_a_generation_ends_the_session(stage):
    async with browser(stage) as widget:
        await widget.start()
        address = await log_in(stage, widget)
        await until(lambda: widget.uttered)
        await stage.stores.bindings.unbind(address.conversation_id(stage.key), "reissued")
        assert (await widget.say("查话费"))["error"] == "session"
