"""Tools for who runs it: `python -m switchboard inspect`, `doctor`, `switch`, `incident`, `lock`, `backup`."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from switchboard import announcing, backup, doctor, inspect, switching, unlocking
from switchboard.errors import BadBackup, BadSettings, NotReachable
from switchboard.redis.stores import open_stores
from switchboard.settings import Settings


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m switchboard", description=(__doc__ or "").split("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    inspect.add_arguments(commands.add_parser("inspect", help="what is in the exchange now"))
    commands.add_parser("doctor", help="what keeps this installation from working well; 1 where something fails")
    switching.add_arguments(commands.add_parser("switch", help="switch skills, operations and channels off and on"))
    announcing.add_arguments(commands.add_parser("incident", help="announce, change and end known outages"))
    unlocking.add_arguments(commands.add_parser("lock", help="end the rest of a number after a code was told"))
    backup.add_arguments(commands)
    asked = parser.parse_args(arguments)
    try:
        settings = Settings.read(os.environ)
        if asked.command in ("backup", "restore"):
            code, lines = 0, backup.run(settings, asked)
        else:
            code, lines = asyncio.run(_doctor(settings) if asked.command == "doctor" else _exchange(settings, asked))
    except (BadBackup, BadSettings, NotReachable) as error:
        print(f"switchboard: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines))
    return code


async def _doctor(settings: Settings) -> tuple[int, list[str]]:
    return doctor.report(await doctor.examine(settings, Path.cwd()))


async def _exchange(settings: Settings, asked: argparse.Namespace) -> tuple[int, list[str]]:
    stores = open_stores(settings)
    try:
        if by_hand := {"switch": switching.run, "incident": announcing.run, "lock": unlocking.run}.get(asked.command):
            await stores.ready()
            return await by_hand(stores, asked)
        return await inspect.run(stores, settings, asked)
    finally:
        await stores.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
