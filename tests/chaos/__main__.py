"""Chaos by hand: `python -m tests.chaos --seconds 900 --seed 1`. Ends with 1 when anything was breached.

Below ten minutes waits are printed and not counted: too few to say anything.
"""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

from tests.chaos.ledger import Ledger
from tests.chaos.run import Run, stage, started

ENOUGH_S = 600


async def run(folder: Path, seconds: int, seed: int, apart: bool = False) -> Ledger:
    on = stage(folder, seconds, apart)
    async with started(on):
        return await Run(on, seconds, seed).ledger()


def described(ledger: Ledger, seconds: int, seed: int) -> str:
    return f"\nLedger of {seconds} s of chaos (seed {seed})\n{ledger}"


def is_breached(ledger: Ledger, seconds: int) -> bool:
    return bool(ledger.breaches) or (seconds >= ENOUGH_S and bool(ledger.late))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--seconds", type=int, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--actions-apart", action="store_true", help="actions in a process of their own")
    parser.add_argument("--keep", action="store_true", help="keep databases and logs also where nothing was breached")
    asked = parser.parse_args()
    # Not the working folder: a unix socket's path may have 107 bytes only.
    folder = Path(tempfile.mkdtemp(prefix="renji-chaos-"))
    print(f"Logs are in {folder}/log", flush=True)
    ledger = asyncio.run(run(folder, asked.seconds, asked.seed, asked.actions_apart))
    print(described(ledger, asked.seconds, asked.seed), flush=True)
    breached = is_breached(ledger, asked.seconds)
    if not (breached or asked.keep):
        shutil.rmtree(folder)
    return int(breached)


if __name__ == "__main__":
    sys.exit(main())
