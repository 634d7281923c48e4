from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from aiohttp import web

from bot.client import BotClient, turn_request
from bot.slots import Slots
from switchboard.errors import NotReachable, TurnConflict, TurnFailed
from switchboard.model import (
    Address,
    Binding,
    Conversation,
    ConversationEvent,
    InboundMessage,
    Media,
    Reply,
    TurnResult,
)
from switchboard.ports import Turn

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
ADDRESS = Address("web", "session")
CONVERSATION = Conversation("web:0123", ADDRESS, region="zj", binding=Binding("+8613800000000", "s1", NOW, "code"))
MESSAGE = InboundMessage("web:1", ADDRESS, "余额", NOW)
TURN = Turn("lease", trace="t1")


class FakeSlot:
    """A Rasa slot: answers what it is told to."""

    def __init__(self, model: str = "m1") -> None:
        self.health = {"ready": True, "release": "r1", "model": model}
        self.status = 200
        self.body: Any = {"replies": [{"text": "余额23.50元。"}], "release_id": "r1"}
        self.delay_s = self.health_s = 0.0
        self.drop = False
        self.asked: list[dict[str, Any]] = []
        self.tokens: list[str | None] = []
        self.url = ""

    async def _turn(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json())
        self.tokens.append(request.headers.get("Authorization"))
        if self.drop and request.transport:
            request.transport.close()
        await asyncio.sleep(self.delay_s)
        return web.json_response(self.body, status=self.status)

    async def _health(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self.health_s)
        return web.json_response(self.health)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FakeSlot]:
        app = web.Application()
        app.router.add_post("/webhooks/renji/turn", self._turn)
        app.router.add_get("/webhooks/renji/health", self._health)
        runner = web.AppRunner(app)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            yield self
        finally:
            await runner.cleanup()


Start = Callable[..., Any]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts slots and gives a client of them."""
    async with AsyncExitStack() as stack:

        async def started(
            *slots: FakeSlot, model_of: Callable[[str], str] = lambda _: "", turn_s: float = 2.0
        ) -> BotClient:
            for slot in slots:
                await stack.enter_async_context(slot.running())
            client = BotClient(Slots([slot.url for slot in slots], model_of, look_s=0.05), "secret", turn_s)
            await stack.enter_async_context(client.running())
            return client

        yield started


async def test_a_message_becomes_a_turn_result(start):
    slot = FakeSlot()
    client = await start(slot)
    assert await client.answer(MESSAGE, CONVERSATION, TURN) == TurnResult((Reply("余额23.50元。"),), release_id="r1")
    assert slot.tokens == ["Bearer secret"]
    assert slot.asked[0]["text"] == "余额"
    assert slot.asked[0]["binding"]["msisdn"] == "+8613800000000"


async def test_slots_take_turns(start):
    one, two = FakeSlot(), FakeSlot()
    client = await start(one, two)
    for _ in range(4):
        await client.answer(MESSAGE, CONVERSATION, TURN)
    assert (len(one.asked), len(two.asked)) == (2, 2)


async def test_a_release_is_answered_by_the_slot_with_its_model(start):
    one, two = FakeSlot("m1"), FakeSlot("m2")
    client = await start(one, two, model_of={"r2": "m2"}.get)
    for _ in range(3):
        await client.answer(MESSAGE, replace(CONVERSATION, release_id="r2"), TURN)
    assert (len(one.asked), len(two.asked)) == (0, 3)


async def test_a_release_that_no_slot_has_is_answered_by_another_model(start):
    slot = FakeSlot("m1")
    client = await start(slot, model_of={"r2": "m2"}.get)
    assert (await client.answer(MESSAGE, replace(CONVERSATION, release_id="r2"), TURN)).replies


async def test_a_slot_that_is_gone_is_left_out(start):
    one, two = FakeSlot(), FakeSlot()
    client = await start(one, two)
    client._slots.states()[0].url = "http://127.0.0.1:9"
    for _ in range(3):
        await client.answer(MESSAGE, CONVERSATION, TURN)
    assert len(two.asked) == 3


async def test_a_slot_that_said_nothing_is_asked_last_until_it_answers(start):
    one, two = FakeSlot(), FakeSlot()
    client = await start(one, two, turn_s=0.2)
    one.delay_s = one.health_s = 5.0
    with pytest.raises(NotReachable):
        for _ in range(2):
            await client.answer(MESSAGE, CONVERSATION, TURN)
    before = len(one.asked)
    for _ in range(4):
        await client.answer(MESSAGE, CONVERSATION, TURN)
    assert len(one.asked) == before


async def test_a_slot_that_comes_back_is_asked_again(start):
    slot = FakeSlot()
    client = await start(slot)
    url, client._slots.states()[0].url = slot.url, "http://127.0.0.1:9"
    with pytest.raises(NotReachable):
        await client.answer(MESSAGE, CONVERSATION, TURN)
    client._slots.states()[0].url = url
    await asyncio.sleep(0.2)
    assert (await client.answer(MESSAGE, CONVERSATION, TURN)).replies


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (409, {"error": "conflict"}, TurnConflict),
        (503, {"error": "away"}, NotReachable),
        (500, {"error": "x", "permanent": False}, TurnFailed),
        (400, {"error": "malformed"}, TurnFailed),
        (200, {"surprise": 1}, TurnFailed),
    ],
)
async def test_answers_become_errors(start, status, body, error):
    slot = FakeSlot()
    slot.status, slot.body = status, body
    client = await start(slot)
    with pytest.raises(error):
        await client.answer(MESSAGE, CONVERSATION, TURN)


async def test_a_permanent_failure_says_so(start):
    slot = FakeSlot()
    slot.status, slot.body = 500, {"error": "no such wording", "permanent": True}
    client = await start(slot)
    with pytest.raises(TurnFailed) as failed:
        await client.answer(MESSAGE, CONVERSATION, TURN)
    assert failed.value.permanent


async def test_a_turn_that_takes_too_long_is_not_an_attempt(start):
    slot = FakeSlot()
    slot.delay_s = 1.0
    client = await start(slot, turn_s=0.1)
    with pytest.raises(NotReachable):
        await client.answer(MESSAGE, CONVERSATION, TURN)


async def test_a_slot_that_dies_during_the_turn_is_an_attempt(start):
    slot = FakeSlot()
    slot.drop = True
    client = await start(slot)
    with pytest.raises(TurnFailed):
        await client.answer(MESSAGE, CONVERSATION, TURN)


def test_a_picked_choice_is_an_intent_and_not_text():
    picked = Turn("lease", intent="order_data_pack", entities={"offering": "p1"})
    request = turn_request(replace(MESSAGE, text="2"), CONVERSATION, picked)
    assert (request.text, request.intent, request.entities) == ("", "order_data_pack", {"offering": "p1"})


@pytest.mark.parametrize(
    ("name", "intent", "entities"),
    [
        ("handoff_ended", "event_handoff_ended", {"code": "solved"}),
        ("payment_finished", "event_payment_finished", {"code": "solved"}),
        ("order_finished", "event_order_finished", {"code": "solved"}),
        ("order_check", "event_timer", {"timer": "order_check", "code": "solved"}),
    ],
)
def test_an_event_is_an_intent(name, intent, entities):
    request = turn_request(ConversationEvent("e:1", "web:0123", name, NOW, {"code": "solved"}), CONVERSATION, TURN)
    assert (request.intent, request.entities) == (intent, entities)


def test_a_voice_message_is_what_was_heard():
    heard = replace(MESSAGE, text="", media=Media("voice", "m", transcript="查余额"))
    assert turn_request(heard, CONVERSATION, TURN).text == "查余额"


def test_a_place_on_the_map_is_told_by_its_name_and_not_read_as_words():
    place = replace(MESSAGE, text="", media=Media("location", "23.13,113.26", transcript="广州市天河区体育西路"))
    request = turn_request(place, CONVERSATION, TURN)
    assert (request.intent, request.text) == ("event_media", "")
    assert request.entities == {"kind": "location", "place": "广州市天河区体育西路"}


@pytest.mark.parametrize("kind", ["image", "sticker", "voice", "video", "file"])
def test_what_cannot_be_read_is_told_as_what_it_is(kind):
    request = turn_request(replace(MESSAGE, text=" ", media=Media(kind, "m")), CONVERSATION, TURN)
    assert (request.intent, request.entities, request.text) == ("event_media", {"kind": kind}, "")


@pytest.mark.parametrize("text", ["😂", "👍🏻👍", " ❤️ ！"])
def test_emoji_alone_are_a_sticker(text):
    assert turn_request(replace(MESSAGE, text=text), CONVERSATION, TURN).entities == {"kind": "sticker"}


@pytest.mark.parametrize("text", ["？？？", "查话费😂", "2️⃣", "👌ok", ""])
def test_what_can_be_read_is_read(text):
    assert turn_request(replace(MESSAGE, text=text), CONVERSATION, TURN).text == text


def test_a_picture_with_words_is_its_words():
    assert turn_request(replace(MESSAGE, text="查余额", media=Media("image", "m")), CONVERSATION, TURN).text == "查余额"


def test_a_conversation_in_a_language_nobody_speaks_fails_for_good():
    with pytest.raises(TurnFailed) as failed:
        turn_request(MESSAGE, replace(CONVERSATION, language="fr"), TURN)
    assert failed.value.permanent
