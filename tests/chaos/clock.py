"""Runs a script of ours on a clock that jumps: `CHAOS_CLOCK=FILE python -m tests.chaos.clock worker.py`.

FILE holds by how many seconds the clock is ahead. Only what our own code asks for the time is moved (`utc_now`, which
every part is given): not Redis', so that the two also disagree.
"""

from __future__ import annotations

import os
import runpy
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import connectors
from switchboard.redis import stores

VARIABLE = "CHAOS_CLOCK"


def ahead_s() -> float:
    return float(Path(os.environ[VARIABLE]).read_text() or 0)


def now() -> datetime:
    return datetime.now(timezone.utc) + timedelta(seconds=ahead_s())


def _asked() -> datetime:
    from tests.chaos.clock import now

    return now()


def install() -> None:
    """Whoever holds the function already gets the moved time too: its body is replaced, not its name."""
    for module in (stores, connectors):
        module.utc_now.__code__ = _asked.__code__


if __name__ == "__main__":
    install()
    script = sys.argv[1]
    sys.argv = sys.argv[1:]
    sys.path.insert(0, str(Path(script).resolve().parent))
    runpy.run_path(script, run_name="__main__")
