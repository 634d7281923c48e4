"""The same tests for the CRM in memory and for the adapter before the reference CRM."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crm.fake import FakeCrm
from crm.port import Crm
from crm.tmf import tmf_crm
from tests.contracts.crm.serving import SUBSCRIBERS, TOKEN, Clock, Reference, make_seeded, serving, serving_postgres

POSTGRES = os.environ.get("TEST_POSTGRES", "")
NO_POSTGRES = "TEST_POSTGRES names no PostgreSQL (postgresql+asyncpg://…); `make test-setup` installs one"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of thirty subscribers, to be copied by each test."""
    path = tmp_path_factory.mktemp("crm") / "seeded.db"
    make_seeded(path)
    return path


@pytest.fixture
async def reference(seeded: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[Reference]:
    async with serving(seeded, tmp_path, clock) as running:
        yield running


@pytest.fixture(params=["fake", "tmf", pytest.param("postgresql", marks=pytest.mark.postgresql)])
async def crm(request: pytest.FixtureRequest, seeded: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[Crm]:
    if request.param == "fake":
        yield FakeCrm.demo(clock, SUBSCRIBERS)
        return
    if request.param == "postgresql" and not POSTGRES:
        pytest.skip(NO_POSTGRES)
    place = serving_postgres(POSTGRES, clock) if request.param == "postgresql" else serving(seeded, tmp_path, clock)
    async with place as running, tmf_crm(running.url, TOKEN, clock) as adapter:
        yield adapter
