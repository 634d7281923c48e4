"""A gateway that is told to stop answers what it took; with another one beside it nobody notices."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from functools import partial

import aiohttp
import pytest
import socketio
from aiohttp_sse import sse_response

from connectors.draining import GRACE_S
from connectors.simulators.sms import SmsProvider
from connectors.sms.signing import credentials
from gateway import serving_at
from switchboard.model import InboundMessage
from switchboard.redis.stores import utc_now
from tests.contracts.connectors.stage import demo_settings, staged, until
from tests.contracts.connectors.test_gateway import ROOT, environment

PHONE = "+8613800000000"
REPLACED = int(os.environ.get("REPLACEMENTS", "1"))
"""How many gateways follow one another under load."""


def start(settings):
    command = [sys.executable, str(ROOT / "gateway.py")]
    made = partial(subprocess.Popen, command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
    return made(env={**environment(settings), "RENJI_RATE_CALLER_PER_S": "0", "RENJI_RATE_ADDRESS_PER_MINUTE": "0"})


async def listening(gateway):
    """Until it says so; then nobody reads what it says, and it must not stop for that."""

    def read():
        return any(b"gateway listens" in line for line in gateway.stderr)

    assert await asyncio.wait_for(asyncio.to_thread(read), 20)
    asyncio.get_running_loop().run_in_executor(None, gateway.stderr.read)


async def stopped(gateway):
    gateway.send_signal(signal.SIGTERM)
    return await asyncio.to_thread(gateway.wait, 20)


@pytest.fixture
async def outside(tmp_path, redis, redis_server):
    """A stage whose own gateway is gone: its worker answers whatever the gateways of a test bring."""
    async with staged(demo_settings(tmp_path, redis_server)) as stage:
        await stage.stop_gateway()
        yield stage


async def test_a_request_that_was_taken_is_answered_after_the_order_to_stop(outside):
    async with serving_at(outside.settings) as drain:
        outside.may_answer.clear()
        body = {"sender": "li", "message": "查话费"}
        asked = asyncio.create_task(outside.http.post(f"{outside.url}/webhooks/rest/webhook", json=body))
        await outside.accepted(1)
        draining = asyncio.create_task(drain())
        await asyncio.sleep(1.2)
        outside.may_answer.set()
        answer = await asked
        assert (answer.status, [reply["text"] for reply in await answer.json()]) == (200, ["you said: 查话费"])
        assert answer.headers["Connection"] == "close"
        await asyncio.wait_for(draining, 1)


async def test_a_gateway_that_ends_takes_no_new_connection_and_answers_on_the_old_ones(outside):
    async with serving_at(outside.settings) as drain:
        await outside.http.get(f"{outside.url}/healthz")
        draining = asyncio.create_task(drain())
        await asyncio.sleep(0.1)
        async with aiohttp.ClientSession() as stranger:
            with pytest.raises(aiohttp.ClientConnectorError):
                await stranger.get(f"{outside.url}/healthz")
        assert (await outside.http.get(f"{outside.url}/healthz")).headers["Connection"] == "close"
        await draining


async def test_an_open_page_and_an_endless_stream_do_not_hold_up_the_end(outside, monkeypatch):
    async def endless(request):
        async with sse_response(request) as response:
            await asyncio.sleep(60)
        return response

    monkeypatch.setattr("connectors.serving.healthz", endless)
    async with serving_at(outside.settings) as drain:
        page = socketio.AsyncClient(reconnection=False)
        await page.connect(outside.url, transports=["websocket"])
        async with outside.http.get(f"{outside.url}/healthz") as stream:
            assert stream.status == 200
            await asyncio.wait_for(drain(), GRACE_S + 1)
        await page.disconnect()


async def test_an_open_page_goes_on_at_the_gateway_that_follows(outside):
    page = socketio.AsyncClient(reconnection_delay=0.1, reconnection_delay_max=0.2)
    connected = asyncio.Event()
    page.on("connect", connected.set)
    async with serving_at(outside.settings) as drain:
        await page.connect(outside.url, transports=["websocket"])
        connected.clear()
        async with serving_at(outside.settings):
            await drain()
            await asyncio.wait_for(connected.wait(), 5)
            await page.disconnect()


async def test_gateways_are_replaced_one_after_the_other_under_load_and_no_request_fails(outside):
    settings, results, over = outside.settings, Counter(), asyncio.Event()
    provider = SmsProvider(credentials(settings), outside.url, outside.http, utc_now)

    async def phone(number):
        sent = 0
        while not over.is_set():
            sent += 1
            body = {"id": f"p{number}n{sent}", "from": f"{PHONE}{number}", "to": "10690000", "text": "1"}
            try:
                results[await provider.post("/sms/mo", body)] += 1
            except (aiohttp.ClientError, OSError) as error:
                results[type(error).__name__] += 1
            await asyncio.sleep(0.05)

    async def caller(number):
        while not over.is_set():
            async with aiohttp.ClientSession() as fresh:
                body = {"sender": f"c{number}", "message": "1"}
                async with fresh.post(f"{outside.url}/webhooks/rest/webhook", json=body) as answer:
                    results["answered" if answer.status == 200 and await answer.json() else answer.status] += 1

    gateway = start(settings)
    await listening(gateway)
    load = [asyncio.create_task(phone(n)) for n in range(5)] + [asyncio.create_task(caller(n)) for n in range(3)]
    for _ in range(REPLACED):
        following = start(settings)
        await listening(following)
        assert await stopped(gateway) == 0
        gateway = following
    over.set()
    await asyncio.gather(*load)
    await stopped(gateway)
    assert set(results) == {200, "answered"}

    def stored():
        return {item.id for item in outside.items if isinstance(item, InboundMessage) and item.address.channel == "sms"}

    await until(lambda: len(stored()) == results[200])
