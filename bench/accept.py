"""From "a message arrives" to "it is stored", at a steady rate, every write fsynced:

    python -m bench.accept [--rate 200] [--seconds 20]

Signed SMS at the gateway's webhook, as a provider posts them: the time until it hears "received", which it hears only
once the message is on disk. Messages start by the clock, whether earlier ones are answered or not.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import signal
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
from redis import asyncio as aioredis

from bench.measure.people import quantile
from bench.measure.processes import cpu_s, spent_ms
from bench.measure.sides import unlimited
from connectors.simulators.sms import SmsProvider
from connectors.sms.signing import credentials
from switchboard import logs
from switchboard.redis.stores import utc_now
from switchboard.settings import Settings
from tests.stack import Stack

NEEDED = ("redis", "crm", "gateway")
"""Nobody answers here: what is stored stays."""
ASKED_MS = 20.0


@contextlib.asynccontextmanager
async def started(folder: Path) -> AsyncIterator[Stack]:
    """A gateway with its Redis."""
    stack = Stack(folder, subscribers=10, settings=unlimited())
    try:
        await asyncio.to_thread(stack.prepare)
        for name in NEEDED:
            stack.spawn(name)
        for name in NEEDED[:-1]:
            await asyncio.to_thread(stack.wait_ready, name)
        await asyncio.to_thread(_until_it_lives, stack.url)
        yield stack
    finally:
        await asyncio.to_thread(stack.stop)


def _until_it_lives(url: str) -> None:
    """Not until it is ready: without a worker it never is. Raises TimeoutError."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/healthz", timeout=2):
            return
        time.sleep(0.1)
    raise TimeoutError("the gateway does not start")


async def measure(stack: Stack, rate: float, seconds: float) -> tuple[list[float], int, dict[str, float]]:
    """(milliseconds to "received", how many did not hear it, CPU ms a message by process)."""
    settings = Settings.read(stack.environment())
    account = credentials(settings)
    assert account
    pids = {name: stack.pid(name) for name in NEEDED}
    took: list[float] = []
    async with aiohttp.ClientSession() as http:
        provider = SmsProvider(account, stack.url, http, utc_now)

        async def post(number: int) -> bool:
            body: dict[str, Any] = {"id": f"m{number}", "from": f"+86{13910000000 + number % 1000}", "text": "查话费"}
            began = time.perf_counter()
            stored = await provider.post("/sms/mo", {**body, "to": account.sender}) == 200
            took.append((time.perf_counter() - began) * 1000)
            return stored

        for number in range(20):
            await post(-1 - number)
        took.clear()
        before, began, posted = cpu_s(pids), time.perf_counter(), []
        for number in range(int(rate * seconds)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            posted.append(asyncio.create_task(post(number)))
        stored = await asyncio.gather(*posted)
        cpu = spent_ms(before, cpu_s(pids), len(posted))
    await _all_there(settings, sum(stored))
    return took, len(stored) - sum(stored), cpu


async def _all_there(settings: Settings, expected: int) -> None:
    """What was acknowledged is in Redis, or the figures mean nothing."""
    redis = aioredis.from_url(settings.redis_url)
    held = sum([await redis.xlen(f"{{p{n}}}:in") for n in range(settings.partitions)])
    policy = (await redis.config_get("appendfsync"))["appendfsync"]
    await redis.aclose()
    if held < expected or policy != "always":
        raise RuntimeError(f"{expected} acknowledged, {held} stored, appendfsync {policy}")


async def run(folder: Path, rate: float, seconds: float) -> None:
    async with started(folder) as stack:
        took, refused, cpu = await measure(stack, rate, seconds)
    half, most = quantile(took, 0.5), quantile(took, 0.99)
    print(f"{len(took)} messages at {rate:.0f} a second, appendfsync always; not stored: {refused}")
    print(f"{'arrived to stored, ms':<28}{'p50':>8}{'p99':>8}{'longest':>9}{'asked p99':>11}{'ratio':>8}")
    print(f"{'':<28}{half:>8.2f}{most:>8.2f}{max(took):>9.2f}{ASKED_MS:>11.0f}{most / ASKED_MS:>8.2f}")
    print("CPU ms a message: " + ", ".join(f"{name} {ms:.2f}" for name, ms in cpu.items()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.accept", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rate", type=float, default=200.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    asked = parser.parse_args()
    logs.configure("bench", "warning")
    # Told to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    folder = Path(tempfile.mkdtemp(prefix="renji-bench-"))
    try:
        asyncio.run(run(folder, asked.rate, asked.seconds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
