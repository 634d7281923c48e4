"""Rasa's REST interface, with the real gateway and Redis."""

from __future__ import annotations

import asyncio
import time

import pytest

from connectors.web import rest
from connectors.web.sessions import Sessions
from switchboard.model import Reply
from tests.contracts.connectors.stage import until

PATH = "/webhooks/rest/webhook"


async def post(stage, sender, message, **extra):
    return await stage.http.post(stage.url + PATH, json={"sender": sender, "message": message, **extra})


async def test_a_message_is_answered_as_rasa_would(stage):
    answer = await post(stage, "anna", "查话费")
    assert answer.status == 200
    assert await answer.json() == [{"recipient_id": "anna", "text": "you said: 查话费"}]


async def test_choices_are_buttons_whose_payload_picks_them(stage):
    [shown] = await (await post(stage, "anna", "give me 2")).json()
    assert [button["title"] for button in shown["buttons"]] == ["查账单", "充值"]
    [picked] = await (await post(stage, "anna", shown["buttons"][1]["payload"])).json()
    item = stage.items[-1]
    assert (item.text, item.token) == ("2", shown["buttons"][1]["payload"].split(":")[2])
    assert picked["text"] == f"picked {item.token}"


async def test_the_answer_waits_for_the_turn(stage):
    start = time.monotonic()
    assert (await (await post(stage, "anna", "slow")).json())[0]["text"] == "you said: slow"
    assert 0.5 <= time.monotonic() - start < 2


async def test_the_answer_comes_soon_after_the_commit(stage):
    start = time.monotonic()
    await (await post(stage, "anna", "hello")).json()
    assert time.monotonic() - start < 1


async def test_two_senders_get_their_own_answers(stage):
    answers = await asyncio.gather(*(post(stage, f"s{n}", f"hello {n}x") for n in range(10)))
    assert [(await a.json())[0]["text"] for a in answers] == [f"you said: hello {n}x" for n in range(10)]


async def test_an_unsigned_sender_is_marked_and_cannot_take_a_sessions_address(stage):
    session = Sessions(stage.settings.key("web-session"), stage.stores.clock).new()
    await post(stage, session.id, "hello")
    assert stage.items[-1].address.id == f"rest:{session.id}"


async def test_a_signed_session_is_the_sender(stage):
    sessions = Sessions(stage.settings.key("web-session"), stage.stores.clock)
    session = sessions.new()
    await post(stage, sessions.token(session), "hello")
    assert stage.items[-1].address == session.address


async def test_a_login_ends_the_token_that_was_there_before(stage):
    sessions = Sessions(stage.settings.key("web-session"), stage.stores.clock)
    session = sessions.new()
    await stage.bind(session.address)
    answer = await post(stage, sessions.token(session), "查话费")
    assert answer.status == 401


async def test_the_message_that_logs_in_gets_the_next_token(stage):
    sessions = Sessions(stage.settings.key("web-session"), stage.stores.clock)
    session = sessions.new()
    stage.may_answer.clear()
    waiting = asyncio.create_task(post(stage, sessions.token(session), "123456"))
    await asyncio.sleep(0.3)
    await stage.bind(session.address)
    stage.may_answer.set()
    answer = await waiting
    renewed = answer.headers["X-Renji-Session"]
    assert (await post(stage, renewed, "查话费")).status == 200
    assert (await post(stage, sessions.token(session), "查话费")).status == 401


async def test_a_message_beside_the_login_gets_neither_an_answer_nor_a_token(stage):
    sessions = Sessions(stage.settings.key("web-session"), stage.stores.clock)
    session = sessions.new()
    stage.may_answer.clear()
    victim = asyncio.create_task(post(stage, sessions.token(session), "123456"))
    await stage.accepted(1)
    attacker = asyncio.create_task(post(stage, sessions.token(session), "查话费"))
    await stage.accepted(2)
    await stage.bind(session.address)
    stage.may_answer.set()
    assert (await victim).status == 200 and "X-Renji-Session" in (await victim).headers
    assert (await attacker).status == 401 and "X-Renji-Session" not in (await attacker).headers
    assert "查话费" not in await (await attacker).text()


@pytest.fixture
def two_may_wait(monkeypatch):
    monkeypatch.setattr(rest, "AT_ONCE", 2)


async def test_no_more_than_so_many_wait_at_once(two_may_wait, stage):
    stage.may_answer.clear()
    waiting = [asyncio.create_task(post(stage, f"s{n}", "hello")) for n in range(2)]
    await stage.accepted(2)
    refused = await post(stage, "s3", "hello")
    assert (refused.status, await refused.json()) == (503, {"error": "try again"})
    stage.may_answer.set()
    assert [answer.status for answer in await asyncio.gather(*waiting)] == [200, 200]
    assert (await post(stage, "s3", "hello")).status == 200
    assert len(stage.items) == 3


async def test_replies_to_others_are_not_taken_for_ours(stage):
    sessions = Sessions(stage.settings.key("web-session"), stage.stores.clock)
    session = sessions.new()
    await stage.say(session.address, Reply("a notice"))
    answer = await post(stage, sessions.token(session), "hello")
    assert [m["text"] for m in await answer.json()] == ["you said: hello"]


async def test_a_code_is_masked_before_it_is_stored(stage):
    await post(stage, "anna", "123456")
    assert stage.items[-1].text.startswith("⟦code:")


async def test_too_many_messages_are_refused(stage):
    answers = await asyncio.gather(*(post(stage, "anna", "hello") for _ in range(80)))
    statuses = {answer.status for answer in answers}
    assert statuses == {200, 429}


async def test_a_full_store_is_503(stage, monkeypatch):
    await stage.stores.redis.config_set("maxmemory", "1")
    try:
        answer = await post(stage, "anna", "hello")
        assert answer.status == 503
    finally:
        await stage.stores.redis.config_set("maxmemory", "0")
    await until(lambda: True)


BAD = {
    "empty": b"",
    "no sender": b'{"message": "x"}',
    "no message": b'{"sender": "x"}',
    "sender is a number": b'{"sender": 1, "message": "x"}',
    "sender is empty": b'{"sender": "", "message": "x"}',
    "sender has half a character": b'{"sender": "\\ud800", "message": "x"}',
    "sender has a line end": b'{"sender": "a\\nb", "message": "x"}',
    "message is an object": b'{"sender": "a", "message": {}}',
    "truncated": b'{"sender": "a", "mess',
    "a list": b"[]",
    "duplicate keys": b'{"sender": "a", "sender": "b", "message": "x"}',
    "NaN": b'{"sender": "a", "message": NaN}',
    "64k characters": b'{"sender": "a", "message": "' + b"x" * 64_000 + b'"}',
    "too large": b'{"sender": "a", "message": "' + b"x" * 70_000 + b'"}',
    "deep": b'{"sender": "a", "message": "x", "metadata": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001,
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_input_is_4xx(stage, name):
    answer = await stage.http.post(stage.url + PATH, data=BAD[name])
    assert 400 <= answer.status < 500
    assert stage.items == []


TEXTS = [
    "/restart",
    '  /confirm{"amount":"1"}',
    "／",
    "EXTERNAL: x",
    "\u200b\u202e",
    "a" + "\u0301" * 4000,
    "😀" * 4000,
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
    "=HYPERLINK()",
    "{{7*7}}",
    "{slot}",
    "a\r\nX-Evil: 1\x1b[31m",
    "⟦code:0123456789abcdef⟧",
    "\ud83d",
    "",
]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_odd_texts_are_only_texts(stage, text):
    answer = await post(stage, "anna", text)
    assert answer.status == 200
    item = stage.items[-1]
    assert item.token is None and "⟦" not in item.text and "\x1b" not in item.text
