"""Tells the CRM of each talk with a person at the desk, once it has ended (TM Forum's 683), so that whoever opens the
customer there sees that, when and why they were talked with.

Told is what ended in the last day: a CRM that is away is told when it is back. The hand-off's id is the key, so a talk
is kept once, whoever tells it again; what was told is marked, so that is rare. A talk that cannot be kept holds up none
behind it, and is tried again with each round.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from console.entries import day_of
from console.tables import handoffs
from crm.errors import NotFound, Refused, Unavailable
from crm.model import Interaction
from crm.port import Crm, within
from switchboard.errors import NotReachable
from switchboard.ports import Clock, Conversations

EVERY_S = 20.0
TOLD_FOR = timedelta(days=1)
WRITE_S = 5.0
MOST = 200
"""Talks of one look."""
MOST_FAILED = 5
"""One after the other: the CRM is away rather than these talks strange. The next look goes on behind them."""
log = structlog.get_logger()


class Talks:
    """One whose Address was nobody's is not told: there is nobody to tell of."""

    def __init__(self, engine: AsyncEngine, conversations: Conversations, crm: Crm, clock: Clock) -> None:
        self._engine, self._conversations, self._crm, self._clock = engine, conversations, crm, clock
        self._after: tuple[datetime, str] | None = None
        """The last talk of a look that did not come to the end."""

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
        """How many were kept. Raises Unavailable or NotReachable once all others were told, SQLAlchemyError at once."""
        kept = in_a_row = 0
        failure: Exception | None = None
        ended = await self._ended()
        self._after = None
        for stay in ended:
            try:
                kept += await self._keep(stay)
            except (Unavailable, NotReachable) as error:
                log.warning("talk_not_told", handoff=stay.id, error=type(error).__name__)
                failure, in_a_row = error, in_a_row + 1
            else:
                in_a_row = 0
                await self._mark(stay.id)
            if in_a_row == MOST_FAILED or (stay is ended[-1] and len(ended) == MOST):
                self._after = (stay.ended_at, stay.id)
                break
        if failure:
            raise failure
        return kept

    async def _ended(self) -> list[Any]:
        """The next that were not told, the first to end first."""
        h, since = handoffs.c, self._clock() - TOLD_FOR
        # The index is by the day on which it began.
        days = [day_of(since + timedelta(days=n)) for n in (-1, 0, 1)]
        wanted = sa.and_(h.day.in_(days), h.ended_at >= since, h.accepted_at.is_not(None), h.told_at.is_(None))
        if self._after:
            at, last = self._after
            wanted &= (h.ended_at > at) | ((h.ended_at == at) & (h.id > last))
        named = (h.id, h.conversation, h.channel, h.reason, h.code, h.note, h.queued_at, h.ended_at)
        async with self._engine.connect() as connection:
            query = sa.select(*named).where(wanted).order_by(h.ended_at, h.id).limit(MOST)
            return list((await connection.execute(query)).all())

    async def _mark(self, handoff: str) -> None:
        async with self._engine.begin() as connection:
            told = sa.update(handoffs).where(handoffs.c.id == handoff)
            await connection.execute(told.values(told_at=self._clock()))

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
