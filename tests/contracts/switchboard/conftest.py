from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis import asyncio as aioredis

from tests.contracts.switchboard.stack import Stack


@pytest.fixture
async def stack(redis: aioredis.Redis, redis_server: Path, tmp_path: Path) -> AsyncIterator[Stack]:
    """A switchboard on an empty Redis, without a worker yet."""
    built = Stack(redis_server, tmp_path)
    await built.stores.ready()
    yield built
    await built.end()
