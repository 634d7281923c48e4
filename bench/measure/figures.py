"""What is measured of one side, and how it is measured."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.measure.dialogs import ONLY, VISIT
from bench.measure.people import Talk, quantile
from bench.measure.processes import cpu_s, pss_mb, spent_ms
from bench.measure.sides import Side

CROWDS = (1, 8, 32, 128)
POINTS = (1, 50, 200, 1000)
SESSION_TURNS = 20
SAMPLE = 2 * len(VISIT)
"""How many turns are timed at a point of a long conversation: of stock Rasa's longest each takes seconds."""
LONG_S = 60.0
"""For all points of one conversation, unless a plan says otherwise."""
KEPT = 3 * 24 * 3600
"""After so many seconds an idle conversation holds only what is kept for good."""


@dataclass
class Phase:
    """One crowd: times in milliseconds, CPU milliseconds a message by process, the load generator's own beside it."""

    messages: int
    per_s: float
    p50: float
    p95: float
    p99: float
    cpu: dict[str, float]
    generator: float
    unanswered: int

    @property
    def cpu_ms(self) -> float:
        return sum(self.cpu.values())


@dataclass
class Figures:
    """Of one side. `long` and `across` are CPU ms and median ms by turn; `idle` bytes a conversation: now, later."""

    name: str
    ready_s: float = 0.0
    memory: dict[str, float] = field(default_factory=dict)
    heads: tuple[str, ...] = ()
    crowds: dict[str, Phase] = field(default_factory=dict)
    kinds: dict[str, Phase] = field(default_factory=dict)
    long: dict[str, tuple[float, float]] = field(default_factory=dict)
    across: dict[str, tuple[float, float]] = field(default_factory=dict)
    idle: tuple[float, float] = (0.0, 0.0)
    at_rest: dict[str, float] = field(default_factory=dict)
    """CPU milliseconds a second while nobody says anything."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Plan:
    """How long each part may take, in seconds; empty or 0 leaves a part out. `long_s` is for all points of one
    conversation."""

    crowd_s: float
    kind_s: float
    rest_s: float
    points: Sequence[int]
    across: bool
    idle: int
    long_s: float = LONG_S


FULL = Plan(crowd_s=12, kind_s=8, rest_s=5, points=POINTS, across=True, idle=60)
QUICK = Plan(crowd_s=4, kind_s=3, rest_s=2, points=(1, 50), across=False, idle=0)
LONG = Plan(crowd_s=0, kind_s=0, rest_s=2, points=POINTS, across=True, idle=0, long_s=300)


async def measured(side: Side, plan: Plan) -> Figures:
    """Start a side, measure everything, stop it."""
    try:
        await side.start()
        figures = Figures(side.name, ready_s=side.ready_s, heads=side.heads)
        await side.crowd.visits(2, 4, VISIT)
        figures.at_rest = await _at_rest(side, plan.rest_s)
        for kind, visit in ONLY.items() if plan.kind_s else ():
            figures.kinds[kind] = await phase(side, side.crowd.talk(1, plan.kind_s, visit))
        for people in CROWDS if plan.crowd_s else ():
            figures.crowds[str(people)] = await phase(side, side.crowd.talk(people, plan.crowd_s, VISIT))
        figures.memory = pss_mb(side.pids)
        figures.long = await _long(side, plan)
        if plan.across:
            figures.across = await _long(side, plan, SESSION_TURNS)
        if plan.idle:
            figures.idle = await _idle(side, plan.idle)
        return figures
    finally:
        await side.stop()


async def phase(side: Side, talking: Any) -> Phase:
    """Run a talk and account for it."""
    before, own = cpu_s(side.pids), time.process_time()
    talk: Talk = await talking
    own = time.process_time() - own
    count = len(talk.turns)
    cpu = spent_ms(before, cpu_s(side.pids), count)
    return Phase(
        count, talk.per_s, talk.ms(0.5), talk.ms(0.95), talk.ms(0.99), cpu, own * 1000 / max(1, count), talk.unanswered
    )


async def _at_rest(side: Side, seconds: float) -> dict[str, float]:
    before = cpu_s(side.pids)
    await asyncio.sleep(seconds)
    return {name: (after - before[name]) * 1000 / seconds for name, after in cpu_s(side.pids).items()}


async def _long(side: Side, plan: Plan, session: int = 0) -> dict[str, tuple[float, float]]:
    """(CPU ms, median ms) of a turn after so many turns of one conversation; in sessions of so many turns, or in one.

    Points that are not reached in time are left out.
    """
    sender, said = await side.sender(), 0
    costs: dict[str, tuple[float, float]] = {}
    until = time.monotonic() + plan.long_s
    for point in plan.points:
        try:
            said = await asyncio.wait_for(side.lengthen(sender, said, point, session), until - time.monotonic())
        except asyncio.TimeoutError:
            break
        took: list[float] = []
        before = cpu_s(side.pids)
        for _ in range(SAMPLE // len(VISIT)):
            talk = Talk()
            await side.crowd.visit(VISIT, talk, sender=sender)
            took += [turn.took_s * 1000 for turn in talk.turns]
        cpu = sum(spent_ms(before, cpu_s(side.pids), len(took)).values())
        costs[str(point)] = (cpu, quantile(took, 0.5))
        said += len(took)
    return costs


async def _idle(side: Side, conversations: int) -> tuple[float, float]:
    """Bytes of Redis a conversation of eight turns holds: just after it, and when all that expires within days is
    gone."""
    before = await _settled(side)
    await side.crowd.visits(8, conversations, VISIT)
    after = await _memory(side)
    later = await _settled(side)
    return (after - before) / conversations, (later - before) / conversations


async def _settled(side: Side) -> int:
    """Memory once everything that expires within three days has."""
    redis = side.redis()
    # The writer empties the log every few seconds.
    await asyncio.sleep(7)
    async for key in redis.scan_iter(count=1000):
        if 0 < await redis.ttl(key) <= KEPT:
            await redis.delete(key)
    return await _memory(side)


async def _memory(side: Side) -> int:
    return int((await side.redis().info("memory"))["used_memory"])


def machine() -> str:
    """What else ran, for whoever reads the table."""
    load = os.getloadavg()
    return f"{os.cpu_count()} cores, load {load[0]:.1f} (1 min), {load[1]:.1f} (5 min) at the start"


def total(values: Mapping[str, float]) -> float:
    return sum(values.values())
