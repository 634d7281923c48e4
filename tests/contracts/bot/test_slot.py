"""A Rasa slot as a process, asked by the bot's client over real HTTP and real Redis."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from redis import asyncio as aioredis

from bot.client import BotClient, bot_client
from switchboard.model import Address, Conversation, InboundMessage
from switchboard.ports import Turn
from switchboard.redis.keys import Keys
from switchboard.settings import Settings
from tests.contracts.bot.slots import Slot, running, slot_of
from tests.unit.bot.conftest import tiny_model, tiny_project  # noqa: F401

pytestmark = pytest.mark.rasa
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
ADDRESS = Address("web", "session")
CONVERSATION = Conversation("web:0123", ADDRESS)


@pytest.fixture(scope="module")
def slot(
    redis_server: Path,
    tiny_project: Path,  # noqa: F811
    tiny_model: str,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Slot]:
    with running(slot_of(tmp_path_factory.mktemp("slot"), redis_server, tiny_project, tiny_model)) as ours:
        yield ours


@pytest.fixture
async def client(slot: Slot, redis: aioredis.Redis) -> AsyncIterator[BotClient]:
    await redis.set(Keys(256).of(CONVERSATION.id, "lease"), "lease")
    bot = bot_client(Settings.read(slot.environ))
    async with bot.running():
        yield bot


async def test_a_message_is_answered_in_the_words_of_the_live_release(slot, client):
    result = await client.answer(InboundMessage("web:1", ADDRESS, "你好", NOW), CONVERSATION, Turn("lease"))
    assert [reply.text for reply in result.replies] == ["您好，我是机器人。"]
    assert result.release_id == slot.release


async def test_a_message_is_answered_the_same_again(client):
    message = InboundMessage("web:2", ADDRESS, "你好", NOW)
    first = await client.answer(message, CONVERSATION, Turn("lease"))
    assert await client.answer(message, CONVERSATION, Turn("lease", attempt=2)) == first


def test_nobody_asks_without_the_token(slot):
    assert slot.status("/webhooks/renji/turn", "POST", b"{}") == 401


def test_whoever_has_no_token_is_refused_before_the_body_is_read(slot):
    with socket.create_connection(("127.0.0.1", slot.port), timeout=5) as connection:
        connection.sendall(b"POST /webhooks/renji/turn HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n")
        assert b" 401 " in connection.recv(100)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PUT", "/model"),
        ("POST", "/model/train"),
        ("GET", "/conversations/x/tracker"),
        ("POST", "/webhooks/rest/webhook"),
    ],
)
def test_the_http_api_and_rasas_own_channels_are_closed(slot, method, path):
    assert slot.status(path, method, b"{}" if method != "GET" else None) == 404


def test_it_listens_on_loopback_only(slot):
    listening = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    mine = {
        line[1].split(":")[0] for line in listening if line[3] == "0A" and int(line[1].split(":")[1], 16) == slot.port
    }
    assert mine == {"0100007F"}
