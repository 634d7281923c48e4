"""What the people outside wrote, what they were told, and what must be true of it afterwards."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

_OURS = re.compile(r"(?P<cause>.+)/(?P<what>[^/]+)")
EARLY = "early"


@dataclass
class Talk:
    """One person's side: ids in the order in which the channel took them, and what came, in its order."""

    who: str
    accepted: list[str] = field(default_factory=list)
    at: dict[str, float] = field(default_factory=dict)
    heard: list[tuple[str, float]] = field(default_factory=list)

    def took(self, message: str) -> None:
        self.accepted.append(message)
        self.at[message] = time.monotonic()

    def hears(self, outbound: str) -> None:
        self.heard.append((outbound, time.monotonic()))

    def answered(self) -> dict[str, float]:
        """Which messages were answered, in the order of their first answer, and when. "One moment" is no answer."""
        answers: dict[str, float] = {}
        for outbound, at in self.heard:
            found = _OURS.fullmatch(outbound)
            if found and found["what"] != EARLY:
                answers.setdefault(found["cause"], at)
        return answers


@dataclass(frozen=True)
class Purchase:
    """One try to buy: `told` when the person read that it was done."""

    msisdn: str
    told: bool


@dataclass(frozen=True)
class Ledger:
    """The reckoning. `lost`, `disordered` and `doubled` must be empty."""

    accepted: int
    answered: int
    quarantined: int
    lost: tuple[str, ...]
    disordered: tuple[str, ...]
    doubled: tuple[str, ...]
    missing_orders: tuple[str, ...]
    repeated: int
    purchases: int
    bought: int
    kills: Mapping[str, int]
    waits_s: tuple[float, ...]

    @property
    def breaches(self) -> dict[str, tuple[str, ...]]:
        named = {
            "lost": self.lost,
            "order of answers broken": self.disordered,
            "orders doubled": self.doubled,
            "said to be done, but not in the CRM": self.missing_orders,
        }
        return {name: found for name, found in named.items() if found}

    def __str__(self) -> str:
        waits = sorted(self.waits_s)

        def share(part: float) -> str:
            return f"{waits[int(part * (len(waits) - 1))]:.1f} s" if waits else "-"

        lines = [
            ("kills", ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))),
            ("messages accepted", self.accepted),
            ("answered", self.answered),
            ("quarantined", self.quarantined),
            ("lost", len(self.lost)),
            ("conversations with a broken order", len(self.disordered)),
            ("purchases tried / told done", f"{self.purchases} / {self.bought}"),
            ("orders doubled", len(self.doubled)),
            ("told done without an order", len(self.missing_orders)),
            ("messages that came twice", self.repeated),
            ("wait for an answer, median / p95 / longest", " / ".join(share(part) for part in (0.5, 0.95, 1.0))),
        ]
        width = max(len(name) for name, _ in lines)
        return "\n".join(f"{name:<{width}}  {value}" for name, value in lines)


def reckon(
    talks: Iterable[Talk],
    purchases: Iterable[Purchase],
    orders: Mapping[str, int],
    quarantined: frozenset[str],
    kills: Mapping[str, int],
    read_with: Mapping[str, str] = MappingProxyType({}),
) -> Ledger:
    """`orders` counts the CRM's orders by number; `quarantined` are ids that the log says nobody could answer.

    `read_with` tells of an opener which message it was read together with: one answer is both's.
    """
    talks, purchases = list(talks), list(purchases)
    answers = [(talk, talk.answered()) for talk in talks]
    ended = [_ended(talk, found, read_with) for talk, found in answers]
    tried, told = Counter(p.msisdn for p in purchases), Counter(p.msisdn for p in purchases if p.told)
    return Ledger(
        accepted=sum(len(talk.accepted) for talk in talks),
        answered=sum(len(found) for found in ended),
        quarantined=len(quarantined),
        lost=tuple(
            m
            for talk, found in zip(talks, ended, strict=True)
            for m in talk.accepted
            if m not in found and m not in quarantined
        ),
        disordered=tuple(talk.who for talk, found in answers if not _in_order(talk, list(found))),
        doubled=tuple(number for number, count in orders.items() if count > tried[number]),
        missing_orders=tuple(number for number, count in told.items() if orders.get(number, 0) < count),
        repeated=sum(
            sum(Counter(outbound for outbound, _ in talk.heard).values()) - len({o for o, _ in talk.heard})
            for talk in talks
        ),
        purchases=len(purchases),
        bought=sum(told.values()),
        kills=dict(kills),
        waits_s=tuple(at - talk.at[m] for talk, found in answers for m, at in found.items() if m in talk.at),
    )


def _ended(talk: Talk, answered: Mapping[str, float], read_with: Mapping[str, str]) -> set[str]:
    """What was answered, by itself or with a later message of the same person."""
    place = {message: n for n, message in enumerate(talk.accepted)}
    own = {message for message in talk.accepted if message in answered}
    return own | {m for m in talk.accepted if read_with.get(m) in own and place[read_with[m]] > place[m]}


def _in_order(talk: Talk, answered: list[str]) -> bool:
    place = {message: n for n, message in enumerate(talk.accepted)}
    places = [place[message] for message in answered if message in place]
    return places == sorted(places)
