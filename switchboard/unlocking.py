"""The rest of a number after a code was told, ended by hand: `python -m switchboard lock …`."""

from __future__ import annotations

import argparse
import getpass

from switchboard.masking import msisdn as masked
from switchboard.redis.stores import Stores
from switchboard.redis.story import line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", required=True)
    acts.add_parser("story", help="who lifted which lock, when and why")
    lift = acts.add_parser("lift", help="let a number order again, once its holder was checked")
    lift.add_argument("number", help="as +8613800001234")
    lift.add_argument("--why", required=True, help="for the audit")
    lift.add_argument("--by", default=getpass.getuser(), help="who decides; default: the user of this shell")


async def run(stores: Stores, asked: argparse.Namespace) -> tuple[int, list[str]]:
    """(exit code, lines): 1 where nothing was locked. Raises NotReachable."""
    if asked.act == "story":
        return 0, [line(act) for act in await stores.locks.story.acts()] or ["no lock was ever lifted"]
    number = masked(asked.number)
    if await stores.locks.lift(asked.number, asked.by, asked.why):
        return 0, [f"{number} may order again"]
    return 1, [f"{number} is not locked"]
