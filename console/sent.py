"""The SentMessages port of crm/operations: what the transcripts know to have reached a phone."""

from __future__ import annotations

import asyncio
import re
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
ANSWER_S = 2.0
"""A person waits for it, and one who is warned without it is warned in time."""
NEVER_LEFT = ("", "failed", "dropped")
_HAN = re.compile("[\u4e00-\u9fff]")


class SentBySms:
    """`key` makes conversation ids of Addresses; `sender` is the number that our messages come from, `signature` what
    each begins with. A database that is silent for `answer_s` is away.
    """

    def __init__(
        self, engine: AsyncEngine, key: bytes, sender: str, signature: str = "", answer_s: float = ANSWER_S
    ) -> None:
        self._engine, self._key, self.sender = engine, key, sender
        self._signature, self._answer_s = signature, answer_s

    async def to(self, msisdn: str, since: datetime) -> Sequence[Mapping[str, Any]]:
        """Newest first. Raises Unavailable."""
        m = tables.messages.c
        conversation = Address("sms", msisdn).conversation_id(self._key)
        ours = sa.and_(m.conversation == conversation, m.origin != "person", m.state.notin_(NEVER_LEFT), m.at >= since)
        wanted = sa.select(m.at, m.text, m.response, m.extras).where(ours).order_by(m.id.desc()).limit(MOST)
        try:
            found = await asyncio.wait_for(self._rows(wanted), self._answer_s)
        except (SQLAlchemyError, OSError, asyncio.TimeoutError) as error:
            raise Unavailable(str(error)) from error
        kept = ("at", "text", "response")
        return [
            {**{name: row[name] for name in kept}, "whole": self._whole(row["text"], row["extras"])} for row in found
        ]

    async def _rows(self, wanted: sa.Select[Any]) -> list[Mapping[str, Any]]:
        async with self._engine.connect() as connection:
            return [dict(row._mapping) for row in await connection.execute(wanted)]

    def _whole(self, text: str, extras: Mapping[str, Any]) -> str:
        """As the phone showed it, up to punctuation."""
        whole, link = self._signature + text, extras.get("link")
        if link:
            whole = f"{whole} {link['title']} {link['url']}"
        # As content/responses/switchboard.yml lists choices, and the adapter tells the language.
        choose, mark = ("回复", "：") if _HAN.search(text) else ("Reply", " ")
        chosen = "，".join(f"{choice['number']}{mark}{choice['label']}" for choice in extras.get("choices", ()))
        return f"{whole} {choose} {chosen}。" if chosen else whole
