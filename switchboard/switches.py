"""What is switched off by hand: a skill of the bot, an operation of the CRM, a channel. Live in every process within
seconds, without a restart.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from switchboard.errors import NotReachable
from switchboard.ports import Clock

Kind = Literal["skill", "operation", "channel"]
KINDS: tuple[Kind, ...] = ("skill", "operation", "channel")
FRESH_S = 1.0
"""So long an answer of Redis is used again."""


@dataclass(frozen=True)
class Switch:
    """Something that is off since `at`; without `until`, until somebody switches it on. `why` is for colleagues."""

    kind: Kind
    name: str
    by: str
    why: str
    at: datetime
    until: datetime | None = None

    def ended(self, now: datetime) -> bool:
        return self.until is not None and self.until <= now

    @property
    def mark(self) -> str:
        """Tells this time off from an earlier one."""
        return self.at.isoformat()

    def told(self) -> dict[str, str]:
        """For the words to the person: `until` in ISO form, "" where nobody knows."""
        return {"until": self.until.isoformat() if self.until else ""}


class Store(Protocol):
    """Raises NotReachable."""

    async def all(self) -> list[Switch]: ...

    async def tell_known(self, kind: Kind, names: Iterable[str]) -> None: ...


class Switches:
    """One process's view. While Redis cannot be asked, what was known last stays true. `names`: what this process can
    be without, told to Redis at the first look.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        names: Mapping[Kind, Iterable[str]] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store, self._clock, self._monotonic = store, clock, monotonic
        self._untold = dict(names or {})
        self._known: Mapping[tuple[str, str], Switch] = {}
        self._until = float("-inf")

    async def look(self) -> None:
        """Ask Redis unless that was done within the last second."""
        if self._monotonic() < self._until:
            return
        self._until = self._monotonic() + FRESH_S
        try:
            for kind in list(self._untold):
                await self._store.tell_known(kind, self._untold[kind])
                del self._untold[kind]
            self._known = {(one.kind, one.name): one for one in await self._store.all()}
        except NotReachable:
            pass  # whatever needs Redis now fails by itself

    def off(self, kind: Kind, *names: str) -> Switch | None:
        """The first of these that is off."""
        found: Iterable[Switch | None] = (self._known.get((kind, name)) for name in names)
        return next((one for one in found if one and not one.ended(self._clock())), None)

    async def refusal(self, kind: Kind, *names: str) -> Mapping[str, str] | None:
        """What crm/operations asks before it acts: None, or the values of the refusal."""
        await self.look()
        switch = self.off(kind, *names)
        return switch.told() if switch else None
