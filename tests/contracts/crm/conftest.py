"""The same tests for the CRM in memory, the adapter before the reference CRM, and the carrier's before its stand-in."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from crm.fake import FakeCrm
from crm.port import Crm
from crm.tmf import tmf_crm
from tests import postgres
from tests.contracts.crm.serving import (
    SUBSCRIBERS,
    TOKEN,
    Clock,
    Reference,
    fill,
    make_seeded,
    serving,
    serving_postgres,
    standing_in,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of thirty subscribers, to be copied by each test."""
    path = tmp_path_factory.mktemp("crm") / "seeded.db"
    make_seeded(path)
    return path


@pytest.fixture(scope="session")
def seeded_postgres() -> str:
    """The same as a template on PostgreSQL; its name."""
    postgres.need()
    return postgres.filled("renji_crm_seeded", fill)


ON_POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)
# What every CRM promises runs on both each time; what only the reference CRM does, in the full tests.
DATABASES = ["sqlite", *([ON_POSTGRESQL] if os.environ.get("EVERY_DATABASE") else [])]


@pytest.fixture(params=DATABASES)
async def reference(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Reference]:
    async with _place(request, tmp_path, clock) as running:
        yield running


@pytest.fixture(params=["fake", "carrier", "tmf", ON_POSTGRESQL])
async def crm(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> AsyncIterator[Crm]:
    known = FakeCrm.demo(clock, SUBSCRIBERS)
    if request.param == "fake":
        yield known
        return
    if request.param == "carrier":
        async with standing_in(known, clock) as carrier:
            yield carrier
        return
    async with _place(request, tmp_path, clock) as running, tmf_crm(running.url, TOKEN, clock) as adapter:
        yield adapter


def _place(request: pytest.FixtureRequest, folder: Path, clock: Clock) -> AbstractAsyncContextManager[Reference]:
    if request.param == "postgresql":
        return serving_postgres(request.getfixturevalue("seeded_postgres"), clock)
    return serving(request.getfixturevalue("seeded"), folder, clock)
