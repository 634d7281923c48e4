"""How many entries of the log SQL writers bring into a database: python -m bench.log_writer [--writers 1 2].

Four entries a message, as a talk makes them: what a person said, the turn, the reply, that it was sent. On SQLite, and
on PostgreSQL where TEST_POSTGRES names an empty database (bash deploy/with_postgresql.sh python -m bench.log_writer).
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timezone
from typing import Any

from console.database import open_engine
from console.migrate import migrate
from console.tables import audit, metadata
from console.writer import Writer
from switchboard.ports import LogEntry

PARTITIONS, TALKS = 256, 10_240
"""A talk lies in one partition: the one is a multiple of the other."""
NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
ADDRESS = {"channel": "sms", "id": "+8613800001234"}


class Endless:
    """A log in memory that never ends, of every so many-th partition: the time is the writer's and the database's."""

    def __init__(self, number: int, writers: int) -> None:
        self._message, self._writers = number, writers

    async def read(self, cursors: Mapping[int, str], block_s: float) -> AsyncIterator[LogEntry]:
        while True:
            self._message += self._writers
            for entry in _talk(self._message):
                yield entry

    async def trim(self, cursors: Mapping[int, str]) -> None:
        """It keeps nothing."""


def _talk(n: int) -> list[LogEntry]:
    talk, at = f"sms:{n % TALKS}", NOW.isoformat()
    item = {"type": "InboundMessage", "id": f"i{n}", "text": "我的话费还剩多少", "at": at, "address": ADDRESS}
    understood = {"intent": "query_balance", "confidence": 0.97, "ranking": [["query_balance", 0.97]]}
    reply = {"text": "您的话费余额为23.50元。回复1查账单，2充值。"}
    message = {"id": f"o{n}", "conversation": talk, "address": ADDRESS, "reply": reply, "origin": "bot", "epoch": 0}
    bodies: list[tuple[str, dict[str, Any]]] = [
        ("inbound", {"item": item, "owner": "bot", "language": "zh", "region": "zj", "address": ADDRESS}),
        ("turn", {"message": f"i{n}", "understanding": understood, "context": {}, "release_id": "r1"}),
        ("reply", {"message": {**message, "at": at, "in_reply_to": f"i{n}"}}),
        ("sent", {"message": f"o{n}", "channel_ids": []}),
    ]
    return [LogEntry(n % PARTITIONS, f"{n:012}-{k}", kind, talk, NOW, body) for k, (kind, body) in enumerate(bodies)]


async def measure(url: str, seconds: float, number: int, writers: int, ready: Any) -> tuple[float, float]:
    """Entries a second of one of the writers, and CPU milliseconds of its process for one."""
    engine = open_engine(url)
    try:
        writer = Writer(Endless(number, writers), engine, _nobody)
        await writer.step()
        ready.wait()
        began, cpu, count = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() < began + seconds:
            count += await writer.step()
        return count / (time.perf_counter() - began), (time.process_time() - cpu) * 1000 / count
    finally:
        await engine.dispose()


async def _nobody(_: frozenset[str]) -> None:
    """No desk looks."""


def one(url: str, seconds: float, number: int, writers: int, ready: Any, told: Any) -> None:
    """In a process of its own."""
    told.put(asyncio.run(measure(url, seconds, number, writers, ready)))


def together(url: str, seconds: float, writers: int) -> tuple[float, float]:
    """Entries a second of all, and CPU milliseconds of a writer for one."""
    asyncio.run(_emptied(url))
    processes = multiprocessing.get_context("spawn")
    ready, told = processes.Barrier(writers), processes.Queue()
    started = [processes.Process(target=one, args=(url, seconds, n, writers, ready, told)) for n in range(writers)]
    for process in started:
        process.start()
    found = [told.get(timeout=seconds + 60) for _ in started]
    for process in started:
        process.join()
    return sum(per_s for per_s, _ in found), sum(cpu_ms for _, cpu_ms in found) / writers


async def _emptied(url: str) -> None:
    """With the console's tables and nothing in them but the audit, which lets nobody delete."""
    engine = open_engine(url)
    await migrate(engine)
    async with engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            if table is not audit:
                await connection.execute(table.delete())
    await engine.dispose()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.log_writer", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--writers", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="renji-bench-") as folder:
        urls = {"SQLite": f"sqlite+aiosqlite:///{folder}/console.db"}
        if "TEST_POSTGRES" in os.environ:
            urls["PostgreSQL"] = os.environ["TEST_POSTGRES"]
        for name, url in urls.items():
            # One file has one writer at a time.
            for writers in asked.writers if name == "PostgreSQL" else [1]:
                per_s, cpu_ms = together(url, asked.seconds, writers)
                told = f"{per_s:8.0f} entries a second, {cpu_ms:.3f} ms of a writer's CPU each"
                print(f"{name:12}{writers} writer{'s' * (writers > 1):1}{told}", flush=True)


if __name__ == "__main__":
    main()
