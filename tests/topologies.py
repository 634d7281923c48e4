"""Several Redis servers on loopback: a Cluster, or a master with replicas and the Sentinels that watch it."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis

from tests.conftest import redis_binary
from tests.ports import free_port, is_taken

SLOTS = 16384
BUS = 10_000
"""So much higher than its port is where a node of a Cluster talks to the others."""
NODE_TIMEOUT_MS = 1000
"""A master that does not answer for so long is replaced; production takes longer, to be sure."""
DURABLE = {
    "appendonly": "yes",
    "appendfsync": "always",
    "maxmemory-policy": "noeviction",
    "repl-diskless-sync-delay": "0",
}
NAME = "renji"


def free_ports() -> int:
    """A port whose bus port is free too."""
    while is_taken((port := free_port()) + BUS):
        pass
    return port


class Server:
    """One process; `options` are those of redis.conf."""

    def __init__(self, folder: Path, options: dict[str, str], sentinel: str = "") -> None:
        self.port = free_ports()
        self.folder = folder / str(self.port)
        self.folder.mkdir(parents=True)
        lines = {"port": str(self.port), "bind": "127.0.0.1", "dir": str(self.folder), "save": '""', **options}
        config = self.folder / "redis.conf"
        config.write_text("\n".join(f"{name} {value}" for name, value in lines.items()) + f"\n{sentinel}\n")
        # The system's is newer than the wheel's where there is one.
        self.argv = [
            shutil.which("redis-server") or redis_binary(),
            str(config),
            *(["--sentinel"] if sentinel else []),
        ]
        self.client: Any = redis.Redis(port=self.port, socket_timeout=10)
        self.start()

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        self.process = subprocess.Popen(self.argv, stdout=log, stderr=log)
        until(lambda: self.says("PING"))

    def says(self, *words: str) -> Any:
        """Its answer, None while it does not listen yet."""
        try:
            return self.client.execute_command(*words)
        except (redis.ConnectionError, redis.TimeoutError):
            assert self.process.poll() is None, (self.folder / "log").read_text()[-500:]
            return None

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def end(self) -> None:
        self.client.close()
        self.kill()


def until(check: Callable[[], object], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not check():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


class Several:
    """Servers in a folder that goes with them."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="renji-several-"))
        self.servers: list[Server] = []

    def add(self, options: dict[str, str], sentinel: str = "") -> Server:
        self.servers.append(Server(self.folder, options, sentinel))
        return self.servers[-1]

    def end(self) -> None:
        for server in self.servers:
            server.end()
        shutil.rmtree(self.folder, ignore_errors=True)


class Cluster(Several):
    """Three masters with a third of the slots each, and `replicas` of each."""

    def __init__(self, replicas: int = 0) -> None:
        super().__init__()
        options = {
            **DURABLE,
            "cluster-enabled": "yes",
            "cluster-node-timeout": str(NODE_TIMEOUT_MS),
            "cluster-replica-validity-factor": "0",
        }
        try:
            for _ in range(3 * (1 + replicas)):
                self.add(options)
            self.masters, others = self.servers[:3], self.servers[3:]
            self._join()
            for n, replica in enumerate(others):
                self._follow(replica, self.masters[n % 3])
        except BaseException:
            self.end()
            raise

    @property
    def url(self) -> str:
        return "cluster://" + ",".join(f"127.0.0.1:{server.port}" for server in self.servers)

    def _join(self) -> None:
        for n, server in enumerate(self.servers):
            server.says("CLUSTER", "SET-CONFIG-EPOCH", str(n + 1))
            self.servers[0].says("CLUSTER", "MEET", "127.0.0.1", str(server.port))
        for n, master in enumerate(self.masters):
            share = range(n * SLOTS // 3, (n + 1) * SLOTS // 3)
            master.says("CLUSTER", "ADDSLOTS", *map(str, share))
        until(lambda: all(self.whole_at(server) for server in self.servers))

    def whole_at(self, server: Server) -> bool:
        told = str(server.says("CLUSTER", "INFO"))
        return "cluster_state:ok" in told and f"cluster_known_nodes:{len(self.servers)}" in told

    def _follow(self, replica: Server, master: Server) -> None:
        identity = master.says("CLUSTER", "MYID").decode()
        until(lambda: identity in str(replica.says("CLUSTER", "NODES")))
        replica.says("CLUSTER", "REPLICATE", identity)
        until(lambda: in_step(replica))


class Guarded(Several):
    """A master, two replicas and three Sentinels: with one replica, a dead master would leave none to wait for."""

    def __init__(self) -> None:
        super().__init__()
        try:
            self.master = self.add(DURABLE)
            follow = {**DURABLE, "replicaof": f"127.0.0.1 {self.master.port}"}
            self.replicas = [self.add(follow), self.add(follow)]
            until(lambda: all(map(in_step, self.replicas)))
            watch = f"sentinel monitor {NAME} 127.0.0.1 {self.master.port} 2\n"
            watch += f"sentinel down-after-milliseconds {NAME} {NODE_TIMEOUT_MS}\nsentinel failover-timeout {NAME} 3000"
            self.sentinels = [self.add({}, watch) for _ in range(3)]
            until(lambda: all(self._sees(sentinel) for sentinel in self.sentinels))
        except BaseException:
            self.end()
            raise

    @property
    def url(self) -> str:
        return "sentinel://" + ",".join(f"127.0.0.1:{one.port}" for one in self.sentinels) + f"/{NAME}"

    def now(self) -> Server:
        """Whoever is the master."""
        return next(one for one in (self.master, *self.replicas) if role(one) == "master")

    def _sees(self, sentinel: Server) -> bool:
        (told,) = sentinel.client.sentinel_masters().values()
        return bool(told["num-slaves"] == 2 and told["num-other-sentinels"] == 2)


def role(server: Server) -> str:
    return str(server.client.info("replication")["role"])


def in_step(replica: Server) -> bool:
    told = replica.client.info("replication")
    return bool(told["role"] == "slave" and told["master_link_status"] == "up")
