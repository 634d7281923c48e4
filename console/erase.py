"""`python -m console.erase WHO`: what is kept of one person; with --yes it is erased.

python -m console.erase +8613800001234            # counts only: a number with all its Addresses
python -m console.erase wechat:oABC… --yes        # one Address
python -m console.erase subscriber:s17 --yes      # where nobody has the number any more
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone

from console.audit import Audit
from console.database import open_engine
from console.erasure import Conversation, Erasure, Found
from switchboard.errors import BadInput, BadSettings, NotReachable
from switchboard.redis.stores import open_stores
from switchboard.settings import Settings

ELSEWHERE = (
    "not touched: the CRM (the carrier's own), backups (they end with their own time), texts that were sent already; "
    "there is no studio and so no inbox of one yet; "
    "dump.rdb in the folder of a Redis that is not behind a socket here; "
    "not searched: Addresses whose number is bound nowhere now, where the phone's own conversation does not tell the "
    "subscriber (name subscriber:ID as the CRM has it)"
)


def _arguments(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m console.erase", description="Erase what is kept of one person.")
    parser.add_argument("who", help="a number, channel:address, or subscriber:id")
    parser.add_argument("--yes", action="store_true", help="erase; without it nothing is changed")
    parser.add_argument("--by", default=getpass.getuser(), help="who asks, for the audit")
    return parser.parse_args(words)


def told(theirs: Sequence[Conversation], found: Found) -> list[str]:
    """Lines: whose, what and how much. No number and no address."""
    lines = []
    for one in theirs:
        part = "" if one.spans is None else f"  {len(one.spans)} spans of it, the rest is another subscriber's"
        lines.append(f"conversation  {one.id}{part}")
    lines += [*_counts("Redis", found.redis), *_counts("SQL", found.sql)]
    if found.logs:
        lines.append(f"logs          {found.logs} mentions")
    if found.evidence:
        lines.append(f"kept          {found.evidence} records of evidence, until RENJI_KEEP_EVIDENCE_DAYS")
    return lines


def _counts(where: str, counts: Mapping[str, int]) -> list[str]:
    return [f"{where:<14}{count} {kind}" for kind, count in counts.items()]


async def run(settings: Settings, asked: argparse.Namespace) -> tuple[int, list[str]]:
    stores, engine = open_stores(settings), open_engine(settings.database_url)
    audit = Audit(engine, lambda: datetime.now(timezone.utc))
    try:
        erasure = Erasure(stores, engine, audit, settings.key("conversation"), settings.var / "log")
        theirs = await erasure.whose(asked.who)
        found = await erasure.look(theirs)
        lines = told(theirs, found)
        if found.nothing and not await erasure.unfinished(asked.who):
            return 1, [*lines, "nothing is kept of them"]
        if not asked.yes:
            return 0, [*lines, ELSEWHERE, "nothing was erased: say --yes"]
        left = await erasure.erase(theirs, asked.by, erasure.pseudonym(asked.who))
        lines.append("erased" if left.nothing else "NOT ALL ERASED, run it again:")
        lines += [] if left.nothing else told(theirs, left)
        if not left.rewritten:
            lines.append(
                "NOT REWRITTEN: Redis' append-only file still holds what was erased; see its log, run it again"
            )
        return int(not (left.nothing and left.rewritten)), [
            *lines,
            ELSEWHERE,
            f"audit: {await audit.verify()} rows, unbroken",
        ]
    finally:
        await engine.dispose()
        await stores.close()


def main() -> int:
    try:
        code, lines = asyncio.run(run(Settings.read(os.environ), _arguments(sys.argv[1:])))
    except (BadInput, BadSettings, NotReachable) as error:
        print(f"erase: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines))
    return code


if __name__ == "__main__":
    sys.exit(main())
