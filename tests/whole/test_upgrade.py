"""From the version before to this one and back, process by process, while people write: nothing is lost or doubled.

Gateway, worker and CRM are real processes of either version on one Redis and one SQL; Rasa's slot is a stand-in, since
a model belongs to its release. UPGRADE=1 runs it, `make test-full` does.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from ruamel.yaml import YAML

from crm.errors import CrmError
from crm.port import within
from crm.tmf import tmf_crm
from switchboard.settings import Settings
from tests.ports import free_port
from tests.stack import ROOT, Stack, _clean_environment

PREVIOUS = YAML(typ="safe", pure=True).load((Path(__file__).parent / "previous.yml").read_text())
pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.skipif("UPGRADE" not in os.environ, reason="takes a minute: UPGRADE=1 runs it"),
]
PEOPLE, PAUSE_S, STAGE_S = 4, 0.5, 3.0
SUBSCRIBER = "+8613800000000"
HEALTH = "/webhooks/renji/health"


@pytest.fixture(scope="module")
def previous(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The code of the version before."""
    archive = subprocess.run(["git", "archive", PREVIOUS["commit"]], cwd=ROOT, capture_output=True)
    if archive.returncode:
        pytest.skip(f"{PREVIOUS['commit'][:8]} is not in this clone: it is shallow, or no git repository")
    folder = tmp_path_factory.mktemp("previous")
    with tarfile.open(fileobj=BytesIO(archive.stdout)) as files:
        files.extractall(folder)
    return folder


def known(code: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Without the settings that this version has not got: one that it does not know stops it."""
    told = (code / "docs" / "settings.md").read_text(encoding="utf-8")
    return {name: value for name, value in env.items() if not name.startswith("RENJI_") or f"`{name}`" in told}


class House:
    """An installation whose processes are of one version or the other."""

    def __init__(self, folder: Path, slot: int) -> None:
        self.stack = Stack(folder, slots=1, settings={"RENJI_RASA_URLS": f"http://127.0.0.1:{slot}"})
        self.env = {**_clean_environment(), **self.stack.environment(), "PYTHONFAULTHANDLER": "1"}
        self.settings = Settings.read(self.stack.environment())
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def run(self, code: Path, *words: str) -> None:
        env = known(code, self.env)
        done = subprocess.run([sys.executable, *words], cwd=code, env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    async def start(self, code: Path, name: str) -> None:
        """`name` is gateway, worker or crm, and a version: two of a kind may run beside each other."""
        kind, port = name.split("-")[0], str(free_port())
        words = {"gateway": ["gateway.py"], "worker": ["worker.py"]}.get(kind)
        more = {"RENJI_WORKER_NAME": name, "RENJI_WORKER_METRICS_PORT": port} if kind == "worker" else {}
        ready = f"http://127.0.0.1:{port}/metrics" if kind == "worker" else f"{self.stack.url}/healthz"
        if kind == "crm":
            url = self.settings.crm_database_url
            words = ["-m", "crm.reference", "--port", str(self.stack.ports["crm"]), "--database", url]
            ready = f"{self.settings.crm_url}/healthz"
        self._spawn(name, code, words or [], more)
        await self._until_ready(name, ready)

    def _spawn(self, name: str, code: Path, words: list[str], more: dict[str, str]) -> None:
        log = (self.stack.folder / "log" / f"{name}.log").open("ab")
        argv, env = [sys.executable, *words], known(code, {**self.env, **more})
        self._running[name] = subprocess.Popen(argv, cwd=code, env=env, stdout=log, stderr=log)

    async def _until_ready(self, name: str, url: str) -> None:
        async with aiohttp.ClientSession() as http:
            for _ in range(600):
                assert self._running[name].poll() is None, self.stack.log(name)
                try:
                    async with http.get(url) as answer:
                        # The other gateway on the port may have answered.
                        if answer.status == 200 and ("gateway" not in name or "listens" in self.stack.log(name)):
                            return
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(0.1)
        pytest.fail(f"{name} is not ready:\n{self.stack.log(name)}")

    async def stop(self, name: str) -> None:
        process = self._running.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            await asyncio.to_thread(process.wait, 30)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGABRT)  # it says where it hangs
            process.wait()
            pytest.fail(f"{name} does not stop:\n{self.stack.log(name, 60)}")

    def end(self) -> None:
        for process in self._running.values():
            process.kill()
            process.wait()
        self.stack.stop()


@asynccontextmanager
async def slot() -> AsyncIterator[int]:
    """Repeats what it hears, as a Rasa slot would tell it."""

    async def turn(request: web.Request) -> web.Response:
        asked = await request.json()
        return web.json_response({"replies": [{"text": f"echo {asked.get('text', '')}"}]})

    async def health(_: web.Request) -> web.Response:
        return web.json_response({"model": "", "release": ""})

    app, port = web.Application(), free_port()
    app.add_routes([web.post("/webhooks/renji/turn", turn), web.get(HEALTH, health)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield port
    await runner.cleanup()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    # A unix socket's path may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="renji-up-") as short:
        yield Path(short)


class Load:
    """People in the web chat, and tickets in the CRM under a key each."""

    def __init__(self, house: House) -> None:
        self._house, self.over = house, False
        self.acknowledged: list[str] = []
        self.failed: list[str] = []
        self.why: Counter[str] = Counter()
        self.tickets = 0

    async def person(self, who: int) -> None:
        url, number = f"{self._house.stack.url}/webhooks/rest/webhook", 0
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as http:
            while not self.over:
                number += 1
                text = f"{who}-{number}"
                try:
                    async with http.post(url, json={"sender": f"p{who}", "message": text}) as answer:
                        (self.acknowledged if answer.status == 200 else self.failed).append(text)
                        self.why[str(answer.status)] += 1
                except (aiohttp.ClientError, asyncio.TimeoutError) as error:
                    self.failed.append(text)
                    self.why[type(error).__name__] += 1
                await asyncio.sleep(PAUSE_S)

    async def clerk(self) -> None:
        settings = self._house.settings
        async with tmf_crm(settings.crm_url, settings.key("crm").hex(), lambda: datetime.now(timezone.utc)) as crm:
            while not self.over:
                key = f"upgrade-{self.tickets}"
                try:
                    await crm.create_ticket(SUBSCRIBER, "fault", key, idempotency_key=key, deadline=within(2))
                    self.tickets += 1
                except CrmError:
                    pass
                await asyncio.sleep(PAUSE_S)


async def test_up_and_back_under_load_loses_and_doubles_nothing(previous: Path, folder: Path) -> None:
    async with slot() as port:
        house = House(folder, port)
        try:
            load = await through(house, previous)
            told = await settled(house, load)
        finally:
            house.end()
    print(f"\n{len(load.acknowledged)} acknowledged, answers {dict(load.why)}, {load.tickets} tickets", end="")
    assert len(load.acknowledged) > 50 and load.tickets > 20
    said, answered = told
    missing = [text for text in load.acknowledged if said[text] != 1 or answered[f"echo {text}"] != 1]
    assert missing == []
    assert [text for text in load.failed if said[text] > 1 or answered[f"echo {text}"] > 1] == []
    tickets = rows(folder / "crm.db", "SELECT text, count(*) FROM ticket WHERE text LIKE 'upgrade-%' GROUP BY text")
    assert tickets == {f"upgrade-{n}": 1 for n in range(len(tickets))} and len(tickets) >= load.tickets


async def through(house: House, previous: Path) -> Load:
    """All of the old version, one after the other to the new one, and back; load before, between and after."""
    house.stack.make_folder()
    house.stack.spawn("redis")
    house.stack.wait_ready("redis")
    database = house.settings.crm_database_url
    house.run(previous, "-m", "crm.reference.seed", "--if-empty", "--database", database, "--subscribers", "30")
    house.run(previous, "-m", "console.migrate")
    for name in ("crm-old", "worker-old", "gateway-old"):
        await house.start(previous, name)
    load = Load(house)
    working = [asyncio.create_task(load.person(n)) for n in range(PEOPLE)] + [asyncio.create_task(load.clerk())]
    try:
        await asyncio.sleep(STAGE_S)
        # Up: the schema first, then the processes.
        house.run(ROOT, "-m", "console.migrate")
        await house.stop("crm-old")
        await house.start(ROOT, "crm-new")
        for kind in ("worker", "gateway"):
            await house.start(ROOT, f"{kind}-new")
            await house.stop(f"{kind}-old")
        await asyncio.sleep(STAGE_S)
        # Back: the processes first, then the schema, but for the CRM, which refuses a schema that it does not know.
        for kind in ("gateway", "worker"):
            await house.start(previous, f"{kind}-old")
            await house.stop(f"{kind}-new")
        await house.stop("crm-new")
        house.run(ROOT, "-m", "crm.reference.migrate", "--database", database, "--back-to", PREVIOUS["crm"])
        await house.start(previous, "crm-old")
        house.run(ROOT, "-m", "console.migrate", "--back-to", PREVIOUS["console"])
        await asyncio.sleep(STAGE_S)
    finally:
        load.over = True
        await asyncio.gather(*working)
    return load


async def settled(house: House, load: Load) -> tuple[Counter[str], Counter[str]]:
    """(what people said, what they were answered) in SQL, once all that was acknowledged is there."""
    file = house.stack.folder / "console.db"
    for _ in range(150):
        said = counted(file, "person")
        answered = counted(file, "bot")
        if all(said[text] and answered[f"echo {text}"] for text in load.acknowledged):
            break
        await asyncio.sleep(0.2)
    return said, answered


def counted(file: Path, origin: str) -> Counter[str]:
    return Counter(rows(file, f"SELECT text, count(*) FROM messages WHERE origin = '{origin}' GROUP BY text"))


def rows(file: Path, query: str) -> dict[str, Any]:
    with sqlite3.connect(file) as connection:
        return dict(connection.execute(query).fetchall())
