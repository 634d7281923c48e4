"""Ends a process whose loop no longer turns, so that its supervisor starts it anew (docs/decisions/0019).

All stacks go to its log, by faulthandler: files, lines and names, no values. Two things look. A thread sees waits that
let other threads run (a sleep, a socket, a database): it counts how often it looked in vain, and in a process that was
stopped as a whole it did not look. The process's own CPU time sees work that lets no thread run (an expression that
searches for ever), by a signal that needs no Python.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import structlog

from switchboard.tasks import end

BEAT_S = 0.25
TELL_S = 1.0
STALLED = 70
"""What a process ends with that this ended; by the signal it is -SIGPROF."""
log = structlog.get_logger()


class Guard:
    """`tell` counts the stall where alerts see it; it gets a second."""

    def __init__(self, within_s: float, tell: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._within_s, self._tell = within_s, tell
        self._beats = 0
        self._over = threading.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """From the main thread."""
        faulthandler.register(signal.SIGPROF, file=sys.stderr, all_threads=True, chain=True)
        threading.Thread(target=self._look, name="guard", daemon=True).start()
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            self._over.set()
            await end(beating)
            signal.setitimer(signal.ITIMER_PROF, 0)
            faulthandler.unregister(signal.SIGPROF)

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
async def guarded(within_s: float, tell: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Inside, this process ends when its loop has not turned for so long; 0 for never."""
    if not within_s:
        yield
        return
    async with Guard(within_s, tell).running():
        yield
