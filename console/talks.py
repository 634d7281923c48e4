"""Tells the CRM of each talk with a person at the desk, once it has ended (TM Forum's 683), so that whoever opens the
customer there sees that, when and why they were talked with.

Told is what ended in the last day: a CRM that is away is told when it is back. The hand-off's id is the key, so a talk
is kept once, whoever tells it again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from console.entries import day_of
from console.tables import handoffs
from crm.errors import NotFound, Refused
from crm.model import Interaction
from crm.port import Crm, within
from switchboard.ports import Clock, Conversations

EVERY_S = 20.0
TOLD_FOR = timedelta(days=1)
WRITE_S = 5.0
MOST = 200
"""Talks of one look, and a bound on what is kept in memory of them: ten times as many."""
log = structlog.get_logger()


class Talks:
    """One whose Address was nobody's is not told: there is nobody to tell of."""

    def __init__(self, engine: AsyncEngine, conversations: Conversations, crm: Crm, clock: Clock) -> None:
        self._engine, self._conversations, self._crm, self._clock = engine, conversations, crm, clock
        self._told: OrderedDict[str, None] = OrderedDict()

    async def run(self) -> None:
        """For ever; cancel to stop."""
        while True:
            try:
                await self.tell()
            except Exception as error:
                # Only its kind: its words may quote the row.
                log.warning("talks_not_told", error=type(error).__name__)
            await asyncio.sleep(EVERY_S)

    async def tell(self) -> int:
        """How many were kept. Raises Unavailable, NotReachable, SQLAlchemyError: the rest waits for the next look."""
        kept = 0
        for stay in await self._ended():
            kept += await self._keep(stay)
            self._told[stay.id] = None
            while len(self._told) > 10 * MOST:
                self._told.popitem(last=False)
        return kept

    async def _ended(self) -> list[Any]:
        since = self._clock() - TOLD_FOR
        # The index is by the day on which it began.
        days = [day_of(since + timedelta(days=n)) for n in (-1, 0, 1)]
        query = sa.select(handoffs).where(
            handoffs.c.day.in_(days), handoffs.c.ended_at >= since, handoffs.c.accepted_at.is_not(None)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query.order_by(handoffs.c.ended_at))).all()
        return [row for row in rows if row.id not in self._told][:MOST]

    async def _keep(self, stay: Any) -> bool:
        bound = await self._conversations.bound(stay.conversation)
        # Whoever the Address belongs to since was not talked with.
        if bound is None or bound.binding is None or bound.binding.bound_at > stay.ended_at:
            return False
        talk = Interaction(
            id="", msisdn=bound.binding.msisdn, channel=stay.channel, direction="inbound", reason=stay.reason[:64],
            description=": ".join(part for part in (stay.code, stay.note) if part)[:2000], state="completed",
            began_at=stay.queued_at, ended_at=stay.ended_at, created_at=self._clock(),
        )  # fmt: skip
        try:
            await self._crm.keep_interaction(talk, idempotency_key=f"talk:{stay.id}", deadline=within(WRITE_S))
        except (NotFound, Refused) as refusal:
            log.warning("talk_not_kept", handoff=stay.id, reason=type(refusal).__name__)
            return False
        return True
