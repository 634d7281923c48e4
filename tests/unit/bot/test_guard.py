"""A process whose loop stands still ends; one that was only stopped goes on. Each is a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

WITHIN_S = 0.5
HELD = """
import asyncio, re, time
from pathlib import Path
from bot.guard import guarded

async def tell():
    print("told", flush=True)

async def main():
    async with guarded({within_s}, tell, {stacks}):
        await asyncio.sleep(0.1)
        print("begun", flush=True)
        {held}
        print("went on", flush=True)

asyncio.run(main())
"""


def started(held: str, within_s: float = WITHIN_S, stacks: Path | None = None) -> subprocess.Popen[str]:
    """Once it has begun."""
    file = f"Path({str(stacks)!r})" if stacks else None
    words = [sys.executable, "-c", HELD.format(within_s=within_s, held=held, stacks=file)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while process.stdout.readline() not in ("begun\n", ""):
        pass
    return process


def test_a_loop_that_waits_for_something_else_ends_its_process_and_is_told() -> None:
    out, written = started("time.sleep(60)").communicate(timeout=30)
    assert out.endswith("told\n")
    assert "most recent call first" in written and " in main" in written


def test_a_loop_that_searches_for_ever_ends_its_process() -> None:
    process = started("re.match('(a+)+$', 'a' * 60 + 'b')")
    _, written = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGPROF
    assert " in main" in written


def test_a_process_that_was_stopped_goes_on() -> None:
    process = started("await asyncio.sleep(0.5)")
    process.send_signal(signal.SIGSTOP)
    time.sleep(1.5 * WITHIN_S)
    process.send_signal(signal.SIGCONT)
    out, written = process.communicate(timeout=30)
    assert (out, written, process.returncode) == ("went on\n", "", 0)


@pytest.mark.parametrize("within_s", [0, WITHIN_S])
def test_a_loop_that_turns_is_left_alone(within_s: float) -> None:
    process = started("await asyncio.sleep(0.3)", within_s)
    assert process.communicate(timeout=30)[0] == "went on\n"


WARMING = """
import asyncio, time
from contextlib import AsyncExitStack
from bot.guard import guarded
from bot.server import start_guarded

async def tell():
    print("told", flush=True)

class Channel:
    async def start(self, agent):
        time.sleep({warms_s})
        print("warm", flush=True)

    async def stop(self):
        pass

async def main():
    async with AsyncExitStack() as opened:
        await start_guarded(Channel(), None, guarded({within_s}, tell), opened)
        await asyncio.sleep(0.1)
        {held}

asyncio.run(main())
"""


@pytest.mark.parametrize(("held", "last"), [("pass", "warm"), ("time.sleep(60)", "told")])
def test_a_slot_that_warms_up_is_left_alone_and_guarded_then(held: str, last: str) -> None:
    words = WARMING.format(within_s=WITHIN_S, warms_s=4 * WITHIN_S, held=held)
    done = subprocess.run([sys.executable, "-c", words], stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    lines = done.stdout.splitlines()
    assert ("warm", last) == (lines[0], lines[-1])


def test_a_loop_that_searched_for_ever_is_told_by_the_next_process_in_its_place_once(tmp_path: Path) -> None:
    stacks = tmp_path / "stalled" / "slot.txt"
    process = started("re.match('(a+)+$', 'a' * 60 + 'b')", stacks=stacks)
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGPROF
    assert " in main" in stacks.read_text()
    first, second = whole(stacks), whole(stacks)
    assert "told\n" in first and " in main" in first
    assert second == "begun\nwent on\n"


def whole(stacks: Path) -> str:
    """What a process in good order says, to its end."""
    words = [sys.executable, "-c", HELD.format(within_s=WITHIN_S, held="pass", stacks=f"Path({str(stacks)!r})")]
    return subprocess.run(words, stdout=subprocess.PIPE, text=True, timeout=60, check=True).stdout
