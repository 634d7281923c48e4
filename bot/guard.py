"""Ends a process whose loop no longer turns, so that its supervisor starts it anew (docs/decisions/0019).

All stacks go to its log, by faulthandler: files, lines and names, no values. Two things look. A thread sees waits that
let other threads run (a sleep, a socket, a database): it counts how often it looked in vain, and in a process that was
stopped as a whole it did not look. The process's own CPU time sees work that lets no thread run (an expression that
searches for ever), by a signal that needs no Python. Such a process can count nothing any more: its stacks lie in a
file, and the next process in its place counts them and brings them into the log.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import IO, Any

import structlog

from switchboard.errors import NotReachable
from switchboard.tasks import end

BEAT_S = 0.25
TELL_S = 1.0
STALLED = 70
"""What a process ends with that this ended; by the signal it is -SIGPROF."""
log = structlog.get_logger()


class Guard:
    """`tell` counts the stall where alerts see it; it gets a second. `stacks` is the file of this place (a slot on this
    machine) for what ends while no thread runs; None: such stacks go to the log, and nobody counts them."""

    def __init__(self, within_s: float, tell: Callable[[], Coroutine[Any, Any, None]], stacks: Path | None) -> None:
        self._within_s, self._tell, self._stacks = within_s, tell, stacks
        self._beats = 0
        self._over = threading.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """From the main thread."""
        await self._count_the_one_before()
        file = self._file()
        faulthandler.register(signal.SIGPROF, file=file, all_threads=True, chain=True)
        threading.Thread(target=self._look, name="guard", daemon=True).start()
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            self._over.set()
            await end(beating)
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.unregister(signal.SIGPROF)
            if file is not sys.stderr:
                file.close()

    async def _count_the_one_before(self) -> None:
        with suppress(OSError, NotReachable, asyncio.TimeoutError):
            written = self._stacks.read_text(encoding="utf-8", errors="replace") if self._stacks else ""
            if self._stacks and written:
                log.critical("loop_stalled_before", stacks=written)
                await asyncio.wait_for(self._tell(), TELL_S)
                self._stacks.unlink()

    def _file(self) -> IO[Any]:
        """Where stacks go that this process cannot tell of; the log where there is no such file."""
        if self._stacks:
            with suppress(OSError):
                self._stacks.parent.mkdir(parents=True, exist_ok=True)
                return self._stacks.open("ab")
        return sys.stderr

    async def _beat(self) -> None:
        while True:
            self._beats += 1
            # Its default ends the process, after the stacks.
            signal.setitimer(signal.ITIMER_PROF, self._within_s)
            await asyncio.sleep(BEAT_S)

    def _look(self) -> None:
        seen = in_vain = 0
        while not self._over.wait(BEAT_S):
            in_vain = in_vain + 1 if seen == self._beats else 0
            seen = self._beats
            if in_vain * BEAT_S >= self._within_s:
                self._end()

    def _end(self) -> None:
        faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
        # Whoever holds the loop may also hold what a log line or Redis needs.
        telling = threading.Thread(target=self._told, daemon=True)
        telling.start()
        telling.join(TELL_S)
        os._exit(STALLED)

    def _told(self) -> None:
        log.critical("loop_stalled", seconds=self._within_s)
        asyncio.run(self._tell())


@asynccontextmanager
async def guarded(
    within_s: float, tell: Callable[[], Coroutine[Any, Any, None]], stacks: Path | None = None
) -> AsyncIterator[None]:
    """Inside, this process ends when its loop has not turned for so long; 0 for never."""
    if not within_s:
        yield
        return
    async with Guard(within_s, tell, stacks).running():
        yield


def stacks_of(var: Path, port: int) -> Path:
    """The file of who listens there; machines may share `var`."""
    return var / "stalled" / f"{socket.gethostname()}-{port}.txt"
