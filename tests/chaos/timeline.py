"""When what was broken, and how long people and timers waited then. Moments are monotonic seconds."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from math import inf

from tests.chaos.talk import Talk

MENDED_S = 5.0
"""So long after a fault, other than a kill, what people wait for may still be its doing."""
TAKEN_OVER_S = 6.0
RESENT_S = 20.0
"""So long after a kill, or after another fault is over, a send that was under way then may go out again."""


@dataclass(frozen=True)
class Fault:
    name: str
    began: float
    ended: float


@dataclass(frozen=True)
class Ring:
    """A timer: when it was due and when it was seen to have rung."""

    due: float
    rang: float

    @property
    def late_s(self) -> float:
        return self.rang - self.due


@dataclass
class Timeline:
    """`kills` are kill -9 with the moment; `out` are how many conversations had a send under way, when looked at."""

    kills: list[tuple[float, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rings: list[Ring] = field(default_factory=list)
    out: list[tuple[float, int]] = field(default_factory=list)
    own_deaths: list[tuple[float, str]] = field(default_factory=list)

    def killed(self, name: str) -> None:
        self.kills.append((time.monotonic(), name))

    @contextmanager
    def fault(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        finally:
            self.faults.append(Fault(name, began, time.monotonic()))

    def causes(self) -> list[tuple[float, float]]:
        """Whatever can double a send, from when to when: kills, deaths, and faults of processes or links."""
        ends = [(at, at) for at, _ in self.kills + self.own_deaths]
        return sorted(ends + [(fault.began, fault.ended) for fault in self.faults])

    def unexplained(self, repeats: Iterable[float]) -> list[float]:
        """Of the moments at which something came again in a conversation, those without a kill of their own before."""
        causes, left = self.causes(), []
        for at in sorted(repeats):
            cause = next((one for one in causes if one[0] <= at <= one[1] + RESENT_S), None)
            if cause is None:
                left.append(at)
            else:
                causes.remove(cause)
        return left

    def in_flight(self) -> int:
        """The most sends that can have been under way at each of the moments, in all."""
        return sum(max((n for at, n in self.out if m - 1.5 <= at <= m + 5), default=0) for m, _ in self.causes())

    def faulty(self, began: float, ended: float) -> bool:
        """Whether anything but kills was going on, or had just been."""
        return any(fault.began <= ended and began <= fault.ended + MENDED_S for fault in self.faults)

    def rings_by_what_happened(self) -> dict[str, list[Ring]]:
        """Timers that rang while all was well ("owned"), across a kill, and during another fault."""
        found: dict[str, list[Ring]] = {"owned": [], "across a kill": [], "during a fault": []}
        for ring in self.rings:
            if self.faulty(ring.due, ring.rang):
                found["during a fault"].append(ring)
            elif self.killed_around(ring):
                found["across a kill"].append(ring)
            else:
                found["owned"].append(ring)
        return found

    def killed_around(self, ring: Ring) -> list[tuple[float, str]]:
        """What was killed while it was waited for, or so shortly before that it was not taken over yet: when (seconds
        from the moment at which it was due), and what."""
        return [(at - ring.due, name) for at, name in self.kills if ring.due - TAKEN_OVER_S <= at <= ring.rang]


@dataclass(frozen=True)
class Waits:
    """Seconds. `words` are to anything that was said, since who waits in a lane was told for whom it waits behind.
    `after_kill` and `word_after_kill` run from the kill, or from the message where that was later, for each
    conversation's next message, where nothing but kills was going on."""

    answers: tuple[float, ...]
    words: tuple[float, ...]
    after_kill: tuple[float, ...]
    word_after_kill: tuple[float, ...]


def waits(talks: Iterable[Talk], timeline: Timeline) -> Waits:
    answers: list[float] = []
    words = [wait for talk in talks for wait in _first_words(talk)]
    after: list[float] = []
    word_after: list[float] = []
    for talk in talks:
        answered, told = talk.answered(), talk.first_words()
        answers += [at - talk.at[m] for m, at in answered.items() if m in talk.at]
        for message, since in _next_after_kills(talk, timeline):
            if message in answered and not timeline.faulty(talk.at[message], answered[message]):
                after.append(answered[message] - since)
                word_after.append(told[message] - since)
    return Waits(tuple(answers), tuple(words), tuple(after), tuple(word_after))


def _first_words(talk: Talk) -> Iterator[float]:
    heard = sorted(at for _, at in talk.heard)
    for message in talk.answered():
        if message in talk.at:
            yield next((at - talk.at[message] for at in heard if at > talk.at[message]), 0.0)


def _next_after_kills(talk: Talk, timeline: Timeline) -> Iterator[tuple[str, float]]:
    """For each kill: the first message that waited then or came before the next kill, and from when its wait counts."""
    answered = talk.answered()
    for (killed, _), (following, _) in pairwise([*timeline.kills, (inf, "")]):
        for message in talk.accepted:
            open_then = talk.at[message] <= killed < answered.get(message, inf)
            if open_then or killed < talk.at[message] < following:
                yield message, max(killed, talk.at[message])
                break


def share(values: Iterable[float], part: float) -> float:
    """The value below which `part` of them are; 0 for none."""
    ordered = sorted(values)
    return ordered[int(part * (len(ordered) - 1))] if ordered else 0.0
