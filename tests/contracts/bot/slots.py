"""A Rasa slot of the tiny assistant as a process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest

from bot.release import Releases, check_wording
from bot.serve import prepare
from tests.ports import free_port

ROOT = Path(__file__).parents[3]
NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)


@dataclass
class Slot:
    """`module` serves it, bot.server or one around it; `environ` is what reads settings."""

    folder: Path
    environ: dict[str, str]
    release: str
    port: int
    module: str = "bot.server"
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def status(self, path: str, method: str = "GET", body: bytes | None = None) -> int:
        try:
            with urlopen(Request(f"{self.url}{path}", body, method=method), timeout=20) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def start(self) -> None:
        """As bot.serve does, but for the module; returns at once."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("RENJI_", "SANIC_"))}
        model, environment = prepare(
            Releases(ROOT, self.folder / "releases", self.folder / "models", ROOT / "content"), self.release, kept
        )
        words = [sys.executable, "-m", self.module, str(model), "127.0.0.1", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                words, cwd=ROOT, env={**environment, **self.environ}, stdout=log, stderr=subprocess.STDOUT
            )

    def wait(self) -> None:
        """Until it is ready."""
        deadline = time.monotonic() + 100
        while not self._ready():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the slot did not start:\n{self.log()[-3000:]}")
            time.sleep(0.2)

    def _ready(self) -> bool:
        try:
            return self.status("/webhooks/renji/health") == 200
        except URLError:
            return False


def slot_of(folder: Path, redis: Path, project: Path, model: str, module: str = "bot.server") -> Slot:
    """Not started yet; `folder` is its var."""
    (folder / "secret").write_text("s" * 64)
    releases = Releases(project, folder / "releases", folder / "models", project / "content")
    check_wording(project, project / "content")
    releases.directory.mkdir()
    release = releases.publish(Path(model), "tiny", NOW)
    releases.set_live(release)
    port = free_port()
    environ = {
        "RENJI_VAR": str(folder),
        "RENJI_SECRET_FILE": str(folder / "secret"),
        "RENJI_REDIS_URL": f"unix://{redis}",
        "RENJI_RASA_URLS": f"http://127.0.0.1:{port}",
    }
    return Slot(folder, environ, release, port, module)


@contextmanager
def running(slot: Slot) -> Iterator[Slot]:
    slot.start()
    try:
        slot.wait()
        yield slot
    finally:
        slot.process.terminate()
        slot.process.wait(timeout=30)
