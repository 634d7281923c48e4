"""A real supervisord with the real configuration: it restarts what dies, and nothing is left after it."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import redis

from deploy.plan import Plan, read_plan
from deploy.progress import Stop
from deploy.state import choose_redis, make_secret
from deploy.supervise import Supervisor, answers, wait_healthy

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def plan() -> Iterator[Plan]:
    """An empty installation with the project's configuration and this run's environment."""
    with tempfile.TemporaryDirectory(prefix="renji-") as directory:
        root = Path(directory)
        (root / ".venv").symlink_to(sys.prefix)
        (root / "deploy").mkdir()
        shutil.copy(ROOT / "deploy" / "supervisord.conf", root / "deploy")
        plan = read_plan(root, {"PATH": os.environ["PATH"], "WORKERS": "2"})
        make_secret(plan)
        yield plan


@pytest.fixture
def supervisor(plan: Plan) -> Iterator[Supervisor]:
    supervisor = Supervisor(plan)
    supervisor.launch(choose_redis(plan))
    yield supervisor
    if supervisor.is_running():
        supervisor.shut_down()


def pid_of(supervisor: Supervisor, name: str) -> int:
    return next(int(process["pid"]) for process in supervisor.processes() if process["name"] == name)


def eventually(condition: Callable[[], bool], within_s: float = 10) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.05)


def test_what_dies_is_started_again(plan: Plan, supervisor: Supervisor) -> None:
    supervisor.start(["redis"])
    eventually((plan.var / "redis.sock").exists)
    first = pid_of(supervisor, "redis")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: pid_of(supervisor, "redis") not in (0, first))


def test_redis_refuses_what_is_new_before_the_machine_is_full(plan: Plan, supervisor: Supervisor) -> None:
    supervisor.start(["redis"])
    eventually((plan.var / "redis.sock").exists)
    with redis.Redis(unix_socket_path=str(plan.var / "redis.sock")) as asked:
        limit = int(asked.info("memory")["maxmemory"])
    assert limit < os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * 0.6
    assert limit > 100_000_000


def test_nothing_is_left_running_after_the_end(plan: Plan, supervisor: Supervisor) -> None:
    supervisor.start(["redis"])
    eventually((plan.var / "redis.sock").exists)
    pid = pid_of(supervisor, "redis")
    supervisor.shut_down()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not supervisor.is_running()


def test_an_interrupted_start_is_not_taken_for_a_running_installation(supervisor: Supervisor) -> None:
    supervisor.start(["redis"])
    assert not supervisor.is_whole()


def test_the_number_of_workers_is_a_setting(supervisor: Supervisor) -> None:
    workers = {process["name"] for process in supervisor.processes() if process["group"] == "worker"}
    assert {"worker-0", "worker-1"} == workers


def test_a_part_that_keeps_dying_is_named_with_the_end_of_its_log(plan: Plan, supervisor: Supervisor) -> None:
    # There is no gateway.py in this installation.
    supervisor.start(["gateway"])
    with pytest.raises(Stop, match=r"(?s)gateway keeps dying; .*gateway\.py"):
        wait_healthy(plan, supervisor, {"gateway": "http://127.0.0.1:9/healthz"}, timeout_s=60)


def test_a_part_that_does_not_answer_is_named_after_the_time_limit(plan: Plan, supervisor: Supervisor) -> None:
    with pytest.raises(Stop, match="crm does not answer at http://127.0.0.1:9/"):
        wait_healthy(plan, supervisor, {"crm": "http://127.0.0.1:9/"}, timeout_s=0.1)


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (401, True), (503, False)])
def test_an_answer_counts_if_it_is_200_or_asks_for_the_secret(status: int, healthy: bool) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    assert healthy == answers(f"http://127.0.0.1:{server.server_port}/")
    server.shutdown()
    server.server_close()
