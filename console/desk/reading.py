"""What the desk reads from SQL, and the agents' drafts."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from console.database import upsert
from console.tables import agents, conversations, drafts, handoffs, messages
from switchboard.ports import Clock

PAGE = 60
"""Lines of a transcript that are shown at first; 20 turns have about as many."""
MOST = 500
"""Lines of one page that stays open."""
LONGEST_DRAFT = 4000


@dataclass(frozen=True)
class Window:
    """Which part of a transcript: the latest PAGE lines, those before a line, or all since a line (up to MOST)."""

    before: int | None = None
    since: int | None = None


LATEST = Window()


@dataclass(frozen=True)
class Unanswered:
    """How many messages of a person nobody answered yet, and since when."""

    count: int
    since: datetime


NOT_UNDERSTOOD = frozenset(
    {"fallback_first", "fallback_either", "fallback_menu", "offer_human", "form_unclear", "form_offer_human"}
)
"""Responses by which the bot says that it did not understand."""


@dataclass(frozen=True)
class Line:
    """One message of a transcript. `id` orders; `rejected` and `intent` are what the bot made of it, `answered` whether
    it had more to say to it than that it did not understand.
    """

    id: int
    message: str
    origin: str
    author: str
    text: str
    at: datetime
    state: str
    extras: dict[str, Any]
    intent: str = ""
    confidence: float = 0.0
    ranking: tuple[tuple[str, float], ...] = ()
    rejected: str = ""
    answered: bool = False

    @property
    def unread(self) -> bool:
        """The words alone said nothing to the bot; what was talked about may have."""
        return bool(self.rejected) or self.intent in ("nlu_fallback", "out_of_scope")

    @property
    def failed(self) -> bool:
        """The bot did not understand this one."""
        return self.unread and not self.answered


@dataclass(frozen=True)
class Stay:
    """A hand-off as recorded."""

    id: str
    conversation: str
    reason: str
    skill: str
    priority: int
    queued_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    agent: str
    how: str
    note: str
    code: str


class Reading:
    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine, self._clock = engine, clock

    async def lines(self, conversation: str, window: Window = LATEST) -> list[Line]:
        """Messages of a conversation, oldest first."""
        query = sa.select(messages).where(messages.c.conversation == conversation)
        if window.before is not None:
            query = query.where(messages.c.id < window.before)
        if window.since is not None:
            query = query.where(messages.c.id >= window.since)
        most = PAGE if window.since is None else MOST
        rows = await self._all(query.order_by(messages.c.id.desc()).limit(most))
        answers: dict[str, set[str]] = {}
        for row in rows:
            if row.origin == "bot":
                answers.setdefault(row.in_reply_to, set()).add(row.response)
        return [_line(row, answers.get(row.message, set())) for row in reversed(rows)]

    async def stays(self, conversation: str, limit: int = 5) -> list[Stay]:
        """Hand-offs of a conversation, newest first."""
        query = sa.select(handoffs).where(handoffs.c.conversation == conversation)
        return [_stay(row) for row in await self._all(query.order_by(handoffs.c.queued_at.desc()).limit(limit))]

    async def open_stays(self, agent: str) -> list[Stay]:
        """What an agent has taken and not ended, oldest first. Lags behind the switchboard by a moment."""
        query = sa.select(handoffs).where((handoffs.c.agent == agent) & handoffs.c.ended_at.is_(None))
        return [_stay(row) for row in await self._all(query.order_by(handoffs.c.accepted_at))]

    async def handled(self, conversation: str, agent: str) -> bool:
        """Whether the agent ever had this conversation."""
        query = sa.select(handoffs.c.id).where((handoffs.c.conversation == conversation) & (handoffs.c.agent == agent))
        return bool(await self._all(query.limit(1)))

    async def latest(self, ids: Sequence[str]) -> dict[str, str]:
        """The latest words of each conversation, as a preview."""
        newest = sa.select(sa.func.max(messages.c.id)).where(messages.c.conversation.in_(ids))
        query = sa.select(messages.c.conversation, messages.c.text).where(
            messages.c.id.in_(newest.where(messages.c.origin == "person").group_by(messages.c.conversation))
        )
        return {row.conversation: row.text for row in await self._all(query)} if ids else {}

    async def unanswered(self, ids: Sequence[str]) -> dict[str, Unanswered]:
        """Of each conversation in which somebody waits for an answer."""
        said = sa.select(messages.c.conversation, sa.func.max(messages.c.id).label("last"))
        said = said.where(messages.c.conversation.in_(ids) & messages.c.origin.in_(("bot", "agent")))
        answer = said.group_by(messages.c.conversation).subquery()
        query = (
            sa.select(messages.c.conversation, sa.func.count().label("many"), sa.func.min(messages.c.at).label("since"))
            .outerjoin(answer, answer.c.conversation == messages.c.conversation)
            .where(messages.c.conversation.in_(ids) & (messages.c.origin == "person"))
            .where(messages.c.id > sa.func.coalesce(answer.c.last, 0))
            .group_by(messages.c.conversation)
        )
        return {row.conversation: Unanswered(row.many, row.since) for row in await self._all(query)} if ids else {}

    async def known(self, conversation: str) -> Any:
        """The conversation's row, or None."""
        rows = await self._all(sa.select(conversations).where(conversations.c.id == conversation))
        return rows[0] if rows else None

    async def names(self) -> dict[str, str]:
        """How agents are called."""
        return {row.id: row.name for row in await self._all(sa.select(agents.c.id, agents.c.name))}

    async def draft(self, agent: str, conversation: str) -> str:
        query = sa.select(drafts.c.text).where((drafts.c.agent == agent) & (drafts.c.conversation == conversation))
        rows = await self._all(query)
        return rows[0].text if rows else ""

    async def keep_draft(self, agent: str, conversation: str, text: str) -> None:
        """What somebody was typing; "" forgets it."""
        key = {"agent": agent, "conversation": conversation}
        async with self._engine.begin() as connection:
            if text.strip():
                values = {"text": text[:LONGEST_DRAFT], "updated_at": self._clock()}
                await upsert(connection, drafts, key, values)
            else:
                mine = (drafts.c.agent == agent) & (drafts.c.conversation == conversation)
                await connection.execute(drafts.delete().where(mine))

    async def _all(self, query: Any) -> Sequence[Any]:
        async with self._engine.connect() as connection:
            rows: Sequence[Any] = (await connection.execute(query)).all()
            return rows


def _line(row: Any, answers: Collection[str]) -> Line:
    """`answers`: the responses by which the bot answered it."""
    made = row.understanding or {}
    return Line(
        id=row.id,
        message=row.message,
        origin=row.origin,
        author=row.author,
        text=row.text,
        at=row.at,
        state=row.state,
        extras=row.extras or {},
        intent=made.get("intent", ""),
        confidence=made.get("confidence", 0.0),
        ranking=tuple((name, score) for name, score in made.get("ranking", ())),
        rejected=made.get("rejected", ""),
        answered=all(answers) and bool(answers) and not NOT_UNDERSTOOD.intersection(answers),
    )


def _stay(row: Any) -> Stay:
    return Stay(**{name: getattr(row, name) for name in Stay.__dataclass_fields__})
