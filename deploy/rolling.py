"""Replaces every process but Redis by a new one while people go on writing: `make rolling-restart`.

One at a time. What a part that is away was asked for waits in its lane and is asked again; the gateway, for which
nobody would wait, has a spare that shares its port and listens before the old one ends.
"""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from deploy.plan import Plan
from deploy.progress import Stop
from deploy.supervise import SLOTS, SPARE, Supervisor, wait_healthy

READY_WITHIN_S = 120
LOOK_S = 0.1


class Fleet(Protocol):
    """The processes of one installation, by name."""

    def start(self, name: str) -> None:
        """Returns when it can do its work. Raises Stop."""

    def stop(self, name: str) -> None:
        """SIGTERM; returns when it has ended."""


def roll(
    fleet: Fleet, actions: Sequence[str], workers: Sequence[str], step: Callable[[str], AbstractContextManager[object]]
) -> None:
    """`actions`: the process that has them, if the slots do not; `step` tells what is being done. Raises Stop: what was
    not reached by then runs on as it was."""
    for name in ("crm", *actions, *SLOTS, *workers):
        with step(f"Replacing {name}"):
            fleet.stop(name)
            fleet.start(name)
    with step("Replacing gateway"):
        fleet.start(SPARE)
        fleet.stop("gateway")
        fleet.start("gateway")
        fleet.stop(SPARE)


class SupervisedFleet:
    """The processes of `make up`."""

    def __init__(self, plan: Plan, supervisor: Supervisor, health: dict[str, str]) -> None:
        self._plan, self._supervisor, self._health = plan, supervisor, health

    @property
    def workers(self) -> list[str]:
        return [process["name"] for process in self._supervisor.processes() if process["group"] == "worker"]

    def start(self, name: str) -> None:
        self._supervisor.start_one(name)
        wait_healthy(self._plan, self._supervisor, {name: self._health.get(name, "")}, READY_WITHIN_S)
        if name in ("gateway", SPARE):
            wait_answered_by(self._supervisor.pid(name), self._health["gateway"])

    def stop(self, name: str) -> None:
        self._supervisor.stop_one(name)


def wait_answered_by(process: int, url: str) -> None:
    """Several gateways share a port, and each connection gets one of them: ask until it is this one. Raises Stop."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with direct.open(url, timeout=2) as answer:
                if json.load(answer)["process"] == process:
                    return
        except (OSError, ValueError, KeyError):
            pass
        time.sleep(LOOK_S)
    raise Stop(f"The new gateway (process {process}) does not answer at {url}.")
