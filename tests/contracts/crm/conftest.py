"""The same tests for the CRM in memory and for the adapter before the reference CRM."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from crm.fake import FakeCrm
from crm.port import Crm
from crm.tmf import tmf_crm
from tests.contracts.crm.serving import SUBSCRIBERS, TOKEN, Clock, Reference, make_seeded, serving


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


@pytest.fixture(params=["fake", "tmf"])
async def crm(request: pytest.FixtureRequest, seeded: Path, tmp_path: Path, clock: Clock) -> AsyncIterator[Crm]:
    if request.param == "fake":
        yield FakeCrm.demo(clock, SUBSCRIBERS)
        return
    async with serving(seeded, tmp_path, clock) as running, tmf_crm(running.url, TOKEN, clock) as adapter:
        yield adapter
