"""Redis' disk full, its fsync stalled, its power cut: what was acknowledged is there and is answered once."""

from __future__ import annotations

import asyncio
import resource
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from switchboard.errors import StoreUnavailable
from switchboard.model import Address
from tests.chaos.faults import AOF, UNLIMITED, asking_once, cut
from tests.conftest import redis_binary
from tests.contracts.switchboard.stack import Stack as Switchboard

PEOPLE = 5


class Disk:
    """A Redis with a file of its own, as in production."""

    def __init__(self, folder: Path) -> None:
        self.socket, self.file = folder / "redis.sock", folder / AOF
        options = ["--port", "0", "--unixsocket", str(self.socket), "--dir", str(folder), "--save", ""]
        self._command = [redis_binary(), *options, "--appendonly", "yes", "--appendfsync", "always"]
        self.start()

    def start(self, most_bytes: int = UNLIMITED) -> None:
        self.socket.unlink(missing_ok=True)
        # What grows over a limit is an error to Redis, as on a full disk, not its end.
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, restore_signals=False)
        self.limit(most_bytes)
        deadline = time.monotonic() + 10
        while not self.socket.exists():
            assert self.process.poll() is None and time.monotonic() < deadline, "redis-server did not start"
            time.sleep(0.01)

    def limit(self, most_bytes: int) -> None:
        resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (most_bytes, UNLIMITED))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    async def sleeps(self, seconds: float) -> asyncio.Task[None]:
        """Its one thread does nothing for so long, as when it waits for an fsync."""

        async def ask() -> None:
            redis = asking_once(self.socket)
            with suppress(RedisError):
                await redis.execute_command("DEBUG", "SLEEP", str(seconds))
            await redis.aclose()

        task = asyncio.create_task(ask())
        await asyncio.sleep(0.2)
        return task


@pytest.fixture
def disk() -> Iterator[Disk]:
    # Not tmp_path: a unix socket's path may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="renji-disk-") as folder:
        made = Disk(Path(folder))
        yield made
        made.kill()


@pytest.fixture
async def switchboard(disk: Disk, tmp_path: Path) -> AsyncIterator[Switchboard]:
    whole = Switchboard(disk.socket, tmp_path)
    whole.worker()
    yield whole
    await whole.end()


class Writers:
    """People who write on and on; `accepted` are the messages that were acknowledged."""

    def __init__(self, switchboard: Switchboard) -> None:
        self._switchboard, self.accepted, self.refused, self._over = switchboard, list[str](), 0, False
        self._tasks = [asyncio.create_task(self._write(Address("web", f"p{n}"))) for n in range(PEOPLE)]

    async def stop(self) -> None:
        self._over = True
        await asyncio.gather(*self._tasks)

    async def _write(self, address: Address) -> None:
        while not self._over:
            try:
                self.accepted.append((await self._switchboard.say(address, "查话费")).id)
            except StoreUnavailable:
                self.refused += 1
            await asyncio.sleep(0.02)


async def answered_once(switchboard: Switchboard, accepted: list[str]) -> None:
    await switchboard.at_rest(within_s=30)
    sent = [message for message in switchboard.web.sent if message.in_reply_to]
    assert set(accepted) <= {message.in_reply_to for message in sent}
    assert [name for name, n in Counter(message.id for message in sent).items() if n > 1] == []


async def test_a_power_cut_loses_nothing_that_was_acknowledged(disk: Disk, switchboard: Switchboard) -> None:
    writers = Writers(switchboard)
    await asyncio.sleep(1)
    # While it sleeps its file is what the last fsync left; what waits behind it was acknowledged to nobody.
    asleep = await disk.sleeps(10)
    disk.kill()
    cut(disk.file)
    disk.start()
    await asleep
    await asyncio.sleep(0.5)
    await writers.stop()
    assert len(writers.accepted) > PEOPLE
    await answered_once(switchboard, writers.accepted)


async def test_a_full_disk_refuses_and_loses_nothing(disk: Disk, switchboard: Switchboard) -> None:
    writers = Writers(switchboard)
    await asyncio.sleep(0.5)
    full = disk.file.stat().st_size + 100
    disk.limit(full)
    for _ in range(2):
        # It cannot take back what it did, so it ends rather than go on without its file; as often as it is started.
        await asyncio.to_thread(disk.process.wait, 20)
        disk.start(full)
    await asyncio.to_thread(disk.process.wait, 20)
    # A start between two tries of one message may go unnoticed; now nothing comes back by itself.
    await switchboard.until(lambda: writers.refused)
    disk.start()
    await asyncio.sleep(0.5)
    await writers.stop()
    await answered_once(switchboard, writers.accepted)


async def test_a_stalled_fsync_delays_and_doubles_nothing(disk: Disk, switchboard: Switchboard) -> None:
    writers = Writers(switchboard)
    await asyncio.sleep(0.5)
    # Longer than a lease lasts, so that the worker must win its partitions back.
    await (await disk.sleeps(4))
    await writers.stop()
    await answered_once(switchboard, writers.accepted)
