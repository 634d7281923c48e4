"""The switchboard on one Redis, and the contracts of the exchange on a Redis Cluster too."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contracts.switchboard.stack import Stack

ON_CLUSTER = ("test_quotes",)
"""Run on both in each run of the tests; ALL_ON_CLUSTER=1 runs all of them on both."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "stack" in metafunc.fixturenames:
        both = os.environ.get("ALL_ON_CLUSTER") or metafunc.module.__name__.endswith(ON_CLUSTER)
        metafunc.parametrize("stack", ["alone", "cluster"] if both else ["alone"], indirect=True)


@pytest.fixture
async def stack(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stack]:
    """A switchboard on an empty Redis, without a worker yet."""
    if request.param == "cluster":
        where = request.getfixturevalue("cluster").url
    else:
        where = request.getfixturevalue("redis_server")
    built = Stack(where, tmp_path)
    await built.stores.redis.flushall()
    await built.stores.ready()
    yield built
    await built.end()
