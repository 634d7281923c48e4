"""What must be true before anything is started. Each failure is one sentence that says what to do."""

from __future__ import annotations

import fcntl
import platform
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.plan import Plan
from deploy.progress import Stop

FIRST_FREE_MB = 4000
"""Rasa and TensorFlow unpack to about 3 GB."""
LATER_FREE_MB = 500
LONGEST_SOCKET_PATH = 100
"""A unix socket's path may have 107 bytes; supervisord appends its process id while it binds."""


def check_machine(plan: Plan) -> None:
    """Raises Stop if this kind of machine or this place cannot run it."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        raise Stop(f"Linux on x86-64 is needed (TensorFlow 2.12 has no other build); this is {platform.platform()}.")
    if len(str(plan.rpc)) > LONGEST_SOCKET_PATH:
        raise Stop(f"The path {plan.root} is too long for a unix socket; move the directory nearer to the root.")


def check_disk(root: Path, first: bool, free_mb: int | None = None) -> None:
    """Raises Stop if there is less room than an installation (first) or a run needs."""
    needed_mb = FIRST_FREE_MB if first else LATER_FREE_MB
    free_mb = shutil.disk_usage(root).free // 1_000_000 if free_mb is None else free_mb
    if free_mb < needed_mb:
        raise Stop(f"Not enough disk: {needed_mb} MB are needed in {root}, {free_mb} MB are free.")


def check_ports(ports: dict[str, tuple[str, int]]) -> None:
    """Raises Stop naming the first port that is taken and the setting that moves it."""
    for what, (setting, port) in ports.items():
        if not port_is_free(port):
            raise Stop(f"Port {port} for {what} is in use: end what listens there or set {setting} to another.")


def port_is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Without it a port would seem taken for a minute after `make down`.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


@contextmanager
def alone(plan: Plan) -> Iterator[None]:
    """One command at a time in this directory. Raises Stop."""
    with (plan.root / "deploy" / "supervisord.conf").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise Stop("Another make up, down or train is at work in this directory; wait for its end.") from error
        yield
