"""What a person at the terminal sees: lines with the seconds since the start, and one sentence when it cannot go on."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

STILL_S = 15.0


class Stop(Exception):
    """Cannot go on; the text is one clear sentence for the person at the terminal."""


class Progress:
    """Prints each step when it begins and how long it took."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._started

    def say(self, text: str) -> None:
        print(f"[{self.elapsed_s:6.1f} s] {text}", flush=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """One step: its name when it begins, that it goes on each STILL_S, its seconds if it took more than one."""
        self.say(f"{text} …")
        began, over = time.monotonic(), threading.Event()
        threading.Thread(target=self._still, args=(text, over), daemon=True).start()
        try:
            yield
        finally:
            over.set()
        took_s = time.monotonic() - began
        if took_s >= 1:
            self.say(f"{text}: done in {took_s:.1f} s")

    def _still(self, text: str, over: threading.Event) -> None:
        while not over.wait(STILL_S):
            self.say(f"{text}: still at it")


def run(
    arguments: Sequence[str | Path],
    log: Path,
    failure: str,
    env: Mapping[str, str] | None = None,
    timeout_s: float = 1800,
) -> None:
    """Run a command with its output in `log`. Raises Stop with `failure`, the last lines and where the rest is."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        output.write(f"$ {' '.join(map(str, arguments))}\n".encode())
        output.flush()
        began = output.tell()
        try:
            done = subprocess.run(arguments, stdout=output, stderr=subprocess.STDOUT, env=env, timeout=timeout_s)
            code = done.returncode
        except OSError as error:
            raise Stop(f"{failure}: {arguments[0]}: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise Stop(f"{failure}: no end after {timeout_s:.0f} s; see {log}") from error
    if code != 0:
        sys.stderr.write(last_lines(log, began))
        raise Stop(f"{failure} (exit code {code}); the whole output is in {log}")


def last_lines(log: Path, began: int = 0, count: int = 12) -> str:
    """The end of a log file from the byte `began` on, indented; "" if there is none."""
    if not log.exists():
        return ""
    lines = log.read_bytes()[began:].decode(errors="replace").splitlines()[-count:]
    return "".join(f"    {line}\n" for line in lines)
