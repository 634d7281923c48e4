from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy.ext.asyncio import AsyncEngine

from console.accounts import Accounts, Person
from console.app import Console, mount
from console.audit import Audit
from console.database import open_engine
from console.migrate import migrate
from console.passwords import Passwords
from console.web import COOKIE
from crm.fake import FakeCrm
from tests import postgres
from tests.unit.console.fakes import FakeChanges, FakeClock, FakeDesk

PASSWORD = "correct horse"
ON_BOTH = ("test_agents", "test_login", "test_reports", "test_desk", "test_desk_pages", "test_packet")
PEOPLE = (
    Person("lin", "小林", "agent", ("general",)),
    Person("chen", "小陈", "agent"),
    Person("wang", "王", "supervisor"),
)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture(scope="session")
def _schema(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database with PEOPLE in it, to copy: migrating and hashing take longer than a test."""
    file = tmp_path_factory.mktemp("schema") / "console.db"
    with ThreadPoolExecutor(1) as pool:  # the caller may be in a loop
        pool.submit(lambda: asyncio.run(_migrate(file))).result()
    return file


async def _migrate(file: Path) -> None:
    url = f"sqlite+aiosqlite:///{file}"
    await _fill(url)
    engine = open_engine(url)
    async with engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    await engine.dispose()


async def _fill(url: str) -> None:
    engine = open_engine(url)
    await migrate(engine)
    clock = FakeClock()
    for person in PEOPLE:
        await Accounts(engine, Passwords(), Audit(engine, clock), clock).put(person, PASSWORD)
    await engine.dispose()


@pytest.fixture(scope="session")
def _schema_postgres() -> str:
    postgres.need()
    return postgres.filled("renji_desk_filled", _fill)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Where the tables matter most each test runs on both databases; EVERY_DATABASE=1 runs all of them on both."""
    if "engine" in metafunc.fixturenames:
        both = os.environ.get("EVERY_DATABASE") or metafunc.module.__name__.endswith(ON_BOTH)
        pg = pytest.param("postgresql", marks=pytest.mark.postgresql)
        metafunc.parametrize("engine", ["sqlite", pg] if both else ["sqlite"], indirect=True)


@pytest.fixture
async def engine(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    if request.param == "postgresql":
        opened = open_engine(await postgres.fresh("renji_desk", request.getfixturevalue("_schema_postgres")))
    else:
        file = shutil.copy(request.getfixturevalue("_schema"), tmp_path / "console.db")
        opened = open_engine(f"sqlite+aiosqlite:///{file}")
    yield opened
    await opened.dispose()


@pytest.fixture
def audit(engine: AsyncEngine, clock: FakeClock) -> Audit:
    return Audit(engine, clock)


@pytest.fixture
def accounts(engine: AsyncEngine, audit: Audit, clock: FakeClock) -> Accounts:
    return Accounts(engine, Passwords(), audit, clock)


@pytest.fixture
def desk(clock: FakeClock) -> FakeDesk:
    return FakeDesk(clock)


@pytest.fixture
def changes() -> FakeChanges:
    return FakeChanges()


@dataclass
class Browser:
    """Somebody's browser: keeps cookies, sends the CSRF token as the page would."""

    client: TestClient
    csrf: str = ""

    async def get(self, path: str, **more: object) -> tuple[int, str]:
        async with self.client.get(path, allow_redirects=False, **more) as answer:  # type: ignore[arg-type]
            return answer.status, await answer.text()

    async def post(
        self, path: str, htmx: bool = True, headers: dict[str, str] | None = None, **form: str
    ) -> tuple[int, str]:
        sent = {**({"HX-Request": "true"} if htmx else {}), **(headers or {})}
        form.setdefault("csrf", self.csrf)
        async with self.client.post(path, data=form, headers=sent, allow_redirects=False) as answer:
            return answer.status, await answer.text() or answer.headers.get(
                "HX-Redirect", answer.headers.get("Location", "")
            )

    async def log_in(self, name: str, password: str = PASSWORD) -> Browser:
        status, _ = await self.post("/login", htmx=False, name=name, password=password)
        assert status == 303, status
        _, text = await self.get("/desk")
        self.csrf = text.split('name="csrf" value="')[1].split('"')[0]
        return self

    @property
    def token(self) -> str:
        return self.client.session.cookie_jar.filter_cookies(self.client.make_url("/"))[COOKIE].value


@dataclass
class House:
    """A running console and how to come to it."""

    server: TestServer
    console: Console
    crm: FakeCrm
    clients: list[TestClient]

    def browser(self) -> Browser:
        client = TestClient(self.server)
        self.clients.append(client)
        return Browser(client)


@pytest.fixture
async def house(engine: AsyncEngine, desk: FakeDesk, changes: FakeChanges, clock: FakeClock) -> AsyncIterator[House]:
    crm = FakeCrm.demo(clock)
    console = Console("http://127.0.0.1:8080", engine, desk, desk, crm, changes, clock, desk.off, desk, heartbeat_s=0.2)
    app = web.Application()
    mount(app, console)
    server = TestServer(app)
    await server.start_server(auto_decompress=False)  # as the gateway does
    house = House(server, console, crm, [])
    yield house
    for client in house.clients:
        await client.session.close()
    await server.close()


@pytest.fixture
async def lin(house: House) -> Browser:
    return await house.browser().log_in("lin")


@pytest.fixture
async def chen(house: House) -> Browser:
    return await house.browser().log_in("chen")


@pytest.fixture
async def wang(house: House) -> Browser:
    return await house.browser().log_in("wang")
