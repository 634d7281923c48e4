"""What a gateway answers whatever comes: odd HTTP, health, metrics, and what a demo refuses."""

from __future__ import annotations

import asyncio
import gzip
import io
import os
import signal
import subprocess
import sys
import time
from contextlib import asynccontextmanager, redirect_stderr
from functools import partial
from pathlib import Path

import pytest
import structlog
from aiohttp import web

import gateway
from console.demo import rules
from switchboard.errors import BadSettings
from switchboard.settings import Settings
from tests.contracts.connectors.stage import demo_settings, staged
from tests.stack import free_port

ROOT = Path(__file__).parents[3]


async def raw(stage, data, wait_s=5.0):
    """The first line of the answer to raw bytes, b"" where the connection was just closed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", stage.settings.port)
    try:
        writer.write(data)
        await writer.drain()
        return await asyncio.wait_for(reader.readline(), wait_s)
    except ConnectionResetError:
        return b""
    finally:
        writer.close()


def request(path="/sms/mo", headers=(), body=b"{}", length=None):
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body


PATHS = ["/sms/mo", "/sms/receipt", "/wechat", "/webhooks/rest/webhook"]


@pytest.mark.parametrize("path", PATHS)
async def test_a_gzip_bomb_is_not_opened(stage, path):
    bomb = gzip.compress(b"x" * 10_000_000)
    async with stage.http.post(stage.url + path, data=bomb, headers={"Content-Encoding": "gzip"}) as answer:
        assert answer.status == 415


@pytest.mark.parametrize("path", PATHS)
async def test_a_gigabyte_is_refused_by_its_length(stage, path):
    line = await raw(stage, request(path, length=1_000_000_000))
    assert b" 413 " in line


@pytest.mark.parametrize("path", PATHS)
async def test_a_gigabyte_without_a_length_is_refused_while_it_comes(stage, path):
    async def endless():
        for _ in range(1000):
            yield b"x" * 4096

    try:
        async with stage.http.post(stage.url + path, data=endless()) as answer:
            assert answer.status == 413
    except OSError:
        pass  # The connection was closed while we were still writing.


@pytest.mark.parametrize(
    "data",
    [
        request(headers=["Transfer-Encoding: chunked"]),
        request(headers=["Transfer-Encoding: chunked"], body=b"0\r\n\r\nGET / HTTP/1.1\r\n\r\n"),
        request(headers=["Content-Length: 3"]),
        request(headers=[f"X-{n}: {n}" for n in range(100_000)]),
        request(headers=["X-Long: " + "x" * 100_000]),
        request(path="/sms/mo\x00"),
        request(path="/" + "a" * 100_000),
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1",
        b"GET / HTTP/9.9\r\n\r\n",
        request(headers=["X-Header : space"]),
        request(headers=["Content-Length: -1"]),
    ],
    ids=[
        "CL+TE",
        "smuggling",
        "two lengths",
        "100k headers",
        "long header",
        "NUL",
        "long path",
        "TLS",
        "HTTP 9",
        "space",
        "CL -1",
    ],
)
async def test_odd_http_is_4xx_or_closed(stage, data):
    line = await raw(stage, data)
    assert line == b"" or line.startswith((b"HTTP/1.1 4", b"HTTP/1.0 4"))
    async with stage.http.get(stage.url + "/healthz") as answer:
        assert answer.status == 200


async def test_a_slow_sender_is_closed(tmp_path, redis, redis_server, monkeypatch):
    monkeypatch.setattr(gateway, "IDLE_S", 1.0)
    monkeypatch.setattr("connectors.http.BODY_S", 1.0)
    async with staged(demo_settings(tmp_path, redis_server)) as stage:
        assert await raw(stage, b"POST /sms/mo HTTP/1.1\r\nHost: 127") == b""
        assert b" 408 " in await raw(stage, request(length=10))


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "TRACE"])
async def test_another_method_is_405(stage, method):
    async with stage.http.request(method, stage.url + "/sms/mo") as answer:
        assert answer.status == 405


@asynccontextmanager
async def around(tmp_path, redis_server, status=200, **changes):
    """A gateway whose one Rasa slot answers `status`, 0 for nobody there."""
    slot = web.Application()
    slot.router.add_get("/webhooks/renji/health", lambda _: serve(status))
    runner = web.AppRunner(slot)
    await runner.setup()
    port = free_port()
    if status:
        await web.TCPSite(runner, "127.0.0.1", port).start()
    settings = demo_settings(tmp_path, redis_server, rasa_urls=f"http://127.0.0.1:{port}", **changes)
    try:
        async with staged(settings) as stage:
            yield stage
    finally:
        await runner.cleanup()


async def serve(status):
    return web.json_response({}, status=status)


async def readiness(stage, query=""):
    async with stage.http.get(f"{stage.url}/readyz{query}") as answer:
        told = await answer.json()
        assert (answer.status == 200) == told["ready"]
        return answer.status, {name: part["ok"] for name, part in told["parts"].items()}


async def alive(redis, for_s=60):
    await redis.zadd("workers", {"w1": int((time.time() + for_s) * 1000)})


READY = {"redis": True, "aof": True, "worker": True, "rasa": True}


async def test_it_lives_and_is_ready(tmp_path, redis, redis_server):
    await alive(redis)
    async with around(tmp_path, redis_server) as stage:
        assert await readiness(stage) == (200, READY)
        async with stage.http.get(stage.url + "/healthz") as live:
            assert live.status == 200


@pytest.mark.parametrize("status", [0, 401, 503])
async def test_it_is_not_ready_without_a_rasa_slot_but_can_take_messages(tmp_path, redis, redis_server, status):
    await alive(redis)
    async with around(tmp_path, redis_server, status) as stage:
        assert await readiness(stage) == (503, READY | {"rasa": False})
        assert (await readiness(stage, "?part=store"))[0] == 200


async def test_it_is_not_ready_when_no_worker_was_seen_for_seconds(tmp_path, redis, redis_server):
    await alive(redis, for_s=-10)
    async with around(tmp_path, redis_server) as stage:
        assert await readiness(stage) == (503, READY | {"worker": False})


async def test_it_is_not_ready_while_the_append_only_file_is_off(tmp_path, redis, redis_server):
    await alive(redis)
    async with around(tmp_path, redis_server) as stage:
        await redis.config_set("appendonly", "no")
        try:
            assert await readiness(stage) == (503, READY | {"aof": False})
            assert (await readiness(stage, "?part=store"))[0] == 503
        finally:
            await redis.config_set("appendonly", "yes")


async def test_it_is_not_ready_when_redis_takes_no_writes(tmp_path, redis, redis_server):
    await alive(redis)
    async with around(tmp_path, redis_server) as stage:
        await redis.set("partitions", 8)
        await redis.config_set("maxmemory", 1)
        try:
            assert await readiness(stage) == (503, READY | {"redis": False})
        finally:
            await redis.config_set("maxmemory", 0)


async def test_it_is_not_ready_for_another_number_of_partitions(tmp_path, redis, redis_server):
    await alive(redis)
    await redis.set("partitions", 7)
    async with around(tmp_path, redis_server) as stage:
        assert await readiness(stage) == (503, READY | {"redis": False})


async def test_readiness_is_asked_once_a_second_however_many_ask(tmp_path, redis, redis_server):
    await alive(redis)
    async with around(tmp_path, redis_server) as stage:
        before = (await redis.info("commandstats"))["cmdstat_info"]["calls"]
        await asyncio.gather(*(readiness(stage) for _ in range(50)))
        # One of them is the count itself.
        assert (await redis.info("commandstats"))["cmdstat_info"]["calls"] - before <= 3


async def test_readiness_tells_no_address_and_no_secret(tmp_path, redis, redis_server):
    async with around(tmp_path, tmp_path / "nothing.sock", 0) as stage:
        async with stage.http.get(stage.url + "/readyz") as answer:
            told = await answer.text()
    assert "127.0.0.1" not in told and "sock" not in told and "/" not in told


async def test_it_is_not_ready_without_redis(tmp_path, redis, redis_server):
    settings = demo_settings(tmp_path, tmp_path / "nothing.sock")
    async with staged(settings) as stage:
        async with stage.http.get(stage.url + "/readyz") as ready, stage.http.get(stage.url + "/healthz") as live:
            assert (ready.status, live.status) == (503, 200)
        body = {"sender": "anna", "message": "hello"}
        async with stage.http.post(stage.url + "/webhooks/rest/webhook", json=body) as answer:
            assert answer.status == 503


async def test_metrics_tell_what_waits_and_what_is_ready(tmp_path, redis, redis_server):
    old = int((time.time() - 100) * 1000)
    await redis.xadd("{p1}:out:sms", {"m": "{}"}, id=f"{old}-1")
    await redis.hset("{p2}:quarantine", "1-1", "{}")
    await redis.zadd("{p2}:timers", {"web:x|reminder": old})
    await redis.set("{p3}:lease", "w1/x")
    async with around(tmp_path, redis_server, 503) as stage:
        async with stage.http.get(stage.url + "/metrics") as answer:
            lines = dict(line.rsplit(" ", 1) for line in (await answer.text()).splitlines() if line[:1] != "#")
    told = {name: float(value) for name, value in lines.items() if name.startswith("renji_")}
    assert told['renji_waiting_entries{stream="out:sms"}'] == 1
    assert 100 <= told['renji_oldest_waiting_seconds{stream="out:sms"}'] < 110
    assert 100 <= told["renji_timer_late_seconds"] < 110
    assert (told["renji_quarantine_entries"], told["renji_partitions_unheld"]) == (1, 7)
    assert (told['renji_ready{part="redis"}'], told['renji_ready{part="rasa"}']) == (1, 0)
    assert 0 < told["renji_redis_write_seconds"] < 1
    assert told["renji_partition_cap_entries"] == 12_500


async def test_metrics_are_for_this_machine(stage):
    async with stage.http.get(stage.url + "/metrics") as answer:
        assert "renji_http_requests_total" in await answer.text()
    async with stage.http.get(stage.url + "/metrics", headers={"X-Forwarded-For": "203.0.113.9"}) as answer:
        assert answer.status == 404


async def test_logs_hold_no_text_number_or_code(stage, capsys):
    structlog.reset_defaults()
    out = io.StringIO()
    with redirect_stderr(out):
        for text in ("我的秘密是什么", "验证码 135790", "\x1b[31mCRLF\r\nforged"):
            body = {"person": "+8613800000000", "text": text}
            await stage.http.post(stage.url + "/demo/sms", json=body)
            await stage.http.post(stage.url + "/webhooks/rest/webhook", json={"sender": "13800000000", "message": text})
    written = out.getvalue() + "".join(capsys.readouterr())
    assert "/webhooks/rest/webhook" in written
    assert not any(word in written for word in ("秘密", "135790", "13800000000", "forged"))


# --- what a demo refuses --------------------------------------------------------------------------


async def test_a_page_elsewhere_with_a_name_for_this_machine_is_refused(stage):
    async with stage.http.get(stage.url + "/", headers={"Host": "evil.example"}) as answer:
        assert answer.status == 421


async def test_a_form_of_another_site_cannot_write_on_a_phone(stage):
    for body, kind in (("person=x&text=y", "application/x-www-form-urlencoded"), ('{"text": "y"}', "text/plain")):
        async with stage.http.post(stage.url + "/demo/sms", data=body, headers={"Content-Type": kind}) as answer:
            assert answer.status == 415


@pytest.mark.parametrize(
    "body", [[], {}, {"text": ""}, {"text": "x" * 3000}, {"text": "x"}, {"text": "x", "person": "+1"}]
)
async def test_a_bad_word_to_a_phone_is_4xx(stage, body):
    for phone in ("sms", "wechat"):
        async with stage.http.post(f"{stage.url}/demo/{phone}", json=body) as answer:
            assert 400 <= answer.status < 500


async def test_the_demo_page_is_only_there_in_a_demo(tmp_path, redis, redis_server):
    async with staged(demo_settings(tmp_path, redis_server, demo=False)) as stage:
        for path in ("/", "/demo/people", "/demo/lines", "/static/demo/demo.js", "/sms/mo", "/wechat"):
            async with stage.http.get(stage.url + path) as answer:
                assert answer.status == 404
        async with stage.http.get(stage.url + "/chat") as answer:
            assert answer.status == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"host": "0.0.0.0"},
        {"host": "192.168.1.2"},
        {"public_url": "https://renji.example"},
        {"crm_url": "https://bss.example"},
        {"sms_send_url": "https://sms.example"},
        {"sms_secret": "s" * 32},
        {"wechat_app_id": "wx1234"},
        {"wechat_api_url": "https://api.weixin.qq.com"},
        {"paygate_secret": "s" * 32},
    ],
)
def test_a_demo_refuses_what_is_real(changes):
    with pytest.raises(BadSettings) as caught:
        rules.check(Settings(demo=True, **changes))
    assert f"RENJI_{next(iter(changes)).upper()}" in str(caught.value)
    rules.check(Settings(demo=False, **changes))
    rules.check(Settings(demo=True))


# --- the process ----------------------------------------------------------------------------------


def environment(settings):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RENJI_")}
    ours = {
        "RENJI_DEMO": "1",
        "RENJI_PORT": str(settings.port),
        "RENJI_VAR": str(settings.var),
        "RENJI_SECRET_FILE": str(settings.secret_file),
        "RENJI_REDIS_URL": settings.redis_url,
        "RENJI_DATABASE_URL": settings.database_url,
        "RENJI_PARTITIONS": "8",
    }
    return {**kept, **ours}


async def test_two_gateways_share_a_port_and_stop_when_told(tmp_path, redis, redis_server):
    settings = demo_settings(tmp_path, redis_server)
    command = [sys.executable, str(ROOT / "gateway.py")]
    start = partial(subprocess.Popen, command, cwd=ROOT, env=environment(settings), stderr=subprocess.PIPE)
    both: list[subprocess.Popen[bytes]] = [await asyncio.to_thread(start) for _ in range(2)]
    try:

        def listens():
            return all(any(b"gateway listens" in line for line in process.stderr or ()) for process in both)

        await asyncio.to_thread(listens)
        reader, writer = await asyncio.open_connection("127.0.0.1", settings.port)
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert b"200" in await reader.readline()
        writer.close()
    finally:
        for process in both:
            process.send_signal(signal.SIGTERM)
        assert [await asyncio.to_thread(process.wait, 20) for process in both] == [0, 0]


def test_a_bad_setting_is_one_sentence(tmp_path, redis_server):
    settings = demo_settings(tmp_path, redis_server)
    env = {**environment(settings), "RENJI_HOST": "0.0.0.0", "RENJI_TYPO": "1"}
    done = subprocess.run([sys.executable, str(ROOT / "gateway.py")], cwd=ROOT, env=env, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1 and "RENJI_TYPO: unknown setting" in done.stderr
