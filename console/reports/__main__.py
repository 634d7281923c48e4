"""`python -m console.reports [--days N]`: the figures as a table on the terminal."""

from __future__ import annotations

import argparse
import asyncio
import os
from collections.abc import Sequence
from datetime import datetime, timezone

from console.database import open_engine
from console.reports.figures import TOTAL, Row, report
from switchboard.settings import Settings

HEAD = ("day", "channel", "conversations", "messages", "hand-offs", "contained", "wishes", "resolved", "again ≤72 h")


def table(rows: Sequence[Row]) -> str:
    """Columns padded with blanks."""
    lines = [HEAD, *(_cells(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEAD))]
    return "\n".join("  ".join(word.rjust(width) for word, width in zip(line, widths, strict=True)) for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    counts = (str(row.conversations), str(row.messages), str(row.handoffs))
    names = ("all" if row.day == TOTAL else row.day, "all" if row.channel == TOTAL else row.channel)
    return (*names, *counts, percent(row.contained), str(row.wishes), percent(row.resolved), percent(row.recontact))


def percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}"


async def main(days: int) -> None:
    engine = open_engine(Settings.read(os.environ).database_url)
    try:
        print(table(await report(engine, datetime.now(timezone.utc), days)))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m console.reports", description="What happened, in figures.")
    parser.add_argument("--days", type=int, default=7)
    asyncio.run(main(parser.parse_args().days))
