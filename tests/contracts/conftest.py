"""What contracts of several folders run on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.topologies import Cluster


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Three masters, started once per run for whoever needs them."""
    started = Cluster()
    yield started
    started.end()
