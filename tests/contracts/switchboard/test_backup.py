"""A copy of a running switchboard, restored elsewhere, answers what was in flight and does nothing twice."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from console.database import open_engine
from switchboard.backup import AOF, backup, restore
from switchboard.errors import BadBackup, NotReachable
from switchboard.model import Address
from switchboard.settings import Settings
from tests import postgres
from tests.conftest import redis_binary
from tests.contracts.switchboard.stack import Stack
from tests.ports import free_port
from tests.topologies import Cluster, Guarded, until

PEOPLE = [Address("web", f"p{n}") for n in range(20)]


def installed(folder: Path, stack: Stack) -> Settings:
    """Settings of an installation in `folder` whose Redis is the stack's."""
    secret = folder / "secret"
    shutil.copy(stack.settings.secret_file, secret)
    for name in ("console", "crm"):
        with closing(sqlite3.connect(folder / f"{name}.db")) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE said (text TEXT)")
            database.execute("INSERT INTO said VALUES (?)", (name,))
            database.commit()
    (folder / "releases" / "r1").mkdir(parents=True)
    (folder / "releases" / "live").write_text("r1")
    (folder / "releases" / "r1" / "model").write_text("weights")
    os.link(folder / "releases" / "r1" / "model", folder / "releases" / "r1" / "again")
    (folder / "catalogue.json").write_text("{}")
    return named(stack.settings, folder)


def named(settings: Settings, folder: Path) -> Settings:
    return dataclasses.replace(
        settings,
        var=folder,
        secret_file=folder / "secret",
        database_url=f"sqlite+aiosqlite:///{folder}/console.db",
        crm_database_url=f"sqlite+aiosqlite:///{folder}/crm.db",
    )


@pytest.fixture
def old(tmp_path: Path, stack: Stack) -> Settings:
    if stack.settings.redis_url.startswith("cluster"):
        pytest.skip("one server only: a Cluster has a test of its own")
    (tmp_path / "old").mkdir()
    return installed(tmp_path / "old", stack)


@pytest.fixture
def new(tmp_path: Path, old: Settings) -> Settings:
    """An empty installation with the secret of the old one."""
    folder = tmp_path / "new"
    folder.mkdir()
    shutil.copy(old.secret_file, folder / "secret")
    return named(old, folder)


@contextmanager
def redis_in(folder: Path, binary: str) -> Iterator[Path]:
    """As deploy/supervisord.conf starts it; its socket."""
    # Not in the folder: a unix socket's path may have 107 bytes only.
    with tempfile.TemporaryDirectory(prefix="renji-restored-") as short:
        socket = Path(short) / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(socket), "--dir", str(folder), "--appendonly", "yes"]
        process = subprocess.Popen([binary, *options, "--save", ""], stdout=subprocess.DEVNULL)
        try:
            deadline = time.monotonic() + 10
            while not socket.exists():
                assert time.monotonic() < deadline and process.poll() is None, "Redis does not start"
                time.sleep(0.02)
            yield socket
        finally:
            process.kill()
            process.wait()


def binaries() -> list[str]:
    system = shutil.which("redis-server")
    return [redis_binary(), *([system] if system and system != redis_binary() else [])]


async def half_answered(stack: Stack) -> None:
    """Half the people were answered once; all of them wait now."""
    worker = stack.worker()
    for person in PEOPLE[:10]:
        await stack.say(person, "答过的")
    await stack.until(lambda: len(stack.web.sent) == 20)
    await stack.at_rest()
    await stack.kill(worker)
    for person in PEOPLE:
        await stack.say(person, "在路上的", id=f"web:{person.id}:1")


async def goes_on(where: Path | str, folder: Path) -> None:
    """What waited is answered there, each once."""
    (folder / "again").mkdir()
    again = Stack(where, folder / "again")
    await again.stores.ready()
    again.worker("w2")
    await again.at_rest(20)
    echoes = [m for m in again.web.sent if m.reply.text == "echo 在路上的"]
    assert sorted(m.conversation for m in echoes) == sorted(again.conversation(person) for person in PEOPLE)
    # Who was greeted before is known, and what was accepted before is not accepted again.
    assert sum("机器人" in text for text in again.web.texts()) == 10
    assert await again.accept(again.message(PEOPLE[0], "在路上的", id=f"web:{PEOPLE[0].id}:1")) == []
    await again.end()


@pytest.mark.parametrize("binary", binaries(), ids=lambda binary: Path(binary).parent.parent.name)
async def test_what_was_in_flight_is_answered_after_a_restore(
    stack: Stack, old: Settings, new: Settings, tmp_path: Path, binary: str
) -> None:
    await half_answered(stack)
    await asyncio.to_thread(backup, old, tmp_path / "copy")
    await asyncio.to_thread(restore, new, tmp_path / "copy")
    with redis_in(new.var, binary) as socket:
        await goes_on(socket, tmp_path)


async def test_a_cluster_goes_on_from_the_copies_of_its_masters(cluster: Cluster, tmp_path: Path) -> None:
    old, new = await several_installed(cluster.url, tmp_path)
    await asyncio.to_thread(backup, old, tmp_path / "copy")
    lines = await asyncio.to_thread(restore, new, tmp_path / "copy")
    assert ["0–5460", "5461–10921", "10922–16383"] == re.findall(r"slots (\S+) that", "\n".join(lines))
    fresh = Cluster()
    try:
        for master, folder in zip(fresh.masters, ("redis-0", "redis-5461", "redis-10922"), strict=True):
            master.kill()
            shutil.rmtree(master.folder / "appendonlydir", ignore_errors=True)
            shutil.copy(new.var / "masters" / folder / AOF, master.folder / AOF)
        for master in fresh.masters:
            master.start()
        until(lambda: all(map(fresh.whole_at, fresh.servers)))
        await goes_on(fresh.url, tmp_path)
    finally:
        fresh.end()


@pytest.mark.skipif("ALL_ON_CLUSTER" not in os.environ, reason="six servers: make test-full, or ALL_ON_CLUSTER=1")
async def test_behind_sentinels_the_master_is_copied(tmp_path: Path) -> None:
    guarded = Guarded()
    try:
        old, new = await several_installed(guarded.url, tmp_path)
        await asyncio.to_thread(backup, old, tmp_path / "copy")
        await asyncio.to_thread(restore, new, tmp_path / "copy")
        with redis_in(new.var, guarded.master.argv[0]) as socket:
            await goes_on(socket, tmp_path)
    finally:
        guarded.end()


async def several_installed(url: str, folder: Path) -> tuple[Settings, Settings]:
    """Settings of an installation on these servers with people who wait, and of an empty one."""
    (folder / "stack").mkdir()
    stack = Stack(url, folder / "stack")
    await stack.stores.redis.flushall()
    await stack.stores.ready()
    for name in ("old", "new"):
        (folder / name).mkdir()
    old = installed(folder / "old", stack)
    await half_answered(stack)
    shutil.copy(old.secret_file, folder / "new" / "secret")
    await stack.end()
    return old, named(old, folder / "new")


async def test_a_copy_holds_everything_but_the_secret(old: Settings, new: Settings, tmp_path: Path) -> None:
    lines = await asyncio.to_thread(backup, old, tmp_path / "copy")
    await asyncio.to_thread(restore, new, tmp_path / "copy")
    for name in ("console", "crm"):
        with closing(sqlite3.connect(new.var / f"{name}.db")) as database:
            assert database.execute("SELECT text FROM said").fetchall() == [(name,)]
    assert (new.var / "releases" / "live").read_text() == "r1"
    assert (new.var / "releases" / "r1" / "model").stat().st_nlink == 2
    assert (new.var / "catalogue.json").exists()
    secret = old.secret_file.read_bytes()
    assert [path.name for path in (tmp_path / "copy").iterdir() if secret in path.read_bytes()] == []
    assert "secret is not in it" in lines[-1]


async def test_only_this_user_can_read_a_copy(old: Settings, tmp_path: Path) -> None:
    await asyncio.to_thread(backup, old, tmp_path / "copy")
    modes = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / "copy").iterdir() if path.suffix != ".json"}
    assert set(modes.values()) == {0}
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0


async def test_a_database_that_is_written_meanwhile_is_copied_whole(old: Settings, tmp_path: Path) -> None:
    with closing(sqlite3.connect(old.var / "console.db")) as database:
        database.executemany("INSERT INTO said VALUES (?)", [("x" * 2000,)] * 5000)
        database.commit()
    copying = asyncio.create_task(asyncio.to_thread(backup, old, tmp_path / "copy"))
    with closing(sqlite3.connect(old.var / "console.db", timeout=10)) as database:
        while not copying.done():
            database.execute("INSERT INTO said VALUES ('meanwhile')")
            database.commit()
            await asyncio.sleep(0.01)
    await copying
    with closing(sqlite3.connect(tmp_path / "copy" / "console.db")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert copy.execute("SELECT count(*) FROM said").fetchone()[0] >= 5001


@pytest.mark.postgresql
async def test_a_postgresql_is_copied_by_its_own_tools(old: Settings, new: Settings, tmp_path: Path) -> None:
    postgres.need()
    named = [await postgres.fresh(f"renji_{name}") for name in ("copied", "restored")]
    engines = [open_engine(url) for url in named]
    async with engines[0].begin() as connection:
        await connection.exec_driver_sql("CREATE TABLE said AS SELECT 'console' AS text")
    await asyncio.to_thread(backup, dataclasses.replace(old, database_url=named[0]), tmp_path / "copy")
    await asyncio.to_thread(restore, dataclasses.replace(new, database_url=named[1]), tmp_path / "copy")
    async with engines[1].connect() as connection:
        assert (await connection.exec_driver_sql("SELECT text FROM said")).scalars().all() == ["console"]
    for engine in engines:
        await engine.dispose()


def _truncated(copy: Path, new: Settings) -> str:
    path = copy / "redis.rdb"
    path.write_bytes(path.read_bytes()[:-1])
    return "changed since the backup: redis.rdb"


def _missing(copy: Path, new: Settings) -> str:
    (copy / "console.db").unlink()
    return "no whole backup"


def _other_secret(copy: Path, new: Settings) -> str:
    new.secret_file.write_bytes(b"t" * 32)
    return "not the secret of this backup"


def _state_there(copy: Path, new: Settings) -> str:
    (new.var / AOF).write_text("")
    return "there is state already"


@pytest.mark.parametrize("spoil", [_truncated, _missing, _other_secret, _state_there])
async def test_a_restore_refuses_and_changes_nothing(old: Settings, new: Settings, tmp_path: Path, spoil) -> None:
    await asyncio.to_thread(backup, old, tmp_path / "copy")
    why = spoil(tmp_path / "copy", new)
    before = sorted(path.name for path in new.var.iterdir())
    with pytest.raises(BadBackup, match=why):
        restore(new, tmp_path / "copy")
    assert sorted(path.name for path in new.var.iterdir()) == before


async def test_a_backup_overwrites_nothing_and_names_what_it_cannot_copy(old: Settings, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    (tmp_path / "copy" / "mine").touch()
    with pytest.raises(BadBackup, match="is not empty"):
        await asyncio.to_thread(backup, old, tmp_path / "copy")
    away = dataclasses.replace(old, redis_url=f"cluster://127.0.0.1:{free_port()}")
    with pytest.raises(NotReachable):
        await asyncio.to_thread(backup, away, tmp_path / "other")


async def test_a_database_that_is_missing_is_not_copied_as_an_empty_one(old: Settings, tmp_path: Path) -> None:
    (old.var / "console.db").unlink()
    with pytest.raises(BadBackup, match="console.db"):
        await asyncio.to_thread(backup, old, tmp_path / "copy")
    assert not (old.var / "console.db").exists()


async def test_no_second_copy_stays_in_the_folder_of_redis(old: Settings, redis_server: Path, tmp_path: Path) -> None:
    await asyncio.to_thread(backup, old, tmp_path / "copy")
    assert list(redis_server.parent.rglob("dump.rdb")) == []
    (redis_server.parent / "dump.rdb").write_bytes(b"somebody's own")
    await asyncio.to_thread(backup, old, tmp_path / "again")
    assert (redis_server.parent / "dump.rdb").exists()
    (redis_server.parent / "dump.rdb").unlink()
