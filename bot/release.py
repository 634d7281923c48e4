"""Releases: immutable pairs of a model and what it says, under var/releases/<id>/.

    python -m bot.release build      train if what the model is made of changed, then publish a Release
    python -m bot.release content    publish the wording with the live Release's model; starts and trains nothing
    python -m bot.release use ID     make an earlier Release the live one again
    python -m bot.release list       print the Releases, the live one marked

A Release directory holds model.tar.gz, content/ and manifest.json with the SHA-256 of each file.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from switchboard.errors import BadWording, NotReachable, RenjiError
from switchboard.redis.connection import connect, reaching
from switchboard.redis.keys import LIVE_RELEASE
from switchboard.settings import Settings
from switchboard.wording import Wording

MODEL = "model.tar.gz"
MANIFEST = "manifest.json"
_MODEL_SOURCES = ("config.yml", "domain.yml", "data", "bot/nlu", "bot/importer.py")
_RASA = "3.6.21"


class BadRelease(RenjiError):
    """A Release that is not there, not whole, or not what its manifest says."""


@dataclass(frozen=True)
class Releases:
    """Where Releases are made and kept. `root` holds the sources, `models` trained models by what they were made of."""

    root: Path
    directory: Path
    models: Path
    content: Path
    _models_of: dict[str, str] = field(default_factory=dict)

    def live(self) -> str:
        """The id of the live Release, or "" when there is none."""
        try:
            return (self.directory / "live").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def all(self) -> list[str]:
        """Ids, oldest first."""
        return sorted(path.parent.name for path in self.directory.glob(f"[!.]*/{MANIFEST}"))

    def set_live(self, release_id: str) -> None:
        new = self.directory / ".live.new"
        new.write_text(release_id + "\n", encoding="utf-8")
        new.replace(self.directory / "live")

    def manifest(self, release_id: str) -> dict[str, Any]:
        """Raises BadRelease."""
        try:
            loaded: dict[str, Any] = json.loads((self.directory / release_id / MANIFEST).read_text(encoding="utf-8"))
            return loaded
        except (OSError, ValueError) as error:
            raise BadRelease(f"Release {release_id!r}: no readable manifest") from error

    def model_of(self, release_id: str) -> str:
        """The SHA-256 of a Release's model; "" when there is no such Release."""
        if release_id not in self._models_of:
            try:
                self._models_of[release_id] = self.manifest(release_id)["files"][MODEL]
            except (BadRelease, KeyError):
                return ""
        return self._models_of[release_id]

    def verify(self, release_id: str) -> dict[str, Any]:
        """The manifest, once every file was found to be what it says. Raises BadRelease naming the file that is not."""
        manifest = self.manifest(release_id)
        for name, expected in manifest["files"].items():
            path = self.directory / release_id / name
            if not path.is_file() or sha256(path) != expected:
                raise BadRelease(f"Release {release_id}: {name} is not what the manifest says")
        return manifest

    def publish(self, model: Path, fingerprint: str, now: datetime) -> str:
        """Make a Release of this model and the working wording; nothing new is made when the live one is the same."""
        check_wording(self.root, self.content)
        files = {MODEL: sha256(model), **_hashes(self.content, "content")}
        live = self.live()
        if live and self._files_of(live) == files:
            return live
        digest = hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()
        release_id = f"{now:%Y%m%d-%H%M%S}-{digest[:6]}"
        manifest = {"schema": 1, "id": release_id, "made_at": now.isoformat(), "made_of": fingerprint, "files": files}
        self._write(release_id, model, manifest)
        return release_id

    def _files_of(self, release_id: str) -> Mapping[str, str]:
        try:
            files: Mapping[str, str] = self.manifest(release_id)["files"]
            return files
        except BadRelease:
            return {}

    def _write(self, release_id: str, model: Path, manifest: Mapping[str, Any]) -> None:
        new = self.directory / f".{release_id}.new"
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        _link(model, new / MODEL)
        shutil.copytree(self.content, new / "content")
        (new / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        new.rename(self.directory / release_id)


def model_fingerprint(root: Path) -> str:
    """What a model is made of: Rasa's version, its configuration, domain, data and our components. Not the wording."""
    digest = hashlib.sha256(f"rasa {_RASA}\n".encode())
    for source in _MODEL_SOURCES:
        for path in _files(root / source):
            digest.update(f"{path.relative_to(root).as_posix()}\0{sha256(path)}\n".encode())
    return digest.hexdigest()


def trained(releases: Releases, fingerprint: str) -> Path:
    """The model made of these sources: one trained before, or a new one. Raises BadRelease when Rasa cannot train."""
    model = releases.models / f"renji-{fingerprint[:16]}.tar.gz"
    if not model.exists():
        train(releases.root, model)
    return model


def train(root: Path, model: Path) -> None:
    """Run `rasa train`; its output is shown when it fails."""
    print("training the model", flush=True)
    quiet = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    model.parent.mkdir(parents=True, exist_ok=True)
    # Not where the model will be: Rasa writes it slowly, and `rasa shell` takes the newest file it finds there.
    with tempfile.TemporaryDirectory(prefix=".training-", dir=model.parent) as out:
        # Rasa's cache would not notice a change in the modules behind our components.
        command = [sys.executable, "-m", "rasa", "train", "--force", "--out", out, "--fixed-model-name", "model"]
        done = subprocess.run(command, cwd=root, env={**os.environ, **quiet}, capture_output=True, text=True)
        made = Path(out) / MODEL
        if done.returncode or not made.exists():
            raise BadRelease(f"rasa train failed:\n{(done.stdout + done.stderr)[-4000:]}")
        made.replace(model)


def check_wording(root: Path, content: Path) -> None:
    """Every utter_ of the domain has its text in each language, all wording can be read. Raises BadWording."""
    known = Wording.load(content).names()
    domain = YAML(typ="safe").load((root / "domain.yml").read_text(encoding="utf-8")) or {}
    named = [action if isinstance(action, str) else next(iter(action)) for action in domain.get("actions") or ()]
    silent = sorted(n for n in named if n.startswith("utter_") and n.removeprefix("utter_") not in known)
    if silent:
        raise BadWording(f"no text in {content}/responses for {', '.join(silent)}")


def sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def build(releases: Releases, now: datetime) -> str:
    """Publish the sources as a Release; returns its id."""
    check_wording(releases.root, releases.content)
    fingerprint = model_fingerprint(releases.root)
    return releases.publish(trained(releases, fingerprint), fingerprint, now)


def publish_content(releases: Releases, now: datetime) -> str:
    """Publish the wording with the live Release's model; the new Release's id. Raises BadRelease without a live one."""
    live = releases.live()
    manifest = releases.manifest(live)
    return releases.publish(releases.directory / live / MODEL, manifest["made_of"], now)


async def announce(redis_url: str, release_id: str) -> bool:
    """Tell every process; False when Redis is not there: they read the file when they start."""
    client = connect(redis_url, call_s=1.0)
    try:
        with reaching():
            await client.set(LIVE_RELEASE, release_id)
        return True
    except NotReachable:
        return False
    finally:
        await client.aclose()


@contextmanager
def one_at_a_time(releases: Releases) -> Iterator[None]:
    """Waits for another process that makes a Release: it may be training the very model that is wanted."""
    with (releases.directory / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def releases_of(settings: Settings, root: Path) -> Releases:
    return Releases(root, settings.var / "releases", root / "models", settings.content)


def make(releases: Releases, command: str, release_id: str) -> str:
    """The id of the Release that is to be live. Raises BadRelease, BadWording."""
    if command == "use":
        releases.verify(release_id)
        return release_id
    now = datetime.now(timezone.utc)
    return build(releases, now) if command == "build" else publish_content(releases, now)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bot.release", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("command", choices=["build", "content", "use", "list"])
    parser.add_argument("id", nargs="?", default="", help="of the Release to use")
    asked = parser.parse_args(arguments)
    settings = Settings.read(os.environ)
    releases = releases_of(settings, Path.cwd())
    releases.directory.mkdir(parents=True, exist_ok=True)
    if asked.command == "list":
        print("\n".join(f"{'*' if name == releases.live() else ' '} {name}" for name in releases.all()))
        return 0
    try:
        with one_at_a_time(releases):
            release_id = make(releases, asked.command, asked.id)
            releases.set_live(release_id)
    except RenjiError as error:
        print(f"No Release was made: {error}", file=sys.stderr)
        return 1
    told = asyncio.run(announce(settings.redis_url, release_id))
    print(f"{release_id} is live{'' if told else ' (Redis does not run: read at the next start)'}")
    return 0


def _hashes(directory: Path, under: str) -> dict[str, str]:
    return {f"{under}/{path.relative_to(directory).as_posix()}": sha256(path) for path in _files(directory)}


def _files(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
    for path in sorted(source.rglob("*")) if source.is_dir() else ():
        if path.is_file() and path.suffix != ".pyc" and not path.name.startswith("."):
            yield path


def _link(model: Path, to: Path) -> None:
    try:
        os.link(model, to)
    except OSError:
        shutil.copyfile(model, to)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
