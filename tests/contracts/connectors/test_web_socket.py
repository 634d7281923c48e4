"""socket.io as widgets made for Rasa speak it, and what our page adds; the real gateway and Redis."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager

import pytest
import socketio

from connectors.web.sessions import Sessions
from connectors.web.socket import WebSocket
from switchboard.model import Address, ChannelEvent, Reply
from switchboard.redis.conversations import RedisConversations
from tests.contracts.connectors.stage import until


class Widget:
    """A browser: what came from the server, by event."""

    def __init__(self, client):
        self.client = client
        self.uttered = []
        self.sessions = []
        self.refused = []
        client.on("bot_uttered", self.uttered.append)
        client.on("session_confirm", self.sessions.append)
        client.on("session_refused", self.refused.append)

    async def start(self, **data):
        count = len(self.sessions)
        await self.client.emit("session_request", data)
        await until(lambda: len(self.sessions) > count)
        return self.sessions[-1]

    async def say(self, message, **custom):
        data = {"message": message, "session_id": self.sessions[-1] if self.sessions else None, "customData": custom}
        return await self.client.call("user_uttered", data, timeout=5)

    @property
    def texts(self):
        return [message["text"] for message in self.uttered]


@asynccontextmanager
async def browser(stage, headers=None, transports=("websocket",)):
    client = socketio.AsyncClient(reconnection=False)
    widget = Widget(client)
    await client.connect(stage.url, headers=headers or {}, transports=list(transports))
    try:
        yield widget
    finally:
        # A client that polls would wait half a minute for its last poll.
        await client.eio.disconnect(abort="polling" in transports)


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
    known, begin, servers = RedisConversations.get, WebSocket._begin, []
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
    monkeypatch.setattr(RedisConversations, "get", slowly)
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
    known, asked = RedisConversations.get, []

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
        monkeypatch.setattr(RedisConversations, "get", slowly)
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


async def log_in(stage, widget, message="the code"):
    """The person sends a code; crm/operations binds while the turn runs; the reply comes after."""
    stage.may_answer.clear()
    await widget.say(message, client_id="login-1")
    address = Sessions(stage.settings.key("web-session"), stage.stores.clock).read(widget.sessions[-1]).address
    await asyncio.sleep(0.05)
    await stage.bind(address)
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
