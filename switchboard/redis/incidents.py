"""Known outages in Redis: which are open, who wants to hear of their end, and what is reported alike without one.

{incidents}:open is a hash, id → JSON of the Incident; {incidents}:ended those whose followers are still to be told;
{incidents}:followers:ID a hash, conversation → JSON {address, language}; {incidents}:places the set of
region|city|service with fresh reports, {incidents}:reports:PLACE a sorted set, conversation → moment (ms);
{incidents}:story the last acts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import structlog

from switchboard.codec import from_dict, to_json
from switchboard.errors import BadRecord
from switchboard.incidents import ALIKE, ALIKE_WITHIN, SERVICES, Alike, Incident
from switchboard.model import Address
from switchboard.ports import Clock
from switchboard.redis.connection import reaching
from switchboard.redis.keys import DESK, Keys
from switchboard.redis.records import loads, ms
from switchboard.redis.scripting import Scripts
from switchboard.redis.story import Story, told

OPEN, ENDED, PLACES = (f"{{incidents}}:{name}" for name in ("open", "ended", "places"))
FOLLOWERS, REPORTS = "{incidents}:followers:", "{incidents}:reports:"
EVERYBODY = '{"conversations":["*"]}'
log = structlog.get_logger()


@dataclass(frozen=True)
class Follower:
    """Who wants to hear that it works again."""

    conversation: str
    address: Address
    language: str


class RedisIncidents:
    """All raise NotReachable. `at`, `follow` and `report` are the Incidents port of crm/operations."""

    def __init__(self, scripts: Scripts, keys: Keys, clock: Clock) -> None:
        self._scripts, self._redis, self._keys, self._clock = scripts, scripts.redis, keys, clock
        self.story = Story(scripts.redis, "{incidents}")

    async def all(self) -> list[Incident]:
        """What is open now, the oldest first."""
        with reaching():
            stored = await self._redis.hgetall(OPEN)
        return sorted((_load(body) for body in stored.values()), key=lambda one: (one.since, one.id))

    async def get(self, identifier: str) -> Incident | None:
        """An open one."""
        with reaching():
            stored = await self._redis.hget(OPEN, identifier)
        return _load(stored) if stored else None

    async def add(self, incident: Incident) -> None:
        """From now on it is told."""
        await self._put("switch", "add", incident, incident.by)

    async def change(self, identifier: str, until: datetime | None, by: str) -> Incident | None:
        """Another expected end, None for nobody knows. None when it is not open."""
        known = await self.get(identifier)
        if known is None:
            return None
        changed = replace(known, until=until)
        # Somebody may end it just now: the script changes only what is still open.
        return changed if await self._put("incident_change", "change", changed, by) else None

    async def _put(self, script: str, act: str, incident: Incident, by: str) -> bool:
        until = incident.until.isoformat() if incident.until else ""
        story = told(act, incident.id, by, incident.words["zh"], self._clock(), until)
        args = [incident.id, to_json(incident), DESK, EVERYBODY]
        return bool(await self._scripts.run(script, [OPEN, self.story.key], [*args, *story]))

    async def end(self, identifier: str, by: str, why: str) -> bool:
        """It works again; the followers are told by `python worker.py`. False when it was not open."""
        story = told("end", identifier, by, why, self._clock(), "")
        keys = [OPEN, ENDED, self.story.key]
        return bool(await self._scripts.run("incident_end", keys, [identifier, DESK, EVERYBODY, *story]))

    # --- who wants to hear of the end --------------------------------------------------------------------------------

    async def follow(self, conversation: str, incident: str, language: str) -> bool:
        """False when it is over, or where nobody knows how to reach the conversation."""
        with reaching():
            address = await self._redis.hget(self._keys.conversation(conversation), "address")
        if not address:
            log.warning("follower_without_address", conversation=conversation)
            return False
        who = to_json({"address": loads(address), "language": language})
        keys = [OPEN, FOLLOWERS + incident]
        return bool(await self._scripts.run("incident_follow", keys, [incident, conversation, who]))

    async def followers(self, incident: str) -> list[Follower]:
        """Without those that cannot be read."""
        with reaching():
            stored = await self._redis.hgetall(FOLLOWERS + incident)
        read = [_follower(conversation.decode(), body) for conversation, body in stored.items()]
        return [one for one in read if one]

    async def heard(self, incident: str, conversation: str) -> None:
        """This follower's notice is on its way."""
        with reaching():
            await self._redis.hdel(FOLLOWERS + incident, conversation)

    async def ended(self) -> list[Incident]:
        """Those whose followers are still to be told."""
        with reaching():
            stored = await self._redis.hgetall(ENDED)
        return [_load(body) for body in stored.values()]

    async def forget(self, incident: str) -> None:
        """All its followers were told."""
        with reaching():
            await self._redis.hdel(ENDED, incident)
            await self._redis.delete(FOLLOWERS + incident)

    # --- what is said and counted ------------------------------------------------------------------------------------

    async def at(self, region: str) -> list[Mapping[str, Any]]:
        """The open ones of a province, for crm/operations."""
        return [_told(one) for one in await self.all() if one.region == region]

    async def report(self, conversation: str, region: str, city: str, service: str) -> None:
        """Somebody has this fault, and no known outage explains it."""
        now, place = self._clock(), f"{region}|{city}|{service}"
        window = [ms(now), ms(now - ALIKE_WITHIN), int(ALIKE_WITHIN.total_seconds())]
        args = [place, conversation, *window, ALIKE, DESK, EVERYBODY]
        await self._scripts.run("incident_report", [PLACES, REPORTS + place], args)

    async def alike(self) -> list[Alike]:
        """How many people of each place reported the same just now, the most first; not what is announced since."""
        since, known, found = ms(self._clock() - ALIKE_WITHIN), await self.all(), []
        with reaching():
            for place in sorted(name.decode() for name in await self._redis.smembers(PLACES)):
                count = int(await self._redis.zcount(REPORTS + place, since, "+inf"))
                if not count:
                    await self._redis.srem(PLACES, place)
                    continue
                region, city, service = place.split("|")
                one = Alike(region, city, service, count)
                if not any(incident.explains(one) for incident in known):
                    found.append(one)
        return sorted(found, key=lambda one: -one.count)


def _load(stored: bytes) -> Incident:
    return from_dict(Incident, loads(stored))


def _follower(conversation: str, stored: bytes) -> Follower | None:
    try:
        return from_dict(Follower, {"conversation": conversation, **loads(stored)})
    except (BadRecord, ValueError, TypeError) as error:
        # Only its kind: the words of the error may quote the Address.
        log.error("bad_follower", conversation=conversation, error=type(error).__name__)
        return None


def _told(incident: Incident) -> Mapping[str, Any]:
    return {
        "id": incident.id,
        "city": incident.city,
        "words": dict(incident.words),
        "since": incident.since.isoformat(),
        "until": incident.until.isoformat() if incident.until else "",
        "covers": [service for service in SERVICES if incident.covers(service)],
    }
