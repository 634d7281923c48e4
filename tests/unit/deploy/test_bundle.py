"""What a bundle holds, and that its install script refuses what was changed."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from deploy import environment
from deploy.bundle import pack
from deploy.plan import Plan
from deploy.progress import Stop

ROOT = Path(__file__).resolve().parents[3]
LOCK = {"packages": {"": {}, "node_modules/shown": {}, "node_modules/@of/tests": {"dev": True}}}
FILES = {
    "requirements/bot.txt": "small==1",
    "package-lock.json": json.dumps(LOCK),
    "deploy/install.sh": (ROOT / "deploy" / "install.sh").read_text(),
    "deploy/up.py": "print('handed over')",
    ".gitignore": "var/\nmodels/\nnode_modules/\n",
    "node_modules/shown/shown.js": "1",
    "node_modules/@of/tests/tests.js": "1",
    "node_modules/.renji-installed": "abc",
    "var/secret": "nobody else's",
    "var/console.db": "what people said",
    "var/releases/live": "r2\n",
    "var/releases/r1/manifest.json": '{"made_of": "older"}',
    "var/releases/r2/manifest.json": json.dumps({"made_of": "0123456789abcdef0123"}),
    "var/releases/r2/model.tar.gz": "a model",
    "models/renji-0123456789abcdef.tar.gz": "a model",
}


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """An installation with a file of each kind."""
    root = tmp_path / "here"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    subprocess.run(["git", "init", "-q", str(root)], check=True)
    subprocess.run(["git", "-C", str(root), "add", "."], check=True)
    (root / "deploy" / "install.sh").chmod(0o755)
    return Plan(root, {})


def unpacked(plan: Plan, to: Path) -> Path:
    """The folder that a bundle of this installation unpacks to."""
    wheels = to / "gathered"
    wheels.mkdir()
    (wheels / "small-1-py3-none-any.whl").write_text("a wheel")
    pack(plan, wheels, to / "one.tar")
    with tarfile.open(to / "one.tar") as tar:
        tar.extractall(to)
    return to / "renji"


def install(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "install.sh"], capture_output=True, text=True, env={"PATH": os.defpath})


def test_a_bundle_holds_sources_wheels_browser_files_and_the_live_release_alone(plan: Plan, tmp_path: Path) -> None:
    folder = unpacked(plan, tmp_path)
    held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    left_out = {"node_modules/@of/tests/tests.js", "var/secret", "var/console.db", "var/releases/r1/manifest.json"}
    added = {"install.sh", "SHA256SUMS", "wheels/small-1-py3-none-any.whl"}
    assert set(FILES) - left_out | added == held
    assert 0o700 == (folder / "var").stat().st_mode & 0o777


@pytest.mark.parametrize("name", ["secret", ".env", "deploy/notes.txt"])
def test_what_git_does_not_track_stays_here(plan: Plan, tmp_path: Path, name: str) -> None:
    (plan.root / name).write_text("for nobody else")
    assert not (unpacked(plan, tmp_path) / name).exists()


def test_a_whole_bundle_is_checked_and_installed(plan: Plan, tmp_path: Path) -> None:
    done = install(unpacked(plan, tmp_path))
    assert (0, "handed over") == (done.returncode, done.stdout.splitlines()[-1]), done.stderr


@pytest.mark.parametrize("name", ["wheels/small-1-py3-none-any.whl", "var/releases/r2/model.tar.gz", "deploy/up.py"])
def test_nothing_is_installed_of_a_bundle_that_was_changed(plan: Plan, tmp_path: Path, name: str) -> None:
    folder = unpacked(plan, tmp_path)
    # Written anew: the model's two names are one file.
    (folder / name).unlink()
    (folder / name).write_text("print('handed over')#")
    done = install(folder)
    assert 1 == done.returncode
    assert name in done.stdout + done.stderr
    assert "handed over" not in done.stdout


def test_only_the_wheels_that_were_summed_are_installed(plan: Plan, tmp_path: Path) -> None:
    folder = unpacked(plan, tmp_path)
    (folder / "wheels" / "slipped_in-1-py3-none-any.whl").write_text("not packed")
    there = Plan(folder, {})
    assert [folder / "wheels" / "small-1-py3-none-any.whl"] == environment.brought(there, environment.BOT)
    assert [] == environment.brought(there, environment.DEV)
    assert [] == environment.brought(plan, environment.BOT)


def test_an_installation_without_a_release_is_not_packed(plan: Plan, tmp_path: Path) -> None:
    (plan.root / "var/releases/live").unlink()
    with pytest.raises(Stop, match="make train"):
        unpacked(plan, tmp_path)
