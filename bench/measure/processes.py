"""What processes cost: CPU seconds and memory, each with the children it has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import psutil


def cpu_s(pids: Mapping[str, int]) -> dict[str, float]:
    """CPU seconds since each process began, user and system, its children included."""
    spent: dict[str, float] = {}
    for name, pid in pids.items():
        times = [process.cpu_times() for process in _family(pid)]
        spent[name] = sum(t.user + t.system + t.children_user + t.children_system for t in times)
    return spent


def pss_mb(pids: Mapping[str, int]) -> dict[str, float]:
    """Memory as PSS in MB (10⁶ bytes): pages that processes share are counted once, in equal parts."""
    return {name: sum(_pss_kib(process.pid) for process in _family(pid)) * 1024 / 1e6 for name, pid in pids.items()}


def spent_ms(before: Mapping[str, float], after: Mapping[str, float], messages: int) -> dict[str, float]:
    """CPU milliseconds a message, by process, between two looks."""
    return {name: (after[name] - before[name]) * 1000 / max(1, messages) for name in after}


def _family(pid: int) -> Iterator[psutil.Process]:
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        yield process
        yield from process.children(recursive=True)


def _pss_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0
