"""What breaks: kill -9 by chance, stops, links, disk, fsync, clock, power. Each fault mends itself after a while."""

from __future__ import annotations

import asyncio
import random
import resource
import signal
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path

from redis import asyncio as aioredis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from tests.chaos.proxy import FAULTS, FaultProxy
from tests.chaos.timeline import Timeline
from tests.stack import Stack

STOP_S, LINK_S, DISK_S, STALL_S, JUMP_S = 10.0, 4.0, 5.0, 5.0, 10.0
JUMPS_S = (-120.0, 120.0)
"""Less than the 300 s by which a channel's signature may be off: a gateway that refuses everything tries nothing."""
RESTART_S = 0.5
"""As soon as supervisord starts again what died."""
AOF = "appendonly.aof"
UNLIMITED = resource.RLIM_INFINITY


class Supervisor:
    """Kills by chance and starts again whatever died, by our hand or by itself."""

    def __init__(self, stack: Stack, seed: int, links: Mapping[str, FaultProxy], timeline: Timeline) -> None:
        self.stack, self.timeline = stack, timeline
        self.power = asyncio.Lock()
        self._links, self._random = links, random.Random(seed)
        self._round: list[str] = []
        self._file_limit = UNLIMITED

    async def kill_until(self, over: Callable[[], bool], at_least: int) -> None:
        while not over() or len(self.timeline.kills) < at_least:
            await asyncio.sleep(self._random.uniform(2, 6))
            name = await asyncio.to_thread(self._next)
            async with self.power:
                if self.stack.alive(name):
                    self.timeline.killed(name)
                    self.kill(name)
                    await asyncio.sleep(RESTART_S)
                    self.start(name)

    async def keep_alive(self) -> None:
        """For ever; cancel to stop. What dies without being killed is started again and counted."""
        while True:
            async with self.power:
                for name in self.stack.names:
                    if not self.stack.alive(name):
                        self.timeline.own_deaths.append((time.monotonic(), name))
                        self.kill(name)
                        await asyncio.sleep(RESTART_S)
                        self.start(name)
            await asyncio.sleep(0.1)

    def kill(self, name: str) -> None:
        self.stack.kill(name)
        for link, proxy in self._links.items():
            if link.endswith(f"–{name}"):
                proxy.upstream_died()

    def start(self, name: str) -> None:
        self.stack.spawn(name)
        if name == "redis":
            self.limit_files(self._file_limit)

    def limit_files(self, most_bytes: int) -> None:
        """How large a file of Redis may grow: writing beyond fails as on a full disk, in the middle of a command."""
        self._file_limit = most_bytes
        with suppress(ProcessLookupError):
            resource.prlimit(self.stack.pid("redis"), resource.RLIMIT_FSIZE, (most_bytes, UNLIMITED))

    def spared(self) -> list[str]:
        """Two slots promise that one may die: the other must have come back first."""
        return [] if all(self._ready(slot) for slot in self.stack.slots) else self.stack.slots

    def _next(self) -> str:
        """In an order of chance, but everything once before anything twice."""
        spared = self.spared()
        if not set(self._round) - set(spared):
            self._round += self._random.sample(self.stack.names, len(self.stack.names))
        name = next(name for name in self._round if name not in spared)
        self._round.remove(name)
        return name

    def _ready(self, slot: str) -> bool:
        try:
            self.stack.wait_ready(slot, 0)
        except RuntimeError:
            return False
        return True


class Troubles:
    """Faults other than kills, one after the other, all kinds before any twice."""

    def __init__(
        self,
        supervisor: Supervisor,
        seed: int,
        links: Mapping[str, FaultProxy],
        redis: aioredis.Redis,
        clocks: Mapping[str, Path],
    ) -> None:
        self._supervisor, self._stack, self._timeline = supervisor, supervisor.stack, supervisor.timeline
        self._links, self._redis, self._clocks, self._random = links, redis, clocks, random.Random(seed)

    async def break_links(self, over: Callable[[], bool], calm: Callable[[], bool]) -> None:
        left: list[tuple[str, str]] = []
        while not over():
            if calm():
                await asyncio.sleep(0.5)
                continue
            left = left or self._shuffled([(link, fault) for fault in FAULTS for link in self._links])
            link, fault = left.pop()
            with self._timeline.fault(f"{link}: {fault}"):
                self._links[link].fault = fault
                await asyncio.sleep(LINK_S)
                self._links[link].fault = ""
            await asyncio.sleep(self._random.uniform(0.5, 2))

    async def break_processes(self, over: Callable[[], bool], calm: Callable[[], bool]) -> None:
        left: list[Callable[[], Awaitable[None]]] = []
        stops: list[str] = []
        while not over():
            if calm():
                await asyncio.sleep(0.5)
                continue
            left = left or self._shuffled([self.disk_full, self.stalled_fsync, self.clock_jump, self.power_cut])
            stops = stops or self._shuffled(self._stack.names)
            await self.stop(stops.pop())
            await asyncio.sleep(self._random.uniform(1, 3))
            await left.pop()()
            await asyncio.sleep(self._random.uniform(1, 3))

    async def stop(self, name: str) -> None:
        """SIGSTOP: the process is there, its connections are, and it does nothing."""
        if name in await asyncio.to_thread(self._supervisor.spared):
            return
        with self._timeline.fault(f"{name}: stopped"):
            self._stack.signal(name, signal.SIGSTOP)
            await asyncio.sleep(STOP_S)
            self._stack.signal(name, signal.SIGCONT)

    async def disk_full(self) -> None:
        """Redis cannot write one byte more than half a command."""
        with self._timeline.fault("redis: disk full"):
            self._supervisor.limit_files((self._stack.folder / AOF).stat().st_size + 100)
            await asyncio.sleep(DISK_S)
            self._supervisor.limit_files(UNLIMITED)

    async def stalled_fsync(self) -> None:
        """With appendfsync always the one thread that does everything waits for the disk."""
        with self._timeline.fault("redis: fsync stalls"):
            await self._sleep_redis(STALL_S)
            await asyncio.sleep(STALL_S)

    async def clock_jump(self) -> None:
        """There and back, so that it jumps in both directions."""
        name, ahead_s = self._random.choice(list(self._clocks)), self._random.choice(JUMPS_S)
        with self._timeline.fault(f"{name}: clock {ahead_s:+.0f} s"):
            self._clocks[name].write_text(str(ahead_s))
            await asyncio.sleep(JUMP_S)
            self._clocks[name].write_text("0")

    async def power_cut(self) -> None:
        """Everything ends at once, and of Redis' file only what was fsynced is left, with half a command behind it."""
        async with self._supervisor.power:
            with self._timeline.fault("power cut"):
                # While it sleeps it writes nothing: its file is what the last fsync left, and what it had not fsynced
                # nobody was told of.
                await self._sleep_redis(3)
                for name in self._stack.names:
                    self._supervisor.kill(name)
                cut(self._stack.folder / AOF)
                for name in self._stack.names:
                    self._supervisor.start(name)
                await asyncio.to_thread(self._all_ready)

    async def _sleep_redis(self, seconds: float) -> None:
        """Returns when it sleeps."""
        asleep = asyncio.create_task(self._redis.execute_command("DEBUG", "SLEEP", str(seconds)))
        asleep.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.sleep(0.3)

    def _all_ready(self) -> None:
        for name in self._stack.names:
            self._stack.wait_ready(name)

    def _shuffled(self, things: list) -> list:  # type: ignore[type-arg]
        return self._random.sample(things, len(things))


def asking_once(socket: Path) -> aioredis.Redis:
    """A client that does not repeat what it asked of a Redis that died meanwhile: it may have been told to sleep."""
    return aioredis.Redis(unix_socket_path=str(socket), retry=Retry(NoBackoff(), 0))


def cut(aof: Path) -> None:
    """A new file with the same bytes, ending in the middle of a command that nobody heard to be done."""
    kept = aof.read_bytes()
    aof.unlink()
    aof.write_bytes(kept + b"*3\r\n$3\r\nSET\r\n$4\r\nto")
