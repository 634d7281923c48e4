"""The machine: disk and installed versions."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from switchboard.doctor.finding import FAIL, OK, WARN, Finding, graded

FSYNCS = 20
SLOW_MS, TOO_SLOW_MS = 20.0, 100.0
"""Each message is fsynced four times on its way."""
LOW_MB, TOO_LOW_MB = 2000, 500
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)


def disk(folder: Path) -> Iterator[Finding]:
    """Room and fsync latency in the folder where Redis keeps its file."""
    free_mb = shutil.disk_usage(folder).free // 1_000_000
    level = FAIL if free_mb < TOO_LOW_MB else WARN if free_mb < LOW_MB else OK
    todo = (
        ""
        if level == OK
        else "; make room: Redis refuses writes on a full disk, and rewriting its file needs as much again"
    )
    yield Finding(level, "disk space", f"{free_mb} MB are free in {folder}{todo}")
    try:
        took_ms = fsync_ms(folder)
    except OSError as error:
        yield Finding(
            WARN, "disk fsync", f"{folder} cannot be written by this user ({error.strerror}): run as Redis' user"
        )
        return
    level = graded(took_ms, SLOW_MS, TOO_SLOW_MS)
    todo = "" if level == OK else "; every message waits for it: use a local SSD with power-loss protection"
    yield Finding(level, "disk fsync", f"an fsync takes {took_ms:.1f} ms (p95 of {FSYNCS}) in {folder}{todo}")


def fsync_ms(folder: Path) -> float:
    """The 95th percentile of some small appends, each fsynced. Raises OSError."""
    times = []
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".doctor-") as probe:
        for _ in range(FSYNCS):
            began = time.perf_counter()
            os.write(probe.fileno(), b"x" * 256)
            os.fsync(probe.fileno())
            times.append((time.perf_counter() - began) * 1000)
    return sorted(times)[int(FSYNCS * 0.95) - 1]


def versions(requirements: Path, python: tuple[int, int] = sys.version_info[:2]) -> Iterator[Finding]:
    """Python and packages against the hashed requirement file of this environment: with Rasa, or without."""
    rasa = installed("rasa")
    told = f"Python {python[0]}.{python[1]}" + (f", Rasa {rasa}" if rasa else ", no Rasa")
    if rasa and python != (3, 10):
        yield Finding(FAIL, "python", f"{told}: Rasa 3.6 runs on 3.10 only; make the environment with it")
    else:
        yield Finding(OK, "python", told)
    name = "bot.txt" if rasa else "gateway.txt"
    try:
        pins = _PIN.findall((requirements / name).read_text())
    except OSError:
        yield Finding(WARN, "packages", f"{requirements / name} is not there: run from the installation's root")
        return
    wrong = [
        f"{package} {installed(package) or 'missing'}, not {pin}" for package, pin in pins if installed(package) != pin
    ]
    if wrong:
        more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        yield Finding(FAIL, "packages", f"{'; '.join(wrong[:3])}{more}: install requirements/{name} again")
    else:
        yield Finding(OK, "packages", f"{len(pins)} packages are as requirements/{name} says")


def installed(package: str) -> str:
    """Its version, "" where it is not there."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""
