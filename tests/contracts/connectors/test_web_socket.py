"""socket.io as widgets made for Rasa speak it, and what our page adds; the real gateway and Redis."""

from __future__ import annotations

import asyncio

import pytest
import socketio

from connectors.web.socket import WebSocket
from switchboard.model import Address, ChannelEvent, Reply
from switchboard.redis.conversations import RedisConversations
from tests.contracts.connectors.stage import until
from tests.contracts.connectors.widget import browser


@pytest.mark.parametrize("transports", [("polling",), ("websocket",)])
async def test_a_widget_is_confirmed_and_answered(stage, transports):
    async with browser(stage, transports=transports) as widget:
        await widget.start(session_id=None)
        await widget.client.emit("user_uttered", {"message": "give me 2", "session_id": widget.sessions[-1]})
        await until(lambda: widget.uttered)
        shown = widget.uttered[0]
        assert shown["text"] == "you said: give me 2"
        assert [(q["content_type"], q["title"]) for q in shown["quick_replies"]] == [
            ("text", "查账单"),
            ("text", "充值"),
        ]


async def test_a_new_session_begins_with_an_event(stage):
    async with browser(stage) as widget:
        await widget.start(language="en")
        event = (await until(lambda: stage.items))[0]
        assert isinstance(event, ChannelEvent)
        assert (event.name, dict(event.values)) == ("session_start", {"language": "en"})


async def test_an_old_session_goes_on_without_an_event(stage):
    async with browser(stage) as widget:
        token = await widget.start()
    async with browser(stage) as widget:
        assert await widget.start(session_id=token) == token
        await widget.say("hello")
        await until(lambda: len(stage.items) == 2)
    assert len({item.address for item in stage.items}) == 1


@pytest.mark.parametrize("token", ["", "made-up", 7, {"a": 1}, "a" * 32 + ".1700000000000.0." + "b" * 64])
async def test_a_made_up_session_is_replaced(stage, token):
    async with browser(stage) as widget:
        assert await widget.start(session_id=token) != token


async def test_a_message_is_acknowledged_once_it_is_stored(stage):
    stage.may_answer.clear()
    async with browser(stage) as widget:
        await widget.start()
        assert (await widget.say("hello", client_id="c1"))["stored"] is True
        stage.may_answer.set()


async def test_a_message_sent_twice_is_answered_once(stage):
    async with browser(stage) as widget:
        await widget.start()
        await widget.say("hello", client_id="c1")
        await widget.say("hello", client_id="c1")
        await widget.say("bye", client_id="c2")
        await until(lambda: len(widget.uttered) >= 2)
        assert widget.texts == ["you said: hello", "you said: bye"]


async def test_what_came_while_offline_is_read_on_from_the_position(stage):
    async with browser(stage) as widget:
        token = await widget.start()
        await widget.say("one")
        await until(lambda: widget.uttered)
        position = widget.uttered[-1]["renji"]["position"]
    address = stage.items[-1].address
    for text in ("two", "three"):
        await stage.say(address, Reply(text))
    async with browser(stage) as widget:
        await widget.start(session_id=token, position=position)
        await until(lambda: len(widget.uttered) >= 2)
        await asyncio.sleep(0.2)
        assert widget.texts == ["two", "three"]


async def test_nothing_is_kept_of_who_left_before_their_session_began(stage, monkeypatch):
    known, begin, servers = RedisConversations.bound, WebSocket._begin, []
    answers, ended = asyncio.Event(), asyncio.Event()

    async def slowly(self, conversation):
        await answers.wait()
        return await known(self, conversation)

    async def told(self, sid, data):
        servers.append((self, sid))
        try:
            await begin(self, sid, data)
        finally:
            ended.set()

    async with browser(stage) as widget:
        token = await widget.start()
    monkeypatch.setattr(RedisConversations, "bound", slowly)
    monkeypatch.setattr(WebSocket, "_begin", told)
    async with browser(stage) as widget:
        await widget.client.emit("session_request", {"session_id": token})
        await until(lambda: servers)
    [(server, sid)] = servers
    await until(lambda: not server._requests)
    answers.set()
    await ended.wait()
    await server._session_request(sid, {})
    assert (await server._user_uttered(sid, {"message": "late"}))["stored"] is False
    assert (server._connections.sids(), dict(server._beginning)) == ([], {})


async def test_a_message_sent_at_once_after_a_reconnect_makes_no_other_connection_of_it(stage, monkeypatch):
    known, asked = RedisConversations.bound, []

    async def slowly(self, conversation):
        asked.append(conversation)
        await asyncio.sleep(0.1 * len(asked))
        return await known(self, conversation)

    stage.may_answer.clear()
    async with browser(stage) as widget:
        token = await widget.start()
        await widget.say("one", client_id="c1")
    async with browser(stage) as widget:
        widget.sessions.append(token)
        monkeypatch.setattr(RedisConversations, "bound", slowly)
        await widget.client.emit("session_request", {"session_id": token, "position": "", "sent": ["c1"]})
        await widget.say("two", client_id="c2")
        stage.may_answer.set()
        await until(lambda: len(widget.uttered) >= 2)
    shown = [(message["text"], message["renji"]["in_reply_to"]) for message in widget.uttered]
    address = stage.items[-1].address.id
    assert shown == [("you said: one", f"web:{address}:c1"), ("you said: two", f"web:{address}:c2")]


async def test_a_widget_without_a_position_gets_no_old_messages(stage):
    async with browser(stage) as widget:
        token = await widget.start()
        await widget.say("one")
        await until(lambda: widget.uttered)
    async with browser(stage) as widget:
        await widget.start(session_id=token)
        await asyncio.sleep(0.3)
        assert widget.texts == []


async def test_a_choice_is_picked_by_its_token(stage):
    async with browser(stage) as widget:
        await widget.start()
        await widget.say("give me 2")
        await until(lambda: widget.uttered)
        quick = widget.uttered[0]["quick_replies"][0]
        await widget.say("查账单", token=quick["token"])
        await until(lambda: len(widget.uttered) == 2)
        assert widget.texts[1] == f"picked {quick['token']}"


async def test_the_sender_is_the_connections_session_whatever_the_event_says(stage):
    async with browser(stage) as victim, browser(stage) as attacker:
        stolen = await victim.start()
        await attacker.start()
        await attacker.client.call("user_uttered", {"message": "mine", "session_id": stolen, "sender": stolen})
        await until(lambda: attacker.uttered)
        assert victim.uttered == []


async def test_two_tabs_of_a_session_both_see_the_reply(stage):
    async with browser(stage) as one, browser(stage) as two:
        token = await one.start()
        await two.start(session_id=token)
        await one.say("hello")
        await until(lambda: one.uttered and two.uttered)
        assert one.texts == two.texts == ["you said: hello"]


BAD_POSITIONS = ["-5", "1-", "99999999999999999999", "0-99999999999999999999", "(5", "+", "١", 5, None]


@pytest.mark.parametrize("position", BAD_POSITIONS, ids=range(len(BAD_POSITIONS)))
async def test_a_bad_position_holds_nobody_up(stage, position):
    async with browser(stage) as odd, browser(stage) as widget:
        await odd.start(position=position)
        await odd.say("hello")
        await widget.start()
        await widget.say("hello")
        await until(lambda: odd.uttered and widget.uttered)


async def test_a_message_that_cannot_be_read_holds_up_only_its_own_connections(stage):
    async with browser(stage) as odd, browser(stage) as widget:
        address = Address("web", (await odd.start()).split(".")[0])
        await widget.start()
        conversation = address.conversation_id(stage.key)
        await stage.stores.redis.xadd(stage.stores.keys.of(conversation, "web", conversation), {"m": "{"})
        await stage.say(address, Reply("hello"))
        await until(lambda: not odd.client.connected)
        await widget.say("hello")
        await until(lambda: widget.uttered)


async def test_another_sites_page_cannot_connect(stage):
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with browser(stage, headers={"Origin": "https://evil.example"}):
            pass
    async with browser(stage, headers={"Origin": stage.url}) as widget:
        await widget.start()


async def test_too_many_messages_of_a_session_are_refused(stage):
    async with browser(stage) as widget:
        await widget.start()
        answers = await asyncio.gather(*(widget.say("hello") for _ in range(40)))
        refused = [answer for answer in answers if not answer["stored"]]
        assert refused and all(answer["again"] for answer in refused)
        assert len(answers) - len(refused) >= 20


BAD = [
    None,
    "text",
    7,
    [],
    {},
    {"message": 7},
    {"message": "x" * 20_000},
    {"message": "x", "customData": {"client_id": "a b"}},
    {"message": "x", "customData": {"client_id": "c" * 65}},
    {"message": "x", "customData": {"token": {"$ne": 1}}},
    {"message": "x", "customData": {"token": "../../x"}},
]


@pytest.mark.parametrize("data", BAD, ids=range(len(BAD)))
async def test_bad_events_are_refused_and_the_connection_lives(stage, data):
    async with browser(stage) as widget:
        await widget.start()
        answer = await widget.client.call("user_uttered", data, timeout=5)
        assert answer["stored"] is False
        assert (await widget.say("hello"))["stored"] is True


async def test_an_event_larger_than_64_kib_ends_the_connection(stage):
    async with browser(stage) as widget:
        await widget.start()
        await widget.client.emit("user_uttered", {"message": "x" * 200_000})
        await until(lambda: not widget.client.connected)
    async with browser(stage) as widget:
        await widget.start()
