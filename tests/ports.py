"""Ports on loopback for what the tests start."""

from __future__ import annotations

import functools
import itertools
import os
import secrets
import socket
from collections.abc import Iterator


def worker_number() -> int:
    """Of the process that runs these tests, where several share them; else 0."""
    return int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))


@functools.cache
def _ports() -> Iterator[int]:
    """From 10,000 to 20,000, each worker its own fifth: below those that the kernel gives to whoever connects."""
    fifth = 2_000
    first = 10_000 + worker_number() % 5 * fifth
    start = secrets.randbelow(fifth)
    return (first + (start + n) % fifth for n in itertools.count())


def free_port() -> int:
    """One that nobody has and that nobody else is given before it is listened on."""
    for port in _ports():
        if not is_taken(port):
            return port
    raise AssertionError("there is always another")


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False
