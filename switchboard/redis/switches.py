"""Switches in Redis: what is off, what can be, and the story of who switched what, when and why.

{switches}:off is a hash, kind:name → JSON {by, why, at, until}; {switches}:known the set of names that the processes
told at their start; {switches}:story the last acts.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from switchboard.ports import Clock
from switchboard.redis.connection import reaching
from switchboard.redis.keys import DESK
from switchboard.redis.records import loads
from switchboard.redis.scripting import Scripts
from switchboard.redis.story import Story, told
from switchboard.switches import Kind, Switch

OFF, KNOWN = "{switches}:off", "{switches}:known"


class RedisSwitches:
    """All raise NotReachable."""

    def __init__(self, scripts: Scripts, clock: Clock) -> None:
        self._scripts, self._redis, self._clock = scripts, scripts.redis, clock
        self.story = Story(scripts.redis, "{switches}")

    async def all(self) -> list[Switch]:
        """What is off now, the oldest first; what has come to its end is on."""
        with reaching():
            stored = await self._redis.hgetall(OFF)
        found = [_load(what.decode(), body) for what, body in stored.items()]
        return sorted((one for one in found if not one.ended(self._clock())), key=lambda one: one.at)

    async def off(self, kind: Kind, name: str, by: str, why: str, until: datetime | None = None) -> Switch:
        """Switch off; off already: by whom, why and until when are the new ones."""
        switch = Switch(kind, name, by, why, self._clock(), until)
        ends = until.isoformat() if until else ""
        body = json.dumps({"by": by, "why": why, "at": switch.at.isoformat(), "until": ends}, ensure_ascii=False)
        await self._act("off", kind, name, by, why, ends, body)
        return switch

    async def on(self, kind: Kind, name: str, by: str, why: str) -> bool:
        """False when it was not off; then nothing is told."""
        return await self._act("on", kind, name, by, why, "", "")

    async def _act(self, act: str, kind: Kind, name: str, by: str, why: str, until: str, body: str) -> bool:
        args = [f"{kind}:{name}", body, DESK, '{"conversations":["*"]}']
        story = told(act, f"{kind}:{name}", by, why, self._clock(), until)
        return bool(await self._scripts.run("switch", [OFF, self.story.key], [*args, *story]))

    async def tell_known(self, kind: Kind, names: Iterable[str]) -> None:
        """Of a process at its start: what it can be without."""
        with reaching():
            await self._redis.sadd(KNOWN, *(f"{kind}:{name}" for name in names))

    async def known(self) -> list[str]:
        """kind:name of all that can be switched off, in order; empty before the first start."""
        with reaching():
            return sorted(what.decode() for what in await self._redis.smembers(KNOWN))


def words(switches: Sequence[Switch]) -> str:
    """One line for doctor and inspect."""
    return ", ".join(
        f"{one.kind} {one.name}{f' until {one.until:%m-%d %H:%M}Z' if one.until else ''}" for one in switches
    )


def _load(what: str, stored: bytes) -> Switch:
    kind, _, name = what.partition(":")
    body = loads(stored)
    until = datetime.fromisoformat(body["until"]) if body["until"] else None
    return Switch(cast(Kind, kind), name, body["by"], body["why"], datetime.fromisoformat(body["at"]), until)
