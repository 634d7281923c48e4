"""The SentMessages port of crm/operations: what the transcripts know to have reached a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from crm.errors import Unavailable
from switchboard.model import Address

MOST = 200
NEVER_LEFT = ("", "failed", "dropped")


class SentBySms:
    """`key` makes conversation ids of Addresses; `sender` is the number that our messages come from."""

    def __init__(self, engine: AsyncEngine, key: bytes, sender: str) -> None:
        self._engine, self._key, self.sender = engine, key, sender

    async def to(self, msisdn: str, since: datetime) -> Sequence[Mapping[str, Any]]:
        """Newest first. Raises Unavailable."""
        m = tables.messages.c
        conversation = Address("sms", msisdn).conversation_id(self._key)
        ours = sa.and_(m.conversation == conversation, m.origin != "person", m.state.notin_(NEVER_LEFT), m.at >= since)
        wanted = sa.select(m.at, m.text, m.response).where(ours).order_by(m.id.desc()).limit(MOST)
        try:
            async with self._engine.connect() as connection:
                return [dict(row._mapping) for row in await connection.execute(wanted)]
        except (SQLAlchemyError, OSError) as error:
            raise Unavailable(str(error)) from error
