"""A Rasa slot as a process, asked by the bot's client over real HTTP and real Redis."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timezone
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from redis import asyncio as aioredis

from bot.client import BotClient, bot_client
from bot.release import Releases, check_wording
from switchboard.model import Address, Conversation, InboundMessage
from switchboard.ports import Turn
from switchboard.redis.keys import Keys
from switchboard.settings import Settings
from tests.ports import free_port
from tests.unit.bot.conftest import tiny_model, tiny_project  # noqa: F401

pytestmark = pytest.mark.rasa
ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
ADDRESS = Address("web", "session")
CONVERSATION = Conversation("web:0123", ADDRESS)


class Slot:
    def __init__(self, port: int, environ: dict[str, str], release: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.port = port
        self.environ = environ
        self.release = release

    def status(self, path: str, method: str = "GET", body: bytes | None = None) -> int:
        try:
            with urlopen(Request(f"{self.url}{path}", body, method=method), timeout=20) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code


@pytest.fixture(scope="module")
def slot(
    redis_server: Path,
    tiny_project: Path,  # noqa: F811
    tiny_model: str,  # noqa: F811
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Slot]:
    folder = tmp_path_factory.mktemp("slot")
    (folder / "secret").write_text("s" * 64)
    releases = Releases(tiny_project, folder / "releases", folder / "models", tiny_project / "content")
    check_wording(tiny_project, tiny_project / "content")
    releases.directory.mkdir()
    release = releases.publish(Path(tiny_model), "tiny", NOW)
    releases.set_live(release)
    port = free_port()
    environ = {
        "RENJI_VAR": str(folder),
        "RENJI_SECRET_FILE": str(folder / "secret"),
        "RENJI_REDIS_URL": f"unix://{redis_server}",
        "RENJI_RASA_URLS": f"http://127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "bot.serve", "--slot", "a"]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RENJI_", "SANIC_"))}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env={**kept, **environ}, stdout=log, stderr=subprocess.STDOUT)
    try:
        ours = Slot(port, environ, release)
        _wait(ours, process, folder / "log")
        yield ours
    finally:
        process.terminate()
        process.wait(timeout=30)


def _wait(slot: Slot, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 100
    while True:
        try:
            if slot.status("/webhooks/renji/health") == 200:
                return
        except URLError:
            pass
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"the slot did not start:\n{log.read_text()[-3000:]}")
        time.sleep(0.2)


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
