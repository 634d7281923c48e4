"""One turn end to end at the web channel, beside stock Rasa with what it recommends for Chinese:

    python -m bench.turns [--quick | --long] [--ours] [--slots 1] [--workers 1]

Same conversations, same machine, same run, the same REST channel, one after the other; each with the processes that it
needs and one thread for numeric libraries in each. Up to ten minutes, `--quick` up to two; `--long` has long
conversations only, within one session and across many. The stock assistant must be there:
`python -m bench.stock.project`. Figures are also kept in var/bench/turns.json.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from bench.measure.figures import FULL, LONG, QUICK, Figures, Plan, machine, measured
from bench.measure.sides import Product, Side, Stock
from bench.measure.table import compared, told
from bench.stock import project
from switchboard import logs

KEPT = project.ROOT / "var/bench/turns.json"


async def run(folder: Path, plan: Plan, sides: list[str], slots: int, workers: int) -> list[Figures]:
    found = []
    for name in sides:
        here = folder / name
        here.mkdir()
        side: Side = Stock(here) if name == "stock" else Product(here, workers, slots)
        print(f"measuring {side.name} …", flush=True)
        found.append(await measured(side, plan))
        print(told(found[-1]), flush=True)
    return found


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.turns", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="shorter and fewer measurements")
    parser.add_argument("--long", action="store_true", help="only turns 1 to 1000 of one conversation")
    parser.add_argument("--ours", action="store_true", help="only the product: nothing to compare with")
    parser.add_argument("--slots", type=int, default=1, help="Rasa processes of the product")
    parser.add_argument("--workers", type=int, default=1, help="workers of the product")
    parser.add_argument("--seconds", type=float, help="of each crowd")
    asked = parser.parse_args(arguments)
    logs.configure("bench", "warning")
    # Told to end, it ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    plan = LONG if asked.long else QUICK if asked.quick else FULL
    plan = replace(plan, crowd_s=asked.seconds) if asked.seconds else plan
    sides = ["ours"] if asked.ours else ["stock", "ours"]
    print(machine())
    folder = Path(tempfile.mkdtemp(prefix="renji-bench-"))
    try:
        found = asyncio.run(run(folder, plan, sides, asked.slots, asked.workers))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    KEPT.parent.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(json.dumps([figures.as_dict() for figures in found], indent=1) + "\n", encoding="utf-8")
    if len(found) == 2:
        print(compared(found[0], found[1], project.training()))


if __name__ == "__main__":
    main(sys.argv[1:])
