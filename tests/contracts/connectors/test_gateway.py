"""What a gateway answers whatever comes: odd HTTP, and what a demo refuses."""

from __future__ import annotations

import asyncio
import gzip
import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

import gateway
from console.demo import rules
from switchboard.errors import BadSettings
from switchboard.settings import Settings
from tests.contracts.connectors.stage import demo_settings, staged

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
