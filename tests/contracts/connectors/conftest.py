"""The stage of the channel tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.contracts.connectors.stage import Stage, demo_settings, staged


@pytest.fixture
async def stage(tmp_path, redis, redis_server) -> AsyncIterator[Stage]:
    async with staged(demo_settings(tmp_path, redis_server)) as stage:
        yield stage
