"""Where things are on this machine, and what the environment says about them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from deploy.progress import Stop

DEFAULTS = {
    "RENJI_PORT": "8080",
    "RENJI_CRM_URL": "http://127.0.0.1:8090",
    "RENJI_CRM_DATABASE_URL": "sqlite+aiosqlite:///var/crm.db",
    "RENJI_RASA_URLS": "http://127.0.0.1:5005,http://127.0.0.1:5006",
    "RENJI_ACTIONS_URL": "",
}
"""The same as in switchboard/settings.py, which cannot be imported before it is installed; a test compares them."""

MEMORY_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""What a container may use at most, in bytes or `max`, by the newer and the older kind of control groups."""

QUIET = {
    # Rasa would phone home; TensorFlow and the BLAS libraries would start a thread a core in each of four processes.
    "RASA_TELEMETRY_ENABLED": "false",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TF_INTRA_OP_PARALLELISM_THREADS": "1",
    "TF_INTER_OP_PARALLELISM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONUNBUFFERED": "1",
}


@dataclass(frozen=True)
class Plan:
    """One installation: its directory and the environment its processes get."""

    root: Path
    env: Mapping[str, str]

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def var(self) -> Path:
        return self.root / "var"

    @property
    def log(self) -> Path:
        """Output of the installing steps."""
        return self.var / "log" / "up.log"

    @property
    def rpc(self) -> Path:
        """The supervisor's socket."""
        return self.var / "supervisor.sock"

    @property
    def crm_database(self) -> str:
        return self.env["CRM_DATABASE"]

    def tool(self, name: str) -> Path:
        return self.venv / "bin" / name

    def process_log(self, program: str) -> Path:
        return self.var / "log" / f"{program}.log"

    @property
    def address(self) -> str:
        return self.env.get("RENJI_PUBLIC_URL", f"http://127.0.0.1:{self.env['RENJI_PORT']}")

    @property
    def has_action_server(self) -> bool:
        """Whether actions are a process of their own; else Rasa's slots run them."""
        return bool(self.env["RENJI_ACTIONS_URL"])

    def rasa_urls(self) -> list[str]:
        """Addresses of slot a and slot b. Raises Stop if they are not two."""
        urls = [url.strip() for url in self.env["RENJI_RASA_URLS"].split(",")]
        if len(urls) != 2:
            raise Stop("RENJI_RASA_URLS must name two addresses, of slot a and slot b, with a comma between them.")
        return urls

    def ports(self) -> dict[str, tuple[str, int]]:
        """What listens: name → (the setting that moves it, port)."""
        slots, actions = self.rasa_urls(), self.env["RENJI_ACTIONS_URL"]
        apart = {"the actions": ("RENJI_ACTIONS_URL", _port(actions))} if actions else {}
        return {
            "the gateway": ("RENJI_PORT", int(self.env["RENJI_PORT"])),
            "the reference CRM": ("RENJI_CRM_URL", _port(self.env["RENJI_CRM_URL"])),
            "Rasa slot a": ("RENJI_RASA_URLS", _port(slots[0])),
            "Rasa slot b": ("RENJI_RASA_URLS", _port(slots[1])),
            **apart,
        }


def half_of_memory_mb(limits: Sequence[Path] = MEMORY_LIMITS) -> int:
    """Of this machine, or of what a container may use of it. Redis may need nearly as much again while it writes its
    file anew.
    """
    read = [limit.read_text(encoding="ascii").strip() for limit in limits if limit.is_file()]
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min([whole, *(int(limit) for limit in read if limit.isdigit())]) // 2_000_000


def _port(url: str) -> int:
    return urlsplit(url).port or 80


def read_plan(root: Path, environ: Mapping[str, str] = os.environ) -> Plan:
    """The plan of the installation in `root`; what the environment says wins over the defaults."""
    env = {**DEFAULTS, **QUIET, **environ}
    # Compiling TensorFlow anew costs each Rasa process ten seconds.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env.setdefault("RENJI_DEMO", "1")
    if env["RENJI_DEMO"] == "1":
        # Whoever tries it at night would find nobody at the desk.
        env.setdefault("RENJI_DESK_HOURS", "00:00-24:00")
    env.setdefault("WORKERS", "1")
    env.setdefault("REDIS_MEMORY", f"{half_of_memory_mb()}mb")
    if "RENJI_PORT" in environ:
        address = f"http://127.0.0.1:{env['RENJI_PORT']}"
        env.setdefault("RENJI_PUBLIC_URL", address)
        env.setdefault("RENJI_ORIGINS", f"{address},http://localhost:{env['RENJI_PORT']}")
    env["CRM_PORT"] = str(_port(env["RENJI_CRM_URL"]))
    env["CRM_DATABASE"] = env["RENJI_CRM_DATABASE_URL"]
    env["ACTIONS_PORT"] = str(_port(env["RENJI_ACTIONS_URL"]))
    env["PATH"] = f"{root / '.venv' / 'bin'}:{environ.get('PATH', '')}"
    return Plan(root, env)
