"""The SentMessages port of crm/operations: what the transcripts know to have reached a number, by SMS and at every
other Address that is bound to it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from console import tables
from crm.errors import Unavailable
from switchboard.errors import NotReachable
from switchboard.model import Address, Conversation

MOST = 200
"""Messages of each conversation."""
MOST_TALKS = 5
ANSWER_S = 2.0
"""A person waits for it, and one who is warned without it is warned in time."""
NEVER_LEFT = ("", "failed", "dropped")
_HAN = re.compile("[\u4e00-\u9fff]")


class BoundTo(Protocol):
    async def __call__(self, msisdn: str) -> Sequence[Conversation]:
        """The conversations of all Addresses that are bound to a number. Raises NotReachable."""


class SentToNumber:
    """`key` makes conversation ids of Addresses; `sender` is the number that our messages come from by SMS, `signature`
    what each begins with there. A database that is silent for `answer_s` is away.
    """

    def __init__(
        self, engine: AsyncEngine, key: bytes, bound_to: BoundTo, sender: str, signature: str = "",
        answer_s: float = ANSWER_S,
    ) -> None:  # fmt: skip
        self._engine, self._key, self._bound_to, self.sender = engine, key, bound_to, sender
        self._signature, self._answer_s = signature, answer_s

    async def to(self, msisdn: str, since: datetime, asking: str) -> Mapping[str, Any]:
        """Newest first. Raises Unavailable."""
        try:
            return await asyncio.wait_for(self._found(msisdn, since, asking), self._answer_s)
        except (SQLAlchemyError, OSError, NotReachable, asyncio.TimeoutError) as error:
            raise Unavailable(str(error)) from error

    async def _found(self, msisdn: str, since: datetime, asking: str) -> Mapping[str, Any]:
        m = tables.messages.c
        phone = Address("sms", msisdn).conversation_id(self._key)
        sent = [await self._rows(phone, since, m.origin != "person", self._by_sms)]
        bound = {one.id: one.binding.bound_at for one in await self._bound_to(msisdn) if one.binding}
        bound.pop(phone, None)
        newest = sorted(bound, key=lambda name: (name == asking, bound[name]), reverse=True)
        spoken = False
        for name in newest[:MOST_TALKS]:
            from_then = max(since, bound[name])
            # On a screen a person at the desk may quote what somebody else sent: there only our own wording counts.
            sent.append(await self._rows(name, from_then, m.response != "", _on_a_screen))
            spoken = spoken or bool(await self._rows(name, from_then, m.origin == "agent", _on_a_screen))
        cut = len(newest) > MOST_TALKS or any(len(rows) == MOST for rows in sent)
        messages = sorted((row for rows in sent for row in rows), key=lambda one: one["at"], reverse=True)
        return {"messages": messages, "all": not (cut or spoken)}

    async def _rows(
        self, conversation: str, since: datetime, of: Any, whole: Callable[[str, Mapping[str, Any]], str]
    ) -> list[Mapping[str, Any]]:
        m = tables.messages.c
        ours = sa.and_(m.conversation == conversation, of, m.state.notin_(NEVER_LEFT), m.at >= since)
        wanted = sa.select(m.at, m.text, m.response, m.extras).where(ours).order_by(m.id.desc()).limit(MOST)
        async with self._engine.connect() as connection:
            rows = (await connection.execute(wanted)).all()
        return [
            {"at": row.at, "text": row.text, "response": row.response, "whole": whole(row.text, row.extras)}
            for row in rows
        ]

    def _by_sms(self, text: str, extras: Mapping[str, Any]) -> str:
        """As the phone showed it, up to punctuation."""
        whole, link = self._signature + text, extras.get("link")
        if link:
            whole = f"{whole} {link['title']} {link['url']}"
        # As content/responses/switchboard.yml lists choices, and the adapter tells the language.
        choose, mark = ("回复", "：") if _HAN.search(text) else ("Reply", " ")
        chosen = "，".join(f"{choice['number']}{mark}{choice['label']}" for choice in extras.get("choices", ()))
        return f"{whole} {choose} {chosen}。" if chosen else whole


def _on_a_screen(text: str, extras: Mapping[str, Any]) -> str:
    link = extras.get("link")
    shown = [text, *([link["title"], link["url"]] if link else [])]
    return " ".join([*shown, *(str(choice["label"]) for choice in extras.get("choices", ()))])
