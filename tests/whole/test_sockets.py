"""Nothing of an installation can be reached from another machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.stack import Stack

pytestmark = pytest.mark.rasa
LISTEN = "0A"
LOOPBACK = {"0100007F", "00000000000000000000000001000000"}


def _children(pid: int) -> set[int]:
    """A process and everything under it."""
    found = {pid}
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found |= _children(int(child))
    return found


def _sockets(pid: int) -> set[str]:
    """The inodes of a process's open sockets."""
    links = (os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir())
    return {link[8:-1] for link in links if link.startswith("socket:[")}


def _listening() -> dict[str, str]:
    """inode → local address of every listening TCP socket of this machine."""
    found = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == LISTEN:
                found[columns[9]] = columns[1]
    return found


def test_every_listening_socket_is_on_loopback(stack: Stack) -> None:
    listening, seen = _listening(), {}
    for name in stack.names:
        for pid in _children(stack.pid(name)):
            for inode in _sockets(pid):
                if inode in listening:
                    seen[f"{name} {listening[inode]}"] = listening[inode].split(":")[0]
    assert len(seen) >= len(stack.ports) - 1  # each process with a port was looked at; the second slot is not started
    assert {name: address for name, address in seen.items() if address not in LOOPBACK} == {}
