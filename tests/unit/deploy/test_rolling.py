"""In what order processes are replaced, and that a new gateway is told from an old one on the same port."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from deploy import rolling
from deploy.progress import Stop
from deploy.rolling import roll, wait_answered_by


class FakeFleet:
    def __init__(self, broken: str = "") -> None:
        self.broken = broken
        self.running = {"redis", "crm", "actions", "rasa-a", "rasa-b", "worker-0", "worker-1", "gateway"}
        self.fewest: dict[str, int] = {}
        self.started: list[str] = []

    def start(self, name: str) -> None:
        if name == self.broken:
            raise Stop(f"{name} does not start")
        self.started.append(name)
        self.running.add(name)

    def stop(self, name: str) -> None:
        self.running.remove(name)
        for kind in ("rasa", "worker", "gateway"):
            left = sum(1 for running in self.running if running.startswith(kind))
            self.fewest[kind] = min(left, self.fewest.get(kind, 9))


@contextmanager
def quietly(_: str) -> Iterator[None]:
    yield


def test_everything_but_redis_is_replaced_and_one_of_each_kind_always_runs() -> None:
    fleet = FakeFleet()
    before = set(fleet.running)
    roll(fleet, ["actions"], ["worker-0", "worker-1"], quietly)
    assert fleet.running == before
    assert set(fleet.started) - {"gateway-spare"} == before - {"redis"}
    assert fleet.fewest == {"rasa": 1, "worker": 1, "gateway": 1}


@pytest.mark.parametrize("broken", ["gateway-spare", "rasa-a"])
def test_what_does_not_start_takes_nothing_else_down(broken: str) -> None:
    fleet = FakeFleet(broken)
    with pytest.raises(Stop, match=f"{broken} does not start"):
        roll(fleet, ["actions"], ["worker-0", "worker-1"], quietly)
    assert {"gateway", "rasa-b", "worker-0", "worker-1"} <= fleet.running


class Shared(BaseHTTPRequestHandler):
    """Two gateways on one port: the old one answers first, then the new one."""

    processes: list[int]

    def do_GET(self) -> None:
        process = self.processes[0] if len(self.processes) == 1 else self.processes.pop(0)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"process": process}).encode())

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.mark.parametrize(("processes", "seen"), [([1, 1, 2], True), ([1], False)])
def test_the_new_gateway_is_waited_for(processes: list[int], seen: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rolling, "READY_WITHIN_S", 1.0)
    monkeypatch.setattr(rolling, "LOOK_S", 0.01)
    Shared.processes = processes
    server = HTTPServer(("127.0.0.1", 0), Shared)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/readyz"
    if seen:
        wait_answered_by(2, url)
    else:
        with pytest.raises(Stop, match="process 2"):
            wait_answered_by(2, url)
    server.shutdown()
    server.server_close()
