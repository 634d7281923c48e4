"""People who write over the REST channel, each waiting for an answer before the next line."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bench.measure.dialogs import Kind, Line

ANSWER_S = 30.0
Senders = Callable[[], Awaitable[str]]
"""Somebody new each time: the sender's id as the channel takes it."""


@dataclass(frozen=True)
class Turn:
    """One line and its answer. `replies`: how many messages came back; 0 also for an error."""

    kind: Kind
    took_s: float
    replies: int


@dataclass
class Talk:
    """What a crowd went through in `seconds`."""

    turns: list[Turn] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def unanswered(self) -> int:
        return sum(not turn.replies for turn in self.turns)

    @property
    def per_s(self) -> float:
        return len(self.turns) / self.seconds if self.seconds else 0.0

    def ms(self, share: float) -> float:
        """The time to answer in milliseconds that `share` of the turns stayed within."""
        return quantile([turn.took_s * 1000 for turn in self.turns], share)


def quantile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all do not exceed; NaN of none."""
    if not values:
        return float("nan")
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


class Crowd:
    """`url` is a REST webhook. Each conversation has a connection of its own."""

    def __init__(self, url: str, senders: Senders) -> None:
        self._url, self._senders = url, senders

    async def talk(self, people: int, seconds: float, visit: Sequence[Line]) -> Talk:
        """`people` at once, one conversation after another, each as `visit` goes, until the time is over."""
        talk, began = Talk(), time.perf_counter()
        until = began + seconds

        async def person() -> None:
            while time.perf_counter() < until:
                await self.visit(visit, talk, until)

        await asyncio.gather(*(person() for _ in range(people)))
        talk.seconds = time.perf_counter() - began
        return talk

    async def visits(self, people: int, count: int, visit: Sequence[Line]) -> Talk:
        """`count` whole conversations, `people` at a time."""
        talk, began, left = Talk(), time.perf_counter(), iter(range(count))

        async def person() -> None:
            for _ in left:
                await self.visit(visit, talk)

        await asyncio.gather(*(person() for _ in range(people)))
        talk.seconds = time.perf_counter() - began
        return talk

    async def visit(self, lines: Sequence[Line], talk: Talk, until: float = float("inf"), sender: str = "") -> None:
        """One conversation, or a part of one when `sender` says whose."""
        sender = sender or await self._senders()
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(ANSWER_S)) as session:
            for line in lines:
                talk.turns.append(await self._say(session, sender, line))
                if time.perf_counter() > until:
                    return

    async def _say(self, session: aiohttp.ClientSession, sender: str, line: Line) -> Turn:
        began = time.perf_counter()
        try:
            async with session.post(self._url, json={"sender": sender, "message": line.text}) as answer:
                replies: Any = await answer.json() if answer.status == 200 else []
        except (aiohttp.ClientError, asyncio.TimeoutError):
            replies = []
        return Turn(line.kind, time.perf_counter() - began, len(replies))
