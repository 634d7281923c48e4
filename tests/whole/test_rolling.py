"""Every process but Redis is replaced while people write: no request fails, all is answered, once and in order."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp
import pytest

from deploy.rolling import roll, wait_answered_by
from tests.people import WebPerson, World, open_world
from tests.ports import free_port
from tests.stack import SPARE, Stack, outside, until

pytestmark = [
    pytest.mark.rasa,
    pytest.mark.timeout(600),
    pytest.mark.skipif("DRILLS" not in os.environ, reason="takes minutes: make test-full, or DRILLS=1"),
]
PHONES = [f"+86138000000{n:02d}" for n in (11, 12, 18)]


class StackFleet:
    """A stack's processes as deploy/rolling.py wants them."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def start(self, name: str) -> None:
        self._stack.spawn(name)
        self._stack.wait_ready(name)
        if name in ("gateway", SPARE):
            wait_answered_by(self._stack.pid(name), f"{self._stack.url}/readyz")

    def stop(self, name: str) -> None:
        try:
            self._stack.kill(name, signal.SIGTERM, within_s=10)
        except subprocess.TimeoutExpired:
            # As supervisord does. Rasa's server goes on with connections that are kept open.
            self._stack.kill(name)


class Load:
    """Phones that send each message once, and never again: a request that fails is a message lost. Browsers beside."""

    def __init__(self, world: World) -> None:
        self.world, self.over = world, asyncio.Event()
        self.statuses: Counter[object] = Counter()
        self.said: dict[str, list[str]] = {}
        self._ids = itertools.count(1)

    async def phone(self, msisdn: str) -> None:
        said = self.said[msisdn] = []
        while not self.over.is_set():
            identifier = f"r{next(self._ids)}"
            body = {"id": identifier, "from": msisdn, "to": self.world.settings.sms_sender, "text": "查话费"}
            try:
                status: object = await self.world.provider.post("/sms/mo", body)
            except (aiohttp.ClientError, OSError) as error:
                status = repr(error)
            self.statuses[status] += 1
            if status == 200:
                said.append(f"sms:{identifier}")
            await asyncio.sleep(0.7)

    async def browser(self, person: WebPerson) -> None:
        while not self.over.is_set():
            await person.say("查话费")
            await asyncio.sleep(1)

    def answered(self, msisdn: str) -> list[str]:
        """Ids of the messages that the phone has answers to, one for each SMS that came."""
        bodies = [body for body in self.world.provider.delivered if body["to"] == msisdn]
        return [str(body["id"]).partition("/")[0] for body in bodies if "/early" not in str(body["id"])]


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def rolled(port: int) -> Iterator[Stack]:
    with tempfile.TemporaryDirectory(prefix="renji-roll-") as folder:
        built = Stack(Path(folder), workers=2, slots=2, settings=outside(port))
        try:
            built.start()
            yield built
        finally:
            built.kill(SPARE) if built.alive(SPARE) else None
            built.stop()


async def test_nothing_fails_while_everything_is_replaced(
    rolled: Stack, port: int, tell: Callable[[str], None]
) -> None:
    before = {name: rolled.pid(name) for name in rolled.names}
    async with open_world(rolled.environment(), rolled.url, port) as world:
        load, browsers = Load(world), [await world.web() for _ in range(2)]
        people = [asyncio.create_task(load.phone(msisdn)) for msisdn in PHONES]
        people += [asyncio.create_task(load.browser(person)) for person in browsers]
        await asyncio.sleep(3)
        await asyncio.to_thread(roll, StackFleet(rolled), (), rolled.workers, quietly)
        await asyncio.sleep(2)
        load.over.set()
        await asyncio.gather(*people)

        async def all_answered() -> bool:
            return all(set(load.answered(msisdn)) == set(load.said[msisdn]) for msisdn in PHONES)

        await until(all_answered, 30)
        tell(f"\nRequests of phones by status: {dict(load.statuses)}")
        assert set(load.statuses) == {200}
        for msisdn in PHONES:
            assert list(dict.fromkeys(load.answered(msisdn))) == load.said[msisdn]
        delivered = [body["id"] for body in world.provider.delivered]
        assert len(set(delivered)) == len(delivered)
        for person in browsers:
            await until(lambda person=person: _heard_all(person), 30)
    assert all(rolled.pid(name) != before[name] for name in rolled.names if name != "redis")


async def _heard_all(person: WebPerson) -> bool:
    return len(person.messages) >= len(person.sent)


@contextmanager
def quietly(_: str) -> Iterator[None]:
    yield
