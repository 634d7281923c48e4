"""What a simulated screen shows, and how a page learns of news. In memory only: one-time codes pass here."""

from __future__ import annotations

import asyncio
from collections import defaultdict, deque
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

KEEP = 200
"""Lines per screen."""


@dataclass(frozen=True)
class Line:
    """One bubble on a screen. `choices` are (id, label) pairs that can be tapped."""

    number: int
    side: Literal["theirs", "ours"]
    text: str
    choices: tuple[tuple[str, str], ...] = ()
    parts: int = 1


@dataclass
class _Screen:
    lines: deque[Line] = field(default_factory=lambda: deque(maxlen=KEEP))
    count: int = 0


class Feed:
    """Screens by their owner's id (an MSISDN, an openid). `theirs` is what the person said, `ours` what came back."""

    def __init__(self) -> None:
        self._screens: dict[str, _Screen] = defaultdict(_Screen)
        self._news = asyncio.Condition()

    async def add(
        self,
        owner: str,
        side: Literal["theirs", "ours"],
        text: str,
        choices: tuple[tuple[str, str], ...] = (),
        parts: int = 1,
    ) -> None:
        screen = self._screens[owner]
        screen.count += 1
        screen.lines.append(Line(screen.count, side, text, choices, parts))
        async with self._news:
            self._news.notify_all()

    def lines(self, owner: str, after: int = 0) -> list[Line]:
        screen = self._screens.get(owner)
        return [line for line in screen.lines if line.number > after] if screen else []

    def shown(self, owner: str, after: int) -> list[dict[str, Any]]:
        """The lines after number `after`, for a page."""
        return [asdict(line) for line in self.lines(owner, after)]

    async def changed(self) -> None:
        """Returns when anybody's screen has news."""
        async with self._news:
            await self._news.wait()

    async def next(self, owner: str, after: int, wait_s: float) -> list[Line]:
        """Lines after number `after`, waiting up to `wait_s` for the first."""
        try:
            async with self._news:
                await asyncio.wait_for(self._news.wait_for(lambda: self.lines(owner, after)), wait_s)
        except asyncio.TimeoutError:
            return []
        return self.lines(owner, after)
