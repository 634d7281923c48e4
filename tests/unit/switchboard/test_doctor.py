"""What the doctor finds, and that it says what to do."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from redis import asyncio as aioredis

from switchboard import doctor
from switchboard.doctor import FAIL, OK, WARN, Finding, machine, services, setup
from switchboard.doctor import redis as redis_part
from switchboard.settings import Settings
from switchboard.switches import Switch
from tests.ports import free_port


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An installation in good order, but nothing runs."""
    os.chmod(tmp_path, 0o700)
    secret = tmp_path / "secret"
    secret.write_bytes(b"s" * 32)
    secret.chmod(0o600)
    return Settings(
        public_url="https://chat.example.com",
        origins="https://chat.example.com",
        var=tmp_path,
        secret_file=secret,
        redis_url=f"unix://{tmp_path}/redis.sock",
        partitions=8,
    )


def levels(found: Iterable[Finding]) -> dict[str, str]:
    """The worst of each."""
    told: dict[str, str] = {}
    for one in found:
        order = (OK, WARN, FAIL)
        told[one.what] = max(told.get(one.what, OK), one.level, key=order.index)
    return told


# --- the machine -----------------------------------------------------------------------------------------------------


def test_room_and_fsync_are_measured_where_redis_writes(tmp_path: Path) -> None:
    assert set(levels(machine.disk(tmp_path))) == {"disk space", "disk fsync"}
    assert machine.fsync_ms(tmp_path) > 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("took_ms", "level"), [(1.0, OK), (30.0, WARN), (200.0, FAIL)])
def test_a_slow_fsync_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, took_ms: float, level: str) -> None:
    monkeypatch.setattr(machine, "fsync_ms", lambda folder: took_ms)
    assert levels(machine.disk(tmp_path))["disk fsync"] == level


@pytest.mark.parametrize(("free_mb", "level"), [(50_000, OK), (1000, WARN), (100, FAIL)])
def test_little_room_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_mb: int, level: str) -> None:
    usage = shutil.disk_usage(tmp_path)._replace(free=free_mb * 1_000_000)
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda folder: usage)
    assert levels(machine.disk(tmp_path))["disk space"] == level


def test_a_folder_that_cannot_be_written_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(folder: Path) -> float:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(machine, "fsync_ms", refused)
    assert levels(machine.disk(tmp_path))["disk fsync"] == WARN


def requirements(folder: Path, text: str) -> Path:
    for name in ("bot.txt", "gateway.txt"):
        (folder / name).write_text(text)
    return folder


def test_packages_are_compared_with_the_requirement_file(tmp_path: Path) -> None:
    text = f"aiohttp=={aiohttp.__version__} \\\n    --hash=sha256:00\n    # via\n"
    assert levels(machine.versions(requirements(tmp_path, text)))["packages"] == OK
    (wrong,) = [f for f in machine.versions(requirements(tmp_path, f"{text}redis==0.1 \\\n")) if f.level == FAIL]
    assert "redis" in wrong.text and "not 0.1" in wrong.text and "aiohttp" not in wrong.text
    (gone,) = [f for f in machine.versions(requirements(tmp_path, "no-such-package==1\n")) if f.level == FAIL]
    assert "no-such-package missing" in gone.text


def test_rasa_on_another_python_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "installed", lambda package: "3.6.21")
    assert levels(machine.versions(requirements(tmp_path, ""), (3, 11)))["python"] == FAIL
    assert levels(machine.versions(requirements(tmp_path, ""), (3, 10)))["python"] == OK


def test_without_requirement_files_it_says_where_to_run(tmp_path: Path) -> None:
    assert levels(machine.versions(tmp_path))["packages"] == WARN


# --- what is set up --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mode", "level"), [(0o600, OK), (0o400, OK), (0o640, FAIL), (0o604, FAIL)])
def test_a_secret_that_others_can_read_is_told(settings: Settings, mode: int, level: str) -> None:
    settings.secret_file.chmod(mode)
    assert levels(setup.secrets(settings))["secret"] == level


def test_a_missing_or_short_secret_is_told(settings: Settings) -> None:
    settings.secret_file.write_bytes(b"short")
    assert levels(setup.secrets(settings))["secret"] == FAIL
    settings.secret_file.unlink()
    assert levels(setup.secrets(settings))["secret"] == FAIL


def test_a_socket_or_folder_for_everybody_is_told(settings: Settings) -> None:
    (settings.var / "redis.sock").touch(0o666)
    os.chmod(settings.var / "redis.sock", 0o666)
    os.chmod(settings.var, 0o755)
    told = levels(setup.secrets(settings))
    assert (told["redis socket"], told["state folder"]) == (FAIL, WARN)


HALVES = [
    ("sms", {"sms_secret": "s" * 16}),
    ("sms", {"sms_send_url": "https://sms.example.com"}),
    ("sms", {"sms_send_url": "https://sms.example.com", "sms_secret": "short"}),
    ("wechat", {"wechat_app_id": "wx1", "wechat_token": "t"}),
    ("wechat", {"wechat_app_id": "wx1", "wechat_token": "t", "wechat_app_secret": "s", "wechat_aes_key": "short"}),
    ("payments", {"paygate_url": "https://pay.example.com"}),
]


@pytest.mark.parametrize(("what", "given"), HALVES)
def test_what_is_half_set_up_is_told_without_its_values(settings: Settings, what: str, given: dict[str, str]) -> None:
    found = list(setup.channels(replace(settings, **given)))
    assert levels(found)[what] == FAIL
    assert not any(value in one.text for one in found for value in given.values() if value != "t" and value != "s")


def test_whole_channels_and_none_are_fine(settings: Settings) -> None:
    assert set(levels(setup.channels(settings)).values()) == {OK}
    whole = {"wechat_app_id": "wx1", "wechat_token": "t", "wechat_app_secret": "s", "wechat_aes_key": "a" * 43}
    whole |= {"sms_send_url": "https://sms.example.com", "sms_secret": "s" * 16}
    whole |= {"paygate_url": "https://pay.example.com", "paygate_secret": "p"}
    assert set(levels(setup.channels(replace(settings, **whole))).values()) == {OK}
    assert levels(setup.channels(replace(settings, **whole | {"wechat_aes_key": ""})))["wechat"] == WARN
    assert levels(setup.channels(replace(settings, **whole | {"paygate_url": ""})))["payments"] == WARN


def test_addresses_that_lead_nowhere_or_are_not_safe_are_told(settings: Settings) -> None:
    assert levels(setup.addresses(settings)) == {"public address": OK}
    assert levels(setup.addresses(replace(settings, public_url="http://chat.example.com")))["public address"] == FAIL
    assert levels(setup.addresses(replace(settings, public_url="http://127.0.0.1:8080")))["public address"] == WARN
    assert levels(setup.addresses(replace(settings, origins="https://other.example")))["public address"] == WARN
    assert levels(setup.addresses(replace(settings, demo=True)))["demo"] == FAIL


# --- Redis -----------------------------------------------------------------------------------------------------------


async def test_a_redis_in_good_order_is_fine(settings: Settings, redis: aioredis.Redis, redis_server: Path) -> None:
    told = levels(await doctor.examine(replace(settings, redis_url=f"unix://{redis_server}"), Path.cwd()))
    names = ("redis", "redis appendonly", "redis appendfsync", "redis maxmemory-policy", "clock")
    assert {name: told[name] for name in names} == dict.fromkeys(names, OK)
    assert {"redis write", "disk fsync", "disk space", "redis version"} <= set(told)


async def test_a_redis_that_would_lose_messages_is_told(
    settings: Settings, redis: aioredis.Redis, redis_server: Path
) -> None:
    await redis.config_set("appendfsync", "everysec")
    try:
        told = await doctor.examine(replace(settings, redis_url=f"unix://{redis_server}"), Path.cwd())
    finally:
        await redis.config_set("appendfsync", "always")
    (wrong,) = [one for one in told if one.what == "redis appendfsync"]
    assert (wrong.level, "set always" in wrong.text) == (FAIL, True)


async def test_another_number_of_partitions_is_told(
    settings: Settings, redis: aioredis.Redis, redis_server: Path
) -> None:
    await redis.set("partitions", 7)
    told = await doctor.examine(replace(settings, redis_url=f"unix://{redis_server}"), Path.cwd())
    assert levels(told)["redis"] == FAIL


@pytest.mark.parametrize(("told", "level"), [("5.0.7", FAIL), ("6.2.14", WARN), ("7.0.15", OK), ("8", OK)])
def test_an_old_redis_is_told(told: str, level: str) -> None:
    assert redis_part.version(told).level == level


@pytest.mark.parametrize(("ahead_s", "level"), [(0.1, OK), (-1.0, WARN), (1.0, WARN), (-60.0, FAIL)])
def test_a_clock_that_differs_from_redis_is_told(ahead_s: float, level: str) -> None:
    assert redis_part.clock(ahead_s).level == level


@pytest.mark.parametrize(("took_ms", "level"), [(3.0, OK), (50.0, WARN), (500.0, FAIL)])
def test_slow_writes_are_told(took_ms: float, level: str) -> None:
    assert redis_part.writes(took_ms).level == level


@pytest.mark.parametrize(("used", "most", "level"), [(10, 100, OK), (80, 100, WARN), (95, 100, FAIL), (10, 0, WARN)])
def test_a_memory_that_fills_or_has_no_limit_is_told(used: int, most: int, level: str) -> None:
    assert levels(redis_part.memory({"used_memory": used, "maxmemory": most}))["redis memory"] == level


@pytest.mark.parametrize(("count", "level"), [(0, FAIL), (1, WARN), (2, OK)])
def test_how_many_workers_live_is_told(count: int, level: str) -> None:
    assert redis_part.workers(count).level == level


def test_another_machines_redis_needs_a_password(settings: Settings) -> None:
    assert levels(redis_part._door(replace(settings, redis_url="redis://redis.example.com:6379/0"))) != {}
    assert levels(redis_part._door(replace(settings, redis_url="redis://:pw@redis.example.com:6379/0"))) == {}


# --- the other processes ---------------------------------------------------------------------------------------------


async def served(settings: Settings, **statuses: int) -> dict[str, str]:
    """What is told when each process answers so; 200 for those that are not named."""
    app, port = web.Application(), free_port()
    paths = {"gateway": "/readyz", "actions": "/health", "crm": "/healthz", "rasa": "/webhooks/renji/health"}
    for name, path in paths.items():
        status = statuses.get(name, 200)
        app.router.add_get(path, _answering(status))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    url = f"http://127.0.0.1:{port}"
    rasa = ",".join([url] * statuses.get("slots", 2) + ["http://127.0.0.1:1"] * statuses.get("dead", 0))
    here = replace(settings, port=port, actions_url=url, crm_url=url, rasa_urls=rasa)
    try:
        async with aiohttp.ClientSession() as http:
            return levels(await services.reachable(here, http))
    finally:
        await runner.cleanup()


def _answering(status: int) -> object:
    async def handle(_: web.Request) -> web.Response:
        return web.Response(status=status)

    return handle


FINE = {"gateway": OK, "actions": OK, "crm": OK, "rasa": OK}


async def test_processes_that_answer_are_fine(settings: Settings) -> None:
    assert await served(settings) == FINE


@pytest.mark.parametrize(
    ("statuses", "told"),
    [
        ({"gateway": 503}, {"gateway": WARN}),
        ({"actions": 500}, {"actions": FAIL}),
        ({"crm": 500}, {"crm": FAIL}),
        ({"crm": 404}, {}),
        ({"rasa": 503}, {"rasa": FAIL}),
        ({"slots": 1}, {"rasa": WARN}),
        ({"slots": 1, "dead": 1}, {"rasa": WARN}),
    ],
)
async def test_a_process_that_is_not_well_is_told(
    settings: Settings, statuses: dict[str, int], told: dict[str, str]
) -> None:
    assert await served(settings, **statuses) == FINE | told


async def test_nothing_runs_is_told_for_each_and_ends_with_1(settings: Settings) -> None:
    away = {"port": 1, "actions_url": "http://127.0.0.1:1", "crm_url": "http://127.0.0.1:1"}
    away |= {"rasa_urls": "http://127.0.0.1:1", "public_url": "http://127.0.0.1:1"}
    found = await doctor.examine(replace(settings, **away), Path.cwd())
    told = levels(found)
    assert {told[name] for name in ("redis", *FINE)} == {FAIL}
    code, lines = doctor.report(found)
    assert code == 1
    assert all(line.startswith(("OK ", "WARN", "FAIL")) for line in lines[:-1])


def test_warnings_alone_end_with_0() -> None:
    assert doctor.report([Finding(WARN, "x", "y"), Finding(OK, "x", "y")]) == (
        0,
        ["WARN  x                      y", "OK    x                      y", "1 OK, 1 WARN, 0 FAIL"],
    )


@pytest.mark.parametrize(("days", "level"), [(90, OK), (10, WARN), (1, FAIL), (-1, FAIL)])
def test_a_certificate_that_ends_soon_is_told(days: float, level: str) -> None:
    assert services.lasting("chat.example.com", days).level == level


async def test_a_host_without_a_certificate_is_told(settings: Settings) -> None:
    server = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        (told,) = await services.certificates(replace(settings, public_url=f"https://127.0.0.1:{port}"))
    assert told.level == WARN


@pytest.mark.parametrize(
    ("online", "waited", "least", "level", "words"),
    [
        (0, 0, 0, OK, "none"),
        (1, 0, 0, WARN, "set RENJI_REDIS_REPLICAS=1"),
        (0, 1, 0, FAIL, "503"),
        (1, 1, 1, WARN, "one more"),
        (2, 1, 0, WARN, "min-replicas-to-write"),
        (2, 1, 1, OK, "2 are there"),
    ],
)
def test_replicas_are_compared_with_what_is_waited_for(
    online: int, waited: int, least: int, level: str, words: str
) -> None:
    told = {"role": "master", **{f"slave{n}": {"state": "online"} for n in range(online)}, "slave9": {"state": "sync"}}
    found = redis_part.copies(told, waited, least)
    assert found.level == level and words in found.text


def test_what_is_switched_off_is_told() -> None:
    now = datetime(2026, 11, 21, 3, tzinfo=timezone.utc)
    assert redis_part.switched_off([]).level == OK
    found = redis_part.switched_off([Switch("operation", "change_plan", "wang", "x", now)])
    assert found.level == WARN and "operation change_plan" in found.text
