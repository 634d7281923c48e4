"""An outage is over: whoever asked for it is told, once. One worker does it for all."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from switchboard.incidents import Incident
from switchboard.model import Notice
from switchboard.notices import Notices
from switchboard.ports import Clock
from switchboard.redis.incidents import Follower, RedisIncidents

EVERY_S = 2.0
STALE = timedelta(hours=24)
"""Whoever could not be told within this time has noticed."""
log = structlog.get_logger()


class Restored:
    def __init__(self, incidents: RedisIncidents, notices: Notices, clock: Clock) -> None:
        self._incidents, self._notices, self._clock = incidents, notices, clock

    async def run(self) -> None:
        """For ever; cancel to stop."""
        while True:
            try:
                await self.tell()
            except Exception as error:
                # Only its kind: its words may quote somebody's Address.
                log.error("restored_not_told", error=type(error).__name__)
            await asyncio.sleep(EVERY_S)

    async def tell(self) -> None:
        """Whoever dies on the way is told by the next try: the dedupe key makes it one notice. Raises AcceptError,
        NotReachable.
        """
        for incident in await self._incidents.ended():
            for follower in await self._incidents.followers(incident.id):
                await self._notices.enter(self._notice(incident, follower))
                await self._incidents.heard(incident.id, follower.conversation)
            await self._incidents.forget(incident.id)

    def _notice(self, incident: Incident, follower: Follower) -> Notice:
        now, name = self._clock(), f"incident:{incident.id}:{follower.conversation}"
        return Notice(
            id=name,
            address=follower.address,
            kind="service",
            response="incident_restored",
            values={"words": incident.words.get(follower.language) or incident.words["zh"]},
            dedupe=name,
            earliest=now,
            latest=now + STALE,
            language=follower.language,
        )
