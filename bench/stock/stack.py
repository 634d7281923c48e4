"""Stock Rasa as processes: its server, its action server, its Redis, and the same reference CRM as the product's."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from bench.stock import project
from switchboard.settings import Settings
from tests.ports import free_port
from tests.stack import REDIS, Spec, Stack

_ENDPOINTS = """\
action_endpoint:
  url: http://127.0.0.1:{actions}/webhook
tracker_store:
  type: redis
  url: 127.0.0.1
  port: {redis}
lock_store:
  type: redis
  url: 127.0.0.1
  port: {redis}
"""


class StockStack(Stack):
    """Started, asked and ended like the product's stack. Redis with its own defaults: nothing is fsynced."""

    def __init__(self, folder: Path, subscribers: int) -> None:
        self.model = project.model()
        self.redis_port, self.server_port = free_port(), free_port()
        self._token = ""
        super().__init__(folder, subscribers=subscribers)

    @property
    def names(self) -> list[str]:
        return ["redis", "crm", "actions", "rasa"]

    @property
    def rest(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/webhooks/rest/webhook"

    def environment(self) -> dict[str, str]:
        """What the CRM needs, and where the actions find it."""
        ours = super().environment()
        return {**ours, "BENCH_CRM_URL": ours["RENJI_CRM_URL"], "BENCH_CRM_TOKEN": self._token}

    def prepare(self) -> None:
        self.make_folder()
        self._token = Settings.read(super().environment()).key("crm").hex()
        self.seed()
        ports = {"actions": self.ports["actions"], "redis": self.redis_port}
        (self.folder / "endpoints.yml").write_text(_ENDPOINTS.format(**ports), encoding="utf-8")

    def _describe(self, name: str) -> Spec:
        port, actions = str(self.server_port), str(self.ports["actions"])
        if name == "redis":
            options = {"port": str(self.redis_port), "bind": "127.0.0.1", "dir": str(self.folder), "save": ""}
            argv = [str(REDIS), *(word for key, value in options.items() for word in (f"--{key}", value))]
            return Spec(argv, str(self.folder))
        if name == "actions":
            argv = [sys.executable, "-m", "rasa_sdk", "--actions", "bench.stock.actions", "--port", actions]
            return Spec(argv, f"http://127.0.0.1:{actions}/health", _loopback())
        if name == "rasa":
            files = [f"--endpoints={self.folder}/endpoints.yml", f"--credentials={project.HERE}/credentials.yml"]
            argv = [sys.executable, "-m", "rasa", "run", "-i", "127.0.0.1", "-p", port, "-m", str(self.model), *files]
            return Spec(argv, f"http://127.0.0.1:{port}/")
        return super()._describe(name)


def _loopback() -> Mapping[str, str]:
    return {"SANIC_HOST": "127.0.0.1"}
