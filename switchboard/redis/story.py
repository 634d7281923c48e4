"""Who did what by hand, when and why: a stream that the worker that writes SQL carries to the audit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from switchboard.redis.connection import Client, reaching


@dataclass(frozen=True)
class Act:
    """One line of the story: `act` is off or on, add, change or end; `what` it was done to."""

    entry: str
    act: str
    what: str
    by: str
    why: str
    at: datetime
    until: str


class Story:
    """The stream `tag`:story and how far it was carried. All raise NotReachable."""

    def __init__(self, redis: Client, tag: str) -> None:
        self._redis, self.key, self._carried = redis, f"{tag}:story", f"{tag}:carried"

    async def acts(self, after: str = "", count: int = 1000) -> list[Act]:
        """The acts after an entry, the oldest first."""
        with reaching():
            found = await self._redis.xrange(self.key, min=f"({after}" if after else "-", count=count)
        return [_act(entry.decode(), fields) for entry, fields in found]

    async def carried(self) -> str:
        """The last entry that is in the audit, "" for none."""
        with reaching():
            return (await self._redis.get(self._carried) or b"").decode()

    async def carry(self, entry: str) -> None:
        with reaching():
            await self._redis.set(self._carried, entry)


def told(act: str, what: str, by: str, why: str, at: datetime, until: str) -> list[str]:
    """The fields of one act, as the scripts take them."""
    fields = {"act": act, "what": what, "by": by, "why": why, "at": at.isoformat(), "until": until}
    return [word for pair in fields.items() for word in pair]


def line(act: Act) -> str:
    """One act for a person who reads the story."""
    until = f" until {act.until}" if act.until else ""
    return f"{act.at:%Y-%m-%dT%H:%M:%SZ}  {act.act:<6}  {act.what}{until}  by {act.by}: {act.why}"


def _act(entry: str, fields: Mapping[bytes, bytes]) -> Act:
    read: dict[str, Any] = {name.decode(): value.decode() for name, value in fields.items()}
    return Act(entry, **{**read, "at": datetime.fromisoformat(read["at"])})
