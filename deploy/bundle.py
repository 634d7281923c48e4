"""`make bundle`: one tar that installs on Linux x86-64 without the Internet.

It holds the source tree as git tracks it, every wheel of requirements/bot.txt, what the browser loads, the live
release with its model, and SHA256SUMS of all that, which install.sh checks before anything is installed.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

from deploy import environment
from deploy.plan import Plan
from deploy.progress import Progress, Stop, run
from deploy.state import live_release

FOLDER = "renji"
"""What the tar unpacks to."""


def make_bundle(plan: Plan, progress: Progress) -> Path:
    """Pack this installation, which is installed and has a release; its file. Raises Stop."""
    wheels = gather_wheels(plan, progress)
    with progress.step("Packing"):
        to = plan.var / "bundle" / f"renji-{_version(plan.root)}-x86_64.tar"
        pack(plan, wheels, to)
        to.with_suffix(".tar.sha256").write_text(f"{_sha256(to)}  {to.name}\n")
    progress.say(f"{to}: {to.stat().st_size // 1_000_000} MB, SHA-256 {_sha256(to)}")
    return to


def gather_wheels(plan: Plan, progress: Progress) -> Path:
    """A folder with a wheel of each requirement, checked by hash, built where the index has only sources.

    It is kept for as long as the requirements stay as they are. Raises Stop.
    """
    requirements = plan.root / "requirements" / "bot.txt"
    kept = plan.var / "bundle" / "wheels" / _sha256(requirements)[:16]
    if kept.exists():
        return kept
    new = kept.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    with progress.step("Gathering wheels (requirements/bot.txt, checked by hash)"):
        arguments = ["wheel", "-q", "--use-pep517", "--no-deps", "--require-hashes", "-r", str(requirements)]
        run([*environment.pip(plan), *arguments, "-w", str(new)], plan.log, "The wheels cannot be gathered")
    new.rename(kept)
    return kept


def pack(plan: Plan, wheels: Path, to: Path) -> None:
    """Write the tar. Raises Stop."""
    files = dict(_contents(plan, wheels))
    sums = "".join(f"{_sha256(path)}  {name}\n" for name, path in sorted(files.items()))
    new = to.with_suffix(".new")
    with tarfile.open(new, "w") as tar:
        for folder in ("", "var"):
            # Only its owner may enter var/: the secret comes to lie there.
            entry = tarfile.TarInfo(f"{FOLDER}/{folder}".rstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o700 if folder else 0o755
            tar.addfile(entry)
        for name, path in files.items():
            tar.add(path, f"{FOLDER}/{name}", recursive=False, filter=_anonymous)
        entry = tarfile.TarInfo(f"{FOLDER}/{environment.SUMS}")
        entry.size = len(sums.encode())
        tar.addfile(entry, io.BytesIO(sums.encode()))
    new.rename(to)


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    """Whoever packed it is nobody's business, and has no account where it is unpacked."""
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mode = 0o755 if entry.mode & 0o100 else 0o644
    return entry


def _contents(plan: Plan, wheels: Path) -> Iterator[tuple[str, Path]]:
    """Names in the tar, and the files."""
    sources = dict(_sources(plan.root))
    yield from sources.items()
    yield "install.sh", sources["deploy/install.sh"]
    for wheel in sorted(wheels.glob("*.whl")):
        yield f"{environment.WHEELS}/{wheel.name}", wheel
    for package in _browser_packages(plan.root):
        yield from _below(plan.root, plan.root / package)
    stamp = plan.root / "node_modules" / ".renji-installed"
    yield "node_modules/.renji-installed", stamp
    yield from _release(plan)


def _sources(root: Path) -> Iterator[tuple[str, Path]]:
    # What git does not know may be a secret that somebody laid there, and nobody reviewed it.
    for name in _git(root, "ls-files", "-z").split("\0"):
        if name and (root / name).is_file() and not (root / name).is_symlink():
            yield name, root / name


def _browser_packages(root: Path) -> list[str]:
    """Folders of package-lock.json that the product needs, without those for its tests."""
    packages = json.loads((root / "package-lock.json").read_text())["packages"]
    return [name for name, package in packages.items() if name and not package.get("dev")]


def _release(plan: Plan) -> Iterator[tuple[str, Path]]:
    """The live release, and its model where `make train` looks for one that it need not train."""
    live = live_release(plan)
    releases = plan.var / "releases"
    if not live:
        raise Stop("There is no release to pack; `make train` makes one.")
    yield "var/releases/live", releases / "live"
    for _, path in _below(releases, releases / live):
        yield f"var/releases/{path.relative_to(releases).as_posix()}", path
    made_of = json.loads((releases / live / "manifest.json").read_text())["made_of"]
    model = f"models/renji-{made_of[:16]}.tar.gz"
    yield model, plan.root / model


def _below(root: Path, folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(root).as_posix(), path


def _version(root: Path) -> str:
    return _git(root, "describe", "--always", "--dirty").strip()


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True)
    if done.returncode:
        raise Stop(f"A bundle is made in a checkout, by git: {done.stderr.strip()}")
    return done.stdout


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
