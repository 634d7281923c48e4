"""What was erased is in no file of any server, replicas among them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from switchboard.redis import rewriting
from switchboard.redis.connection import connect
from switchboard.redis.topology import close
from tests.topologies import DURABLE, Cluster, Guarded, Several, in_step, until

WORD = "我说过的话"
many = pytest.mark.skipif("ALL_ON_CLUSTER" not in os.environ, reason="six servers: make test-full, or ALL_ON_CLUSTER=1")


class Pair(Several):
    """A master with one replica, named by the master's address."""

    def __init__(self) -> None:
        super().__init__()
        self.master = self.add(DURABLE)
        self.replica = self.add({**DURABLE, "replicaof": f"127.0.0.1 {self.master.port}"})
        until(lambda: in_step(self.replica))

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.master.port}/0"


@pytest.fixture(params=[Pair, pytest.param(Guarded, marks=many), pytest.param(lambda: Cluster(1), marks=many)])
def several(request: pytest.FixtureRequest) -> Iterator[Pair | Guarded | Cluster]:
    make: Callable[[], Pair | Guarded | Cluster] = request.param
    servers = make()
    yield servers
    servers.end()


def holding(several: Several) -> list[str]:
    files = [path for path in several.folder.rglob("*") if path.is_file() and path.name != "log"]
    return [str(path.relative_to(several.folder)) for path in files if WORD.encode() in path.read_bytes()]


async def test_what_was_erased_is_in_no_file_of_master_or_replica(several: Pair | Guarded | Cluster) -> None:
    redis = connect(several.url)
    try:
        for n in range(30):
            await redis.set(f"{{p{n}}}:said", WORD)
        until(lambda: len(holding(several)) >= 2)
        for n in range(30):
            await redis.delete(f"{{p{n}}}:said")
        assert await rewriting.rewrite(redis)
        assert holding(several) == []
    finally:
        await close(redis)


async def test_a_replica_that_hangs_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewriting, "CAUGHT_UP_S", 1.0)
    pair = Pair()
    redis = connect(pair.url)
    try:
        pair.replica.process.send_signal(19)
        await redis.set("said", WORD)
        assert not await rewriting.rewrite(redis)
    finally:
        await close(redis)
        pair.end()
