"""What so many messages an hour need on a bill day, from measured service times:

    python -m bench.simulate [--messages 1000 100000 10000000] [--times bench/service_times.yml]
    python -m bench.simulate --refresh      # takes CPU and memory from the last `python -m bench.turns`

Messages arrive at random (Poisson) at the rate of each hour of a bill day and of its busiest minute, and pass the
processes one after the other; each process does one thing at a time, in order. Which of several processes gets a
message is decided by its conversation. It knows no machines: a process has a core when it needs one.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bench.measure.people import quantile

ROOT = Path(__file__).resolve().parents[1]
TIMES = ROOT / "bench" / "service_times.yml"
TURNS = ROOT / "var" / "bench" / "turns.json"
WAY = (
    *("gateway", "redis", "worker", "redis", "rasa", "crm"),
    *("rasa", "redis", "worker", "redis", "gateway"),
)
"""Whom a message visits, one after the other; who is visited more than once does an equal part each time."""
STORED = "redis"
"""Each visit ends with a write that is on disk."""
LEAST = {"redis": 1}
"""Of everything else two, so that one may die."""
PARTITIONS = 256
"""No more workers and no more shards can have work."""
SAMPLE, PEAK_SAMPLE = 3_000, 30_000
WARM = 0.2
"""Share of the messages that fill the queues and are not counted."""
ASKED_S = 1.0
"""The p95 wait that the numbers of processes are chosen for."""


@dataclass(frozen=True)
class Times:
    """Of one message; `busy` is the share of a core that a process may use in the busiest minute."""

    cpu_ms: Mapping[str, float]
    memory_mb: Mapping[str, float]
    write_ms: float
    variation: float
    hop_ms: float
    message_kb: float
    log_entries: float
    log_writer_per_s: float
    log_database_per_s: float
    busy: float
    day: Sequence[float]
    bill_day: float
    busiest_minute: float

    @classmethod
    def read(cls, file: Path) -> Times:
        told = yaml.safe_load(file.read_text())
        return cls(**told["measured"], **told["assumed"])

    def hours_per_s(self, messages_an_hour: float) -> list[float]:
        """Messages a second in each hour of a bill day."""
        return [messages_an_hour / 3600 * self.bill_day * share for share in self.day]

    def peak_per_s(self, messages_an_hour: float) -> float:
        return max(self.hours_per_s(messages_an_hour)) * self.busiest_minute


@dataclass
class Walk:
    """What became of the messages of a run: how long each took from its arrival to its answer, in seconds."""

    arrived: int
    took_s: list[float]


def simulate(times: Times, processes: Mapping[str, int], per_s: float, messages: int, seed: int = 1) -> Walk:
    """So many messages at a steady rate; all of them are answered."""
    chance = random.Random(seed)
    free = {name: [0.0] * count for name, count in processes.items()}
    mean_s = {name: times.cpu_ms[name] / 1000 / WAY.count(name) for name in free}
    coming = [(at, n, 0, at) for n, at in enumerate(_arrivals(chance, per_s, messages))]
    took_s: list[float] = []
    heapq.heapify(coming)
    while coming:
        at, n, step, began = heapq.heappop(coming)
        if step == len(WAY):
            if n >= messages * WARM:
                took_s.append(at - began)
            continue
        name = WAY[step]
        mine = _whose(n, step, len(free[name]))
        done = max(at, free[name][mine]) + _service(chance, mean_s[name], times.variation)
        free[name][mine] = done
        # Others' commands go on while a write is on its way to the disk, and messages while one is on its way here.
        later = done + times.hop_ms / 1000 + (times.write_ms / 1000 if name == STORED else 0)
        heapq.heappush(coming, (later, n, step + 1, began))
    return Walk(messages, took_s)


def _arrivals(chance: random.Random, per_s: float, messages: int) -> Iterator[float]:
    at = 0.0
    for _ in range(messages):
        at += chance.expovariate(per_s)
        yield at


def _whose(message: int, step: int, count: int) -> int:
    """Which of so many processes: the same one for all steps of a message of one kind, as its conversation says."""
    return hash((message, WAY.index(WAY[step]))) % count


def _service(chance: random.Random, mean_s: float, variation: float) -> float:
    if not variation:
        return mean_s
    shape = 1 / variation**2
    return chance.gammavariate(shape, mean_s / shape)


def sized(times: Times, messages_an_hour: float) -> dict[str, int]:
    """Processes of each kind, from the CPU that the busiest minute needs."""
    per_s = times.peak_per_s(messages_an_hour)
    needed = {name: per_s * cpu_ms / 1000 / times.busy for name, cpu_ms in times.cpu_ms.items()}
    return {name: max(LEAST.get(name, 2), math.ceil(cores)) for name, cores in needed.items()}


def limits(times: Times, messages_an_hour: float) -> dict[str, float]:
    """What cannot be multiplied, with how many times this load it carries; below 1 it does not carry it."""
    per_s = times.peak_per_s(messages_an_hour)
    busiest_hour = max(times.hours_per_s(messages_an_hour))
    full = {name: PARTITIONS * times.busy / (per_s * times.cpu_ms[name] / 1000) for name in ("worker", STORED)}
    return {
        "one PostgreSQL for the log": times.log_database_per_s / (busiest_hour * times.log_entries),
        f"{PARTITIONS} partitions: SQL writers": PARTITIONS
        * times.log_writer_per_s
        / (busiest_hour * times.log_entries),
        f"{PARTITIONS} partitions: workers": full["worker"],
        f"{PARTITIONS} partitions: Redis shards": full[STORED],
    }


def first_full(times: Times, processes: Mapping[str, int], messages_an_hour: float) -> tuple[str, float]:
    """The kind of process of which one more is needed first, and at how many times this load."""
    per_s = times.peak_per_s(messages_an_hour)
    carry = {name: count * times.busy / (per_s * times.cpu_ms[name] / 1000) for name, count in processes.items()}
    return min(carry.items(), key=lambda one: one[1])


def writers(times: Times, messages_an_hour: float) -> int:
    """How many SQL writers the busiest hour needs (RENJI_LOG_WRITERS)."""
    entries_per_s = max(times.hours_per_s(messages_an_hour)) * times.log_entries
    return min(PARTITIONS, max(1, math.ceil(entries_per_s / times.log_writer_per_s)))


def backlog(times: Times, messages_an_hour: float) -> tuple[float, int]:
    """The longest that the log is behind in a bill day, in entries, and in how many hours it is behind: by as many
    writers as are needed, but no faster than their one database."""
    waiting, most, behind = 0.0, 0.0, 0
    together_per_s = min(writers(times, messages_an_hour) * times.log_writer_per_s, times.log_database_per_s)
    for per_s in times.hours_per_s(messages_an_hour):
        waiting = max(0.0, waiting + (per_s * times.log_entries - together_per_s) * 3600)
        most, behind = max(most, waiting), behind + bool(waiting)
    return most, behind


def told(times: Times, messages_an_hour: float) -> str:
    """What one size needs, and how long people wait."""
    processes, peak = sized(times, messages_an_hour), times.peak_per_s(messages_an_hour)
    hours = [simulate(times, processes, rate, SAMPLE) for rate in times.hours_per_s(messages_an_hour)]
    busiest = simulate(times, processes, peak, PEAK_SAMPLE).took_s
    cores = sum(peak * cpu_ms / 1000 for cpu_ms in times.cpu_ms.values())
    memory_gb = sum(count * times.memory_mb[name] for name, count in processes.items()) / 1000
    most, behind = backlog(times, messages_an_hour)
    name, factor = min(limits(times, messages_an_hour).items(), key=lambda limit: limit[1])
    kind, carried = first_full(times, processes, messages_an_hour)
    p95 = [_ms(walk.took_s, 0.95) for walk in hours]
    return "\n".join(
        [
            f"{messages_an_hour:,.0f} messages an hour: {peak:,.1f} a second in the busiest minute of a bill day",
            "  processes    " + ", ".join(f"{name} {count}" for name, count in processes.items()),
            f"  busy         {cores:,.1f} cores; {memory_gb:,.1f} GB before any conversation",
            f"  wait         p50 {_ms(busiest, 0.5):.0f}, p95 {_ms(busiest, 0.95):.0f}, p99 {_ms(busiest, 0.99):.0f} ms"
            f" in that minute; p95 by hour {min(p95):.0f}–{max(p95):.0f} ms (asked: {ASKED_S * 1000:.0f})",
            f"  network      {peak * times.message_kb * 8 / 1000:,.1f} Mbit/s; PostgreSQL "
            f"{max(times.hours_per_s(messages_an_hour)) * times.log_entries:,.0f} rows a second in the busiest hour",
            f"  SQL writers  {writers(times, messages_an_hour)}; at most {most:,.0f} entries behind, in {behind} hours"
            " of 24",
            f"  add first    {kind}, from {carried:,.2f} times this load on",
            f"  next limit   {name}: {'carries' if factor >= 1 else 'CARRIES ONLY'} {factor:,.2f} times this load",
        ]
    )


def _ms(values: list[float], share: float) -> float:
    return quantile(values, share) * 1000


def refresh(file: Path, turns: Path) -> str:
    """Put CPU and memory of the last `bench.turns` into the file; comments stay."""
    ours = next(side for side in json.loads(turns.read_text()) if side["name"] != "stock")
    lines = file.read_text().splitlines()
    for key, found in (("cpu_ms", ours["crowds"]["32"]["cpu"]), ("memory_mb", ours["memory"])):
        values = _by_kind(found, together=key == "cpu_ms")
        row = ", ".join(f"{kind}: {value:.{2 if key == 'cpu_ms' else 0}f}" for kind, value in sorted(values.items()))
        at = next(n for n, line in enumerate(lines) if line.startswith(f"  {key}:"))
        lines[at] = f"  {key}: {{{row}}}"
    file.write_text("\n".join(lines) + "\n")
    return f"{file} holds what {turns} says"


def _by_kind(found: Mapping[str, Any], together: bool) -> dict[str, float]:
    """By kind of process, without its number: together all, for CPU; else the largest, for memory."""
    values: dict[str, float] = {}
    for name, value in found.items():
        kind = name.split("-")[0]
        values[kind] = values.get(kind, 0) + value if together else max(values.get(kind, 0), value)
    return values


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.simulate", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--messages", type=float, nargs="+", default=[1e3, 1e5, 1e7], help="in an average hour")
    parser.add_argument("--times", type=Path, default=TIMES)
    parser.add_argument("--refresh", action="store_true", help=f"take what was measured from {TURNS}")
    asked = parser.parse_args()
    if asked.refresh:
        print(refresh(asked.times, TURNS))
        return
    times = Times.read(asked.times)
    for messages in asked.messages:
        print(told(times, messages), flush=True)


if __name__ == "__main__":
    main()
