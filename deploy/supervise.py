"""Talks to supervisord over its socket in var/: starts it, asks it, waits until everything answers."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
import xmlrpc.client
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from deploy.plan import Plan
from deploy.progress import Stop, last_lines

SLOTS = ("rasa-a", "rasa-b")
ACTIONS = "actions"
PARTS = ("crm", ACTIONS, *SLOTS, "worker", "gateway")
"""Started after redis; each waits for what it needs."""
SPARE = "gateway-spare"
"""Runs only while the gateway is replaced."""


def parts_of(plan: Plan) -> tuple[str, ...]:
    """Those of PARTS that this installation has."""
    return tuple(part for part in PARTS if part != ACTIONS or plan.has_action_server)


class _SocketConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(60)
        self.sock.connect(self._path)


class _SocketTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = str(path)

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        return _SocketConnection(self._path)


class Supervisor:
    """The installation's supervisord."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan

    @property
    def _rpc(self) -> Any:
        return xmlrpc.client.ServerProxy(
            "http://localhost", _SocketTransport(self._plan.rpc), allow_none=True
        ).supervisor

    def is_running(self) -> bool:
        try:
            return bool(self._rpc.getState()["statename"] in ("RUNNING", "RESTARTING"))
        except (OSError, http.client.HTTPException, xmlrpc.client.Error):
            return False

    def is_whole(self) -> bool:
        """Whether every process was started; not so when a start was interrupted."""
        wanted = ("redis", *parts_of(self._plan))
        parts = (process for process in self.processes() if process["group"] in wanted)
        return all(process["statename"] not in ("STOPPED", "FATAL") for process in parts)

    def launch(self, redis_server: str) -> None:
        """Start supervisord and, through it, nothing yet. Raises Stop."""
        conf = self._plan.root / "deploy" / "supervisord.conf"
        command = [str(self._plan.tool("supervisord")), "-c", str(conf)]
        env = {**self._plan.env, "REDIS_SERVER": redis_server}
        done = subprocess.run(command, env=env, cwd=self._plan.root, capture_output=True, text=True)
        if done.returncode != 0:
            raise Stop(f"supervisord does not start: {(done.stderr or done.stdout).strip()}")
        deadline = time.monotonic() + 10
        while not self.is_running():
            if time.monotonic() > deadline:
                raise Stop(f"supervisord does not answer; see {self._plan.process_log('supervisord')}.")
            time.sleep(0.05)

    def start(self, programs: Iterable[str]) -> None:
        """Start programs without waiting for them to be up."""
        for program in programs:
            self._rpc.startProcessGroup(program, False)

    def restart(self, programs: Iterable[str]) -> None:
        for program in programs:
            self._rpc.stopProcessGroup(program, True)
            self._rpc.startProcessGroup(program, False)

    def start_one(self, name: str) -> None:
        """Start one process of a group, without waiting for it to be up."""
        self._rpc.startProcess(self._whole_name(name), False)

    def stop_one(self, name: str) -> None:
        """Returns when it has ended."""
        self._rpc.stopProcess(self._whole_name(name), True)

    def pid(self, name: str) -> int:
        return next(int(process["pid"]) for process in self.processes() if process["name"] == name)

    def _whole_name(self, name: str) -> str:
        return next(f"{p['group']}:{name}" for p in self.processes() if p["name"] == name)

    def processes(self) -> list[Mapping[str, Any]]:
        """What supervisord says of each process: name, group, statename, start, pid …"""
        found: list[Mapping[str, Any]] = self._rpc.getAllProcessInfo()
        return found

    def shut_down(self, timeout_s: float = 60) -> None:
        """Stop everything, redis last, and wait for the end; kills what is left after `timeout_s`."""
        deadline = time.monotonic() + timeout_s
        supervisord = self._rpc.getPID()
        self._stop([SPARE, *reversed(PARTS)], deadline - timeout_s / 2)
        self._stop(["redis"], deadline - timeout_s / 4)
        pids = [supervisord, *(process["pid"] for process in self.processes() if process["pid"])]
        self._rpc.shutdown()
        while _lives(supervisord):
            if time.monotonic() > deadline:
                # supervisord first, or it would start the others again.
                for pid in filter(_lives, pids):
                    os.kill(pid, signal.SIGKILL)
                return
            time.sleep(0.05)

    def _stop(self, programs: Iterable[str], deadline: float) -> None:
        """Stop programs side by side; supervisord's own shutdown takes a second for each, one after the other."""
        names = list(programs)
        for name in names:
            self._rpc.stopProcessGroup(name, False)
        while any(p["pid"] for p in self.processes() if p["group"] in names) and time.monotonic() < deadline:
            time.sleep(0.05)
        for name in names:
            try:
                self._rpc.removeProcessGroup(name)
            except xmlrpc.client.Fault:
                # Still running: shutdown waits for it.
                pass


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_healthy(plan: Plan, supervisor: Supervisor, checks: Mapping[str, str], timeout_s: float) -> None:
    """Wait until every check's URL (program → URL) answers and every started process has stayed up for a second.

    Raises Stop at once for a program that keeps dying, else after `timeout_s`, naming what does not answer.
    """
    deadline = time.monotonic() + timeout_s
    seen: dict[str, set[int]] = {}
    left = dict(checks)
    while left:
        left = {name: url for name, url in left.items() if url and not answers(url)}
        for process in supervisor.processes():
            _stop_if_it_keeps_dying(plan, process, seen)
            if process["statename"] in ("STARTING", "BACKOFF", "EXITED"):
                left.setdefault(process["name"], checks.get(process["name"], ""))
        if left and time.monotonic() > deadline:
            name, url = next(iter(left.items()))
            where = f"answer at {url}" if url else "stay up"
            raise Stop(f"{name} does not {where} after {timeout_s:.0f} s; see {plan.process_log(name)}.")
        time.sleep(0.2 if left else 0)


def _stop_if_it_keeps_dying(plan: Plan, process: Mapping[str, Any], seen: dict[str, set[int]]) -> None:
    name = process["name"]
    starts = seen.setdefault(name, set())
    starts.add(process["start"])
    if process["statename"] == "FATAL" or len(starts) > 3:
        log = plan.process_log(name)
        raise Stop(f"{name} keeps dying; the end of {log}:\n{last_lines(log)}")


def answers(url: str) -> bool:
    """Whether a GET is answered within 2 s, with 200 or by asking for the secret."""
    # Never through a proxy: these are our own addresses.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(url, timeout=2) as response:
            return bool(response.status == 200)
    except urllib.error.HTTPError as error:
        # Asking for the shared secret is an answer too.
        return error.code in (401, 403)
    except (OSError, urllib.error.URLError, http.client.HTTPException):
        return False
