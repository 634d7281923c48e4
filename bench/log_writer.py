"""How many entries of the log the one SQL writer brings into a database: python -m bench.log_writer [--seconds 5].

Four entries a message, as a talk makes them: what a person said, the turn, the reply, that it was sent. On SQLite, and
on PostgreSQL where TEST_POSTGRES names an empty database (bash deploy/with_postgresql.sh python -m bench.log_writer).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timezone
from typing import Any

from console.database import open_engine
from console.migrate import migrate
from console.writer import Writer
from switchboard.ports import LogEntry

PARTITIONS = 256
NOW = datetime(2026, 11, 22, tzinfo=timezone.utc)
ADDRESS = {"channel": "sms", "id": "+8613800001234"}


class Endless:
    """A log in memory that never ends: the time is the writer's and the database's."""

    def __init__(self) -> None:
        self._message = 0

    async def read(self, cursors: Mapping[int, str], block_s: float) -> AsyncIterator[LogEntry]:
        while True:
            self._message += 1
            for entry in _talk(self._message):
                yield entry

    async def trim(self, cursors: Mapping[int, str]) -> None:
        """It keeps nothing."""


def _talk(n: int) -> list[LogEntry]:
    talk, at = f"sms:{n % 10_000}", NOW.isoformat()
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


async def measure(url: str, seconds: float) -> tuple[float, float]:
    """Entries a second, and CPU milliseconds of this process for one."""
    engine = open_engine(url)
    try:
        await migrate(engine)
        writer = Writer(Endless(), engine, _nobody)
        await writer.step()
        began, cpu, count = time.perf_counter(), time.process_time(), 0
        while time.perf_counter() < began + seconds:
            count += await writer.step()
        return count / (time.perf_counter() - began), (time.process_time() - cpu) * 1000 / count
    finally:
        await engine.dispose()


async def _nobody(_: frozenset[str]) -> None:
    """No desk looks."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.log_writer", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=float, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="renji-bench-") as folder:
        urls = {"SQLite": f"sqlite+aiosqlite:///{folder}/console.db"}
        if "TEST_POSTGRES" in os.environ:
            urls["PostgreSQL"] = os.environ["TEST_POSTGRES"]
        for name, url in urls.items():
            per_s, cpu_ms = asyncio.run(measure(url, asked.seconds))
            print(f"{name:12}{per_s:8.0f} entries a second, {cpu_ms:.3f} ms of the writer's CPU each", flush=True)


if __name__ == "__main__":
    main()
