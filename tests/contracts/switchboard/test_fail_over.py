"""A master dies: what was acknowledged is answered, in order; with WAIT also when its replica had fallen behind.

FAIL_OVERS=n does each n times and prints what it measured.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from signal import SIGCONT, SIGSTOP

import pytest

from switchboard.errors import StoreUnavailable
from switchboard.model import Address
from switchboard.redis import copies
from tests.contracts.switchboard.failing_over import Outcome, through
from tests.contracts.switchboard.stack import Stack
from tests.topologies import DURABLE, Cluster, Guarded, Server, Several, in_step, role, until

TIMES = int(os.environ.get("FAIL_OVERS", "1"))
long = pytest.mark.skipif("FAIL_OVERS" not in os.environ, reason="starts six servers: FAIL_OVERS=n runs it")
pytestmark = pytest.mark.timeout(60 + 40 * TIMES)
LI = Address("web", "li")


@asynccontextmanager
async def on(url: str, folder: Path, replicas: int) -> AsyncIterator[Stack]:
    stack = Stack(url, folder, replicas=replicas)
    await stack.stores.redis.flushall()
    await stack.stores.ready()
    try:
        yield stack
    finally:
        await stack.end()


@pytest.fixture
def guarded() -> Iterator[Guarded]:
    started = Guarded()
    yield started
    started.end()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copies, "WITHIN_MS", 200)


@pytest.fixture
def pair(impatient: None) -> Iterator[tuple[Server, Server]]:
    """A master and a replica that nobody watches."""
    servers = Several()
    try:
        master = servers.add(DURABLE)
        replica = servers.add({**DURABLE, "replicaof": f"127.0.0.1 {master.port}"})
        until(lambda: in_step(replica))
        yield master, replica
    finally:
        servers.end()


def back(server: Server) -> None:
    """Started again, it becomes a replica of whoever is the master now."""
    server.start()
    until(lambda: in_step(server))


def replaced(cluster: Cluster, n: int) -> None:
    """One of the masters dies, and comes back when its replica has taken over."""
    cluster.masters[n].kill()
    until(lambda: role(cluster.servers[n + 3]) == "master")
    cluster.masters[n].start()


async def measured(url: str, folder: Path, replicas: int, kill: Callable[[], object]) -> Outcome:
    async with on(url, folder, replicas) as stack:
        outcome = await through(stack, kill)
    print(f"\n{url.split(':')[0]}, replicas {replicas}: {outcome}", end="")
    return outcome


async def test_behind_sentinels_nothing_that_was_acknowledged_is_lost_when_the_master_dies(
    guarded: Guarded, tmp_path: Path
) -> None:
    for n in range(TIMES):
        master = guarded.now()
        outcome = await measured(guarded.url, tmp_path, 1 - n % 2, master.kill)
        assert (outcome.lost, outcome.disordered) == (0, 0)
        if n + 1 < TIMES:
            await asyncio.to_thread(back, master)


@long
async def test_a_cluster_loses_nothing_that_was_acknowledged_when_one_of_its_masters_dies(tmp_path: Path) -> None:
    for n in range(TIMES):
        cluster = Cluster(replicas=1)
        try:
            outcome = await measured(cluster.url, tmp_path, 1 - n % 2, partial(replaced, cluster, n % 3))
            assert (outcome.lost, outcome.disordered) == (0, 0)
        finally:
            cluster.end()


@pytest.mark.parametrize(("replicas", "lost"), [(0, 5), (1, 0)], ids=["without WAIT", "with WAIT"])
async def test_a_replica_that_had_fallen_behind_costs_what_nobody_waited_for(
    pair: tuple[Server, Server], tmp_path: Path, replicas: int, lost: int
) -> None:
    master, replica = pair
    async with on(f"redis://127.0.0.1:{master.port}", tmp_path, replicas) as stack:
        # Stopped, and then dead with what it had received and not read: a machine that was cut off.
        replica.process.send_signal(SIGSTOP)
        told = await asyncio.gather(*(stack.say(LI, str(n)) for n in range(5)), return_exceptions=True)
    acknowledged = [answer for answer in told if not isinstance(answer, BaseException)]
    master.kill()
    replica.kill()
    replica.start()
    replica.says("REPLICAOF", "NO", "ONE")
    async with on_as_it_is(f"redis://127.0.0.1:{replica.port}", tmp_path) as stack:
        stack.worker()
        await stack.at_rest()
        answered = [text for text in stack.web.texts() if text.startswith("echo")]
    assert len(acknowledged) - len(answered) == lost


@asynccontextmanager
async def on_as_it_is(url: str, folder: Path) -> AsyncIterator[Stack]:
    stack = Stack(url, folder)
    try:
        yield stack
    finally:
        await stack.end()


async def test_a_message_that_no_replica_has_is_refused_however_often_it_comes(
    pair: tuple[Server, Server], tmp_path: Path
) -> None:
    master, replica = pair
    async with on(f"redis://127.0.0.1:{master.port}", tmp_path, 1) as stack:
        replica.process.send_signal(SIGSTOP)
        for _ in range(2):
            with pytest.raises(StoreUnavailable, match="0 of 1 replicas"):
                await stack.say(LI, "你好", id="web:1")
            # The repeat comes over a connection that wrote nothing yet.
            await stack.stores.redis.connection_pool.disconnect()
        replica.process.send_signal(SIGCONT)
        # As a channel does: again until it is taken, since the replica has to catch up first.
        await _said_until_taken(stack)
        stack.worker()
        await stack.at_rest()
        assert [text for text in stack.web.texts() if text.startswith("echo")] == ["echo 你好"]


async def _said_until_taken(stack: Stack) -> None:
    for _ in range(100):
        with suppress(StoreUnavailable):
            await stack.say(LI, "你好", id="web:1")
            return
        await asyncio.sleep(0.1)
    pytest.fail("The replica does not catch up.")


@long
async def test_on_a_cluster_too_a_message_waits_for_the_replica_of_its_own_node(tmp_path: Path) -> None:
    cluster = Cluster(replicas=1)
    try:
        async with on(cluster.url, tmp_path, 1) as stack:
            people = [Address("web", f"p{n}") for n in range(6)]
            for person in people:
                await stack.say(person, "你好")
            for replica in cluster.servers[3:]:
                replica.process.send_signal(SIGSTOP)
            told = await asyncio.gather(*(stack.say(person, "在吗") for person in people), return_exceptions=True)
            assert {type(answer) for answer in told} == {StoreUnavailable}
    finally:
        cluster.end()
