"""`python -m switchboard backup FOLDER` of a running installation, and `restore FOLDER` into an empty one.

Redis first, then SQL: what is in flight in the copy of Redis may be done already in the copies made after it, and is
then not done again (orders have keys, the log's entries have numbers). The other way round it would be forgotten.
The secret is not in it: keep it elsewhere, since without it no copy can be read and with it everybody can.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from switchboard.errors import BadBackup
from switchboard.redis.connection import connect, reaching
from switchboard.redis.snapshot import leftover, snapshot
from switchboard.redis.stores import utc_now
from switchboard.redis.topology import close, masters, servers
from switchboard.settings import Settings

SCHEMA = 1
REDIS, RELEASES, MANIFEST = "redis.rdb", "releases.tar", "manifest.json"
AOF = "appendonly.aof"
"""Redis reads an RDB file under this name as the beginning of its append-only file, 7 and newer too."""
MASTERS = "masters"
"""Folder with a folder for each master of a Cluster."""
SMALL = ("catalogue.json", "demo-logins.json", "redis-version")
"""Other files of var/ that are copied where they exist."""
PAGES, PAUSE_S = 256, 0.005
"""SQLite is copied in pieces, so that its writers get their turn."""


def add_arguments(commands: Any) -> None:
    for name, text in (("backup", "copy a running installation"), ("restore", "make an installation of a copy")):
        command = commands.add_parser(name, help=text)
        command.add_argument("folder", type=Path)


def run(settings: Settings, asked: argparse.Namespace) -> list[str]:
    """Lines for the terminal. Raises BadBackup, BadSettings, NotReachable."""
    began = time.monotonic()
    lines = (backup if asked.command == "backup" else restore)(settings, asked.folder)
    return [*lines, f"done in {time.monotonic() - began:.1f} s"]


# --- making one ------------------------------------------------------------------------------------------------------


def backup(settings: Settings, folder: Path) -> list[str]:
    """Into a folder that is not there yet, or empty."""
    if folder.exists() and any(folder.iterdir()):
        raise BadBackup(f"{folder} is not empty")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    at = utc_now()
    version, slots = asyncio.run(_copy_redis(settings, folder))
    for name, url in _databases(settings).items():
        _dump(url, folder / name)
    _pack_releases(settings.var, folder / RELEASES)
    for name in SMALL:
        if (settings.var / name).exists():
            shutil.copy2(settings.var / name, folder / name)
    files = {path.name: path for path in sorted(folder.iterdir())}
    manifest = {
        "schema": SCHEMA,
        "at": at.isoformat(),
        "partitions": settings.partitions,
        "redis": version,
        "slots": slots,
        "secret": _fingerprint(settings),
        "files": {name: _sha256(path) for name, path in files.items()},
    }
    _write_private(folder / MANIFEST, json.dumps(manifest, indent=1))
    lines = [f"{name:<18}{path.stat().st_size:>14} bytes" for name, path in files.items()]
    return [*lines, f"{settings.secret_file} is not in it: keep it elsewhere"]


def _databases(settings: Settings) -> dict[str, str]:
    """File names with addresses: the console's, and the reference CRM's where it is SQLite (PostgreSQL may be shared
    with nobody knows what else; the carrier's CRM is the carrier's).
    """
    found = {"console.db" if _sqlite(settings.database_url) else "console.dump": settings.database_url}
    crm = _sqlite(settings.crm_database_url)
    if crm and crm.exists():
        found["crm.db"] = settings.crm_database_url
    return found


def _sqlite(url: str) -> Path | None:
    """The file of an SQLite address; None for another database."""
    scheme, _, path = url.partition(":///")
    return Path(path) if scheme.startswith("sqlite") else None


def _dump(url: str, to: Path) -> None:
    source = _sqlite(url)
    if source is None:
        _postgresql("pg_dump", url, "--format=custom", "--no-owner", f"--file={to}")
    else:
        try:
            # Without mode=ro SQLite makes an empty database of a file that is missing.
            original = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
        except sqlite3.Error as error:
            raise BadBackup(f"{source}: {error}") from error
        with closing(original), closing(sqlite3.connect(to)) as copy:
            original.backup(copy, pages=PAGES, sleep=PAUSE_S)
    to.chmod(0o600)


def _postgresql(tool: str, url: str, *arguments: str) -> None:
    """PostgreSQL's own tools; the password is in no argument, where every process could read it."""
    parts = urlsplit(url)
    # An address with a socket names its folder behind the question mark.
    host = parts.hostname or parse_qs(parts.query).get("host", [""])[0]
    where = {"PGHOST": host, "PGPORT": str(parts.port or 5432), "PGUSER": parts.username}
    where |= {"PGPASSWORD": unquote(parts.password or ""), "PGDATABASE": parts.path.strip("/")}
    try:
        done = subprocess.run(
            [tool, *arguments],
            env=os.environ | {name: value for name, value in where.items() if value},
            capture_output=True,
            text=True,
        )
    except OSError as error:
        raise BadBackup(f"{tool}: {error.strerror}; install PostgreSQL's client tools") from error
    if done.returncode:
        raise BadBackup(f"{tool}: {done.stderr.strip()[-500:]}")


def _pack_releases(var: Path, to: Path) -> None:
    """A tar keeps it that releases with one model share its file."""
    with tarfile.open(to, "w") as tar:
        if (var / "releases").exists():
            tar.add((var / "releases").resolve(), arcname="releases")
    to.chmod(0o600)


async def _copy_redis(settings: Settings, folder: Path) -> tuple[str, dict[str, Any]]:
    """The version of Redis; file → ranges of slots, for a Cluster. Everything of a conversation is in one slot, so that
    its masters need not be copied at the same moment; of a number it is not (docs/operations.md).
    """
    redis = connect(settings.redis_url)
    try:
        before = await leftover(redis)
        with reaching():
            found = await servers(settings.redis_url, redis)
        slots = {f"redis-{ranges[0][0]}.rdb": ranges for _, ranges in found if ranges}
        names = list(slots) or [REDIS]
        await asyncio.gather(*(snapshot(url, folder / name) for (url, _), name in zip(found, names, strict=True)))
        if before is None and (left := await leftover(redis)):
            left.unlink()
        with reaching():
            async with masters(redis) as each:
                return str((await each[0][1].info("server"))["redis_version"]), slots
    finally:
        await close(redis)


# --- making an installation of one -----------------------------------------------------------------------------------


def restore(settings: Settings, folder: Path) -> list[str]:
    """Into an installation that has no state yet: nothing is overwritten. Its secret must be the one of the backup."""
    manifest = verify(settings, folder)
    there = [path for path in _targets(settings) if path.exists()]
    if there:
        raise BadBackup(f"there is state already: {', '.join(map(str, there))}")
    settings.var.mkdir(mode=0o700, parents=True, exist_ok=True)
    lines = list(_restore_redis(settings, folder, manifest))
    for name, url in _databases_in(settings, manifest).items():
        target = _sqlite(url)
        if target is None:
            _postgresql("pg_restore", url, "--exit-on-error", "--no-owner", f"--dbname={urlsplit(url).path.strip('/')}",
                        str(folder / name))  # fmt: skip
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, target)
            target.chmod(0o600)
    with tarfile.open(folder / RELEASES) as tar:
        # Its hash was just compared with the manifest's.
        tar.extractall(settings.var)
    for name in SMALL:
        if name in manifest["files"]:
            shutil.copy2(folder / name, settings.var / name)
    return [f"a copy of {manifest['at']}, Redis {manifest['redis']}", *lines]


def _restore_redis(settings: Settings, folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """Put the file of each master where it can be started on it; what each is for."""
    slots = manifest.get("slots", {})
    for name in slots or [REDIS]:
        place = settings.var / MASTERS / Path(name).stem if slots else settings.var
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copyfile(folder / name, place / AOF)
        (place / AOF).chmod(0o600)
        whose = f"the master of slots {_told(slots[name])}" if slots else "a Redis"
        yield f"{place / AOF} is for {whose} that starts with --dir {place} --appendonly yes"


def _told(ranges: Sequence[Sequence[int]]) -> str:
    return ", ".join(f"{first}–{last}" for first, last in ranges)


def verify(settings: Settings, folder: Path) -> dict[str, Any]:
    """The manifest of a whole backup that belongs to this secret. Raises BadBackup."""
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        changed = [name for name, known in manifest["files"].items() if _sha256(folder / name) != known]
    except (OSError, ValueError, KeyError) as error:
        raise BadBackup(f"{folder} is no whole backup: {error}") from error
    if changed:
        raise BadBackup(f"changed since the backup: {', '.join(changed)}")
    if manifest["schema"] != SCHEMA:
        raise BadBackup(f"made by another version (schema {manifest['schema']})")
    if manifest["secret"] != _fingerprint(settings):
        raise BadBackup(f"{settings.secret_file} is not the secret of this backup")
    if manifest["partitions"] != settings.partitions:
        raise BadBackup(f"RENJI_PARTITIONS must be {manifest['partitions']}")
    return manifest


def _databases_in(settings: Settings, manifest: Mapping[str, Any]) -> dict[str, str]:
    known = {"console.db": settings.database_url, "console.dump": settings.database_url}
    known["crm.db"] = settings.crm_database_url
    found = {name: url for name, url in known.items() if name in manifest["files"]}
    for name, url in found.items():
        if (_sqlite(url) is not None) != name.endswith(".db"):
            raise BadBackup(f"{name} is from another kind of database than {url.partition(':')[0]}")
    return found


def _targets(settings: Settings) -> list[Path]:
    databases = [_sqlite(url) for url in (settings.database_url, settings.crm_database_url)]
    names = (AOF, "appendonlydir", "dump.rdb", MASTERS, "releases")
    return [*(settings.var / name for name in names), *(path for path in databases if path)]


def _fingerprint(settings: Settings) -> str:
    """Tells secrets apart and nothing about them."""
    return hmac.new(settings.key("backup"), b"fingerprint", hashlib.sha256).hexdigest()[:16]


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text + "\n")
