"""Whether a gateway is ready, and what it tells of itself: health, metrics, logs."""

from __future__ import annotations

import asyncio
import io
import time
from contextlib import asynccontextmanager, redirect_stderr

import pytest
import structlog
from aiohttp import web

from tests.contracts.connectors.stage import demo_settings, staged
from tests.ports import free_port


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
    assert told["renji_redis_memory_share"] == 0


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
