"""How long what is kept: transcripts, trackers, evidence, the processes' logs. `python -m console.retention` says what
is over and removes it with --yes; a worker does the same every six hours.

The audit has no end: it holds pseudonyms only, and a chain cannot lose its beginning.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from console.database import open_engine
from console.erasure import EVIDENCE
from console.tables import conversations, drafts, handoffs, login_failures, messages, outcomes, records, sessions
from switchboard.errors import BadSettings, NotReachable
from switchboard.redis.connection import reaching
from switchboard.redis.forgetting import batches
from switchboard.redis.records import ms
from switchboard.redis.stores import Stores, open_stores
from switchboard.settings import Settings

EVERY = timedelta(hours=6)
SESSION_DAYS = 1
"""Sessions of the console end after 12 hours; log-ins that failed count for a quarter of an hour."""
_log = structlog.get_logger()


class Retention:
    """`sweep` may be run by several at once and at any time."""

    def __init__(self, stores: Stores, engine: AsyncEngine, settings: Settings) -> None:
        self._stores, self._engine, self._settings = stores, engine, settings

    async def run(self) -> None:
        """For ever; cancel to stop. What cannot be swept now is swept the next time."""
        while True:
            try:
                gone = await self.sweep()
                _log.info("swept", **{name.replace(" ", "_"): count for name, count in gone.items()})
            except Exception as error:
                # Only its kind: what SQL says of an error quotes the row.
                _log.error("not_swept", error=type(error).__name__)
            await asyncio.sleep(EVERY.total_seconds())

    async def sweep(self, act: bool = True) -> dict[str, int]:
        """Remove what is over, or only count it: what → how many. Raises NotReachable."""
        gone: dict[str, int] = {}
        for table, which in self._over():
            # A short transaction for each table: the one SQL writer waits behind it.
            async with self._engine.begin() as connection:
                if act:
                    # Without a look first: in SQLite a reader cannot become a writer beside another one.
                    number = (await connection.execute(table.delete().where(which))).rowcount
                else:
                    count = sa.select(sa.func.count()).select_from(table).where(which)
                    number = (await connection.execute(count)).scalar_one()
            gone[table.name] = gone.get(table.name, 0) + number
        gone["trackers"] = await self._trackers(act)
        gone["log files"] = self._log_files(act)
        return {name: count for name, count in gone.items() if count}

    def _before(self, days: int) -> datetime:
        return self._stores.clock() - timedelta(days=days)

    def _over(self) -> list[tuple[sa.Table, Any]]:
        """Tables with which of their rows are over; conversations last, when nothing points to them any more."""
        settings, day_ago = self._settings, self._before(SESSION_DAYS)
        talk, proof = self._before(settings.keep_transcripts_days), self._before(settings.keep_evidence_days)
        found: list[tuple[sa.Table, Any]] = [
            (drafts, drafts.c.updated_at < talk),
            (messages, messages.c.at < talk),
            (handoffs, (handoffs.c.queued_at < talk) & handoffs.c.ended_at.isnot(None)),
            (outcomes, outcomes.c.at < talk),
            (records, (records.c.at < talk) & (records.c.kind != EVIDENCE)),
            (records, (records.c.at < proof) & (records.c.kind == EVIDENCE)),
            (sessions, sessions.c.created_at < day_ago),
            (login_failures, login_failures.c.at < day_ago),
        ]
        pointed = sa.union(*(sa.select(t.c.conversation) for t in (messages, handoffs, outcomes)))
        silent = (conversations.c.last_at < talk) & conversations.c.id.notin_(pointed)
        return [*found, (conversations, silent)]

    async def _trackers(self, act: bool) -> int:
        """The bot's memory of who has been silent for too long; the conversation itself and its binding stay."""
        stores, before, gone = self._stores, ms(self._before(self._settings.keep_trackers_days)), 0
        with reaching():
            async for batch in batches(stores.redis.scan_iter("{p*}:snapshot:*", count=10_000)):
                names = [key.decode().partition(":snapshot:")[2] for key in batch]
                pipe = stores.redis.pipeline(transaction=False)
                for name in names:
                    pipe.hget(stores.keys.conversation(name), "active_ms")
                spoken = zip(names, await pipe.execute(), strict=True)
                # Without a moment the first turn is not committed yet.
                over = [name for name, active_ms in spoken if active_ms and int(active_ms) < before]
                gone += len(over)
                if act:
                    kinds = ("events", "snapshot")
                    keys = [
                        [stores.keys.conversation(name), *(stores.keys.of(name, kind, name) for kind in kinds)]
                        for name in over
                    ]
                    await stores.scripts.run_many("forget_tracker", [(key, [before]) for key in keys])
        return gone

    def _log_files(self, act: bool) -> int:
        """Files that nobody has written to for too long."""
        before = self._before(self._settings.keep_logs_days).timestamp()
        over = [path for path in (self._settings.var / "log").glob("*.log*") if path.stat().st_mtime < before]
        for path in over if act else ():
            path.unlink(missing_ok=True)
        return len(over)


def told(gone: Mapping[str, int], act: bool) -> list[str]:
    lines = [f"{count:>9} {name}" for name, count in gone.items()] or ["nothing is over"]
    return lines if act or not gone else [*lines, "nothing was removed: say --yes"]


async def _main(settings: Settings, act: bool) -> list[str]:
    stores, engine = open_stores(settings), open_engine(settings.database_url)
    try:
        return told(await Retention(stores, engine, settings).sweep(act), act)
    finally:
        await engine.dispose()
        await stores.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m console.retention", description="Remove what is over.")
    parser.add_argument("--yes", action="store_true", help="remove; without it nothing is changed")
    try:
        print("\n".join(asyncio.run(_main(Settings.read(os.environ), parser.parse_args().yes))))
    except (BadSettings, NotReachable) as error:
        print(f"retention: {error}", file=sys.stderr)
        sys.exit(2)
