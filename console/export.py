"""`python -m console.export WHO --to FILE`: what is kept of one person, as a file to give them.

python -m console.export +8613800001234 --to copy.json     # a number with all its Addresses, now and before

Check who asks first: the file is for the person alone. What the CRM has of them is the CRM's to copy.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from console.audit import Audit
from console.database import open_engine
from console.erasure import Conversation, Erasure, Span, rows_of
from switchboard.errors import BadInput, BadSettings, NotReachable
from switchboard.redis.once import EVIDENCE
from switchboard.redis.stores import open_stores
from switchboard.settings import Settings

GIVEN: Mapping[sa.Table, tuple[str, ...]] = {
    tables.conversations: ("channel", "language", "region", "last_at"),
    tables.messages: ("at", "channel", "origin", "text"),
    tables.handoffs: ("queued_at", "accepted_at", "ended_at", "reason", "how", "channel"),
    tables.outcomes: ("at", "wish", "how", "channel"),
}
"""What is given of each row. What colleagues wrote to one another about it is theirs."""


async def copy_of(engine: AsyncEngine, theirs: Sequence[Conversation]) -> dict[str, list[dict[str, Any]]]:
    """Rows by table, the oldest first; `evidence` is what was agreed to. Where other subscribers used the same Address,
    only what is from the times of this one.
    """
    copy: dict[str, list[dict[str, Any]]] = {name: [] for name in (*(table.name for table in GIVEN), EVIDENCE)}
    when = {one.id: one.spans for one in theirs}
    kept = tables.records.c
    proof = sa.select(kept.conversation, kept.at, kept.body).where(kept.kind == EVIDENCE, kept.conversation.in_(when))
    async with engine.connect() as connection:
        for table, which in rows_of(theirs):
            if table in GIVEN:
                columns = [table.c[name] for name in GIVEN[table]]
                rows = await connection.execute(sa.select(*columns).where(which).order_by(columns[0]))
                copy[table.name] += [dict(row._mapping) for row in rows]
        rows = await connection.execute(proof.order_by(kept.at))
        copy[EVIDENCE] = [dict(row.body) for row in rows if _within(row.at, when[row.conversation])]
    return copy


def _within(at: datetime, spans: tuple[Span, ...] | None) -> bool:
    return spans is None or any(start <= at and (end is None or at < end) for start, end in spans)


def write(file: Path, copy: Mapping[str, Any]) -> None:
    """For its owner's eyes only. Raises FileExistsError."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(copy, out, ensure_ascii=False, indent=1, default=lambda moment: moment.isoformat())


async def run(settings: Settings, asked: argparse.Namespace) -> tuple[int, list[str]]:
    """(exit code, lines)."""
    stores, engine, now = open_stores(settings), open_engine(settings.database_url), datetime.now(timezone.utc)
    audit = Audit(engine, lambda: now)
    try:
        erasure = Erasure(stores, engine, audit, settings.key("conversation"), settings.var / "log")
        theirs = await erasure.whose(asked.who)
        copy = await copy_of(engine, theirs)
        counts = {name: len(rows) for name, rows in copy.items()}
        if not any(counts.values()):
            return 1, ["nothing is kept of them"]
        if asked.to.exists():
            raise FileExistsError(f"{asked.to} exists already")
        # No copy without a trace: rather one row too many, where the file cannot be written then.
        await audit.write(asked.by, "exported", erasure.pseudonym(asked.who), counts)
        write(asked.to, {"made_at": now, **copy})
        return 0, [*(f"{count:>6} {name}" for name, count in counts.items()), f"written to {asked.to}"]
    finally:
        await engine.dispose()
        await stores.close()


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m console.export", description="A copy of what is kept of a person.")
    parser.add_argument("who", help="a number, channel:address, or subscriber:id")
    parser.add_argument("--to", type=Path, required=True, help="a new file")
    parser.add_argument("--by", default=getpass.getuser(), help="who asks, for the audit")
    return parser.parse_args(words)


def main() -> int:
    try:
        code, lines = asyncio.run(run(Settings.read(os.environ), _arguments(sys.argv[1:])))
    except (BadInput, BadSettings, NotReachable, OSError) as error:
        print(f"export: {error}", file=sys.stderr)
        return 2
    except SQLAlchemyError as error:
        print(f"export: the database does not answer, no copy was written: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
