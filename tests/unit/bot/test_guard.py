"""A process whose loop stands still ends; one that was only stopped goes on. Each is a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

WITHIN_S = 0.5
HELD = """
import asyncio, re, time
from bot.guard import guarded

async def tell():
    print("told", flush=True)

async def main():
    async with guarded({within_s}, tell):
        await asyncio.sleep(0.1)
        print("begun", flush=True)
        {held}
        print("went on", flush=True)

asyncio.run(main())
"""


def started(held: str, within_s: float = WITHIN_S) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", HELD.format(within_s=within_s, held=held)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "begun\n"
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
